//! A thousand instances on three hundred hosts: loaded, settled, generated and drawn, with time and memory.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use coop::fleet::{Day, Folder, load};
use coop::generate::{Plan, Surroundings, generate, model};
use coop::lock::Lock;
use coop::report::{self, Subject};

const HOSTS: usize = 300;
const INSTANCES: usize = 1000;
const ROUNDS: usize = 5;

fn coop_toml() -> String {
    let mut text = String::from(
        "[fleet]\nname = \"Large\"\ncontact = \"support@coop.example\"\nnixos = \"26.05\"\n\
         [allowlists.members]\ndomains = [\"coop.example\"]\n\
         [policies.floor]\neverywhere = true\n",
    );
    for number in 0..100 {
        let _ = write!(
            text,
            "[[policies.floor.blocks]]\ndomain = \"spam{number}.example\"\n"
        );
    }
    for host in 0..HOSTS {
        let _ = write!(
            text,
            "[hosts.h{host}]\nipv4 = \"10.0.{}.{}\"\n",
            host / 250,
            host % 250 + 1
        );
    }
    for instance in 0..INSTANCES {
        let _ = write!(
            text,
            "[instances.i{instance}]\nservice = \"mastodon\"\nstage = \"development\"\n\
             domain = \"i{instance}.example\"\nhost = \"h{}\"\nsignup = {{ join = [\"members\"] }}\n",
            instance % HOSTS
        );
    }
    text
}

/// The most memory this process has had, in megabytes, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes / 1024)
}

fn write(folder: &Path) {
    let fleet = load(&Folder(folder.to_owned()));
    assert!(!fleet.has_errors());
    let (lock, _) = Lock::default().settle(&fleet);
    let tree = generate(&fleet, &lock, &Surroundings::default()).expect("a sound fleet");
    let plan = Plan::new(folder, tree, &model(&fleet)).expect("a writable folder");
    plan.write().expect("a writable folder");
}

fn draw(folder: &Path) {
    let fleet = load(&Folder(folder.to_owned()));
    let (lock, _) = Lock::default().settle(&fleet);
    let start = Instant::now();
    let subject = Subject {
        fleet: &fleet,
        lock: &lock,
        today: Day::checked("2026-11-24"),
        plan: None,
    };
    let page = report::page(&subject).expect("a sound fleet");
    println!(
        "its page: {} ms, {} KB",
        start.elapsed().as_millis(),
        page.len() / 1024
    );
}

fn main() {
    // They go away at the end: ext4 is slow to make files just after as many were deleted.
    let mut folders = Vec::new();
    for round in 1..=ROUNDS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("coop.toml"), coop_toml()).expect("a writable folder");
        let start = Instant::now();
        write(folder.path());
        println!("round {round}: {} ms", start.elapsed().as_millis());
        folders.push(folder);
    }
    draw(folders[0].path());
    if let Some(megabytes) = peak_memory() {
        println!("at most {megabytes} MB");
    }
}
