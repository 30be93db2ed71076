//! `coop watch`, driven as an editor and a shell would.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

const FLEET: &str = r#"include = ["tenants/*.toml"]

[fleet]
name = "Test"
contact = "support@coop.example"
nixos = "26.05"

[people.ann]
email = "ann@coop.example"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy"]

[allowlists.members]
domains = ["coop.example"]
file = "lists/members.txt"

[policies.floor]
everywhere = true
file = "policies/floor.csv"

[backups.store]
repository = "sftp:coop@store.example:/coop"
password = { secret = "restic" }

[hosts.web]
ipv4 = "203.0.113.10"
operators = ["ann"]

[instances.social]
service = "mastodon"
domain = "social.example"
host = "web"
owner = "ann"
signup = { join = ["members"] }
backup = { to = "store" }
site = { rules = "texts/rules.md" }
"#;

fn fleet() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["tenants", "lists", "policies", "texts", "hosts/web"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    fs::write(at("coop.toml"), FLEET).unwrap();
    fs::write(at("lists/members.txt"), "other.example\n").unwrap();
    fs::write(
        at("policies/floor.csv"),
        "#domain,#severity\nspam.example,suspend\n",
    )
    .unwrap();
    fs::write(at("texts/rules.md"), "- Be kind.\n").unwrap();
    fs::write(
        at("tenants/one.toml"),
        "[people.bob]\nemail = \"bob@coop.example\"\n",
    )
    .unwrap();
    folder
}

/// A `coop watch` that runs.
struct Watching {
    child: Child,
    lines: Option<Receiver<String>>,
}

impl Watching {
    fn begin(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_coop"))
            .arg("watch")
            .args(arguments)
            .arg("--dir")
            .arg(folder)
            .env_remove("COOP_NIXPKGS")
            .env("XDG_CACHE_HOME", folder.join(".nothing-cached"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    // The pipe is closed with its reader.
                    return;
                }
            }
        });
        Self {
            child,
            lines: Some(lines),
        }
    }

    /// The next answer, from its title to how far it went.
    fn answer(&self) -> String {
        let mut text = String::new();
        let lines = self.lines.as_ref().unwrap();
        loop {
            let line = lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no answer, only: {text}"));
            text.push_str(&line);
            text.push('\n');
            if line.starts_with("  not evaluated:") {
                return text;
            }
        }
    }

    /// The next answer that evaluation gave.
    fn evaluated(&self) -> String {
        let mut text = String::new();
        let lines = self.lines.as_ref().unwrap();
        while !text.contains("\n  evaluated: ") {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no answer, only: {text}"));
            if line.starts_with("---") && line.ends_with("· in full") {
                text.clear();
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
        let output = self.child.wait_with_output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }

    /// Processes that it has started and that are not gone.
    fn children(&self) -> usize {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        // A thread may end while it is asked.
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok())
            .map(|children| children.split_whitespace().count())
            .sum()
    }
}

/// A NixOS that is not done before a test is.
fn slow_nixpkgs() -> tempfile::TempDir {
    let nixpkgs = tempfile::tempdir().unwrap();
    let slow = r"{
      outputs = _: {
        lib.genAttrs = names: make:
          builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
        lib.nixosSystem = _:
          let count = builtins.genList (x: x) 30000; in
          builtins.foldl' (a: _: builtins.foldl' builtins.add a count) 0 count;
      };
    }";
    fs::write(nixpkgs.path().join("flake.nix"), slow).unwrap();
    nixpkgs
}

#[test]
fn every_kind_of_save_is_answered() {
    let folder = fleet();
    let at = |name: &str| folder.path().join(name);
    let watching = Watching::begin(folder.path(), &["--quick"]);
    let first = watching.answer();
    assert!(first.starts_with("--- 1 · coop watch\n"), "{first}");
    assert!(first.contains("sound as far as coop looked"), "{first}");

    fs::write(
        at("coop.toml"),
        FLEET.replace("[\"members\"]", "[\"nobody\"]"),
    )
    .unwrap();
    let said = watching.answer();
    assert!(said.starts_with("--- 2 · coop.toml was saved\n"), "{said}");
    assert!(said.contains("there is no [allowlists.nobody]"), "{said}");

    // As many editors do it.
    fs::write(at(".coop.toml.new"), FLEET).unwrap();
    fs::rename(at(".coop.toml.new"), at("coop.toml")).unwrap();
    let said = watching.answer();
    assert!(said.starts_with("--- 3 · coop.toml was saved\n"), "{said}");
    assert!(said.contains("sound as far as coop looked"), "{said}");

    let saves = [
        (
            "tenants/one.toml",
            "[people.bob]\nemail = \"bob\"\n",
            "E0203",
        ),
        ("tenants/one.toml", "", "sound"),
        ("tenants/two.toml", "[peeple.eve]\n", "E0101"),
        ("tenants/two.toml", "", "sound"),
        ("lists/members.txt", "not a domain\n", "E0202"),
        ("lists/members.txt", "other.example\n", "sound"),
        (
            "policies/floor.csv",
            "#domain,#severity\nspam.example,perhaps\n",
            "E0404",
        ),
        (
            "policies/floor.csv",
            "#domain,#severity\nspam.example,suspend\n",
            "sound",
        ),
        ("texts/rules.md", "- Be kinder.\n", "sound"),
        ("hosts/web/extra.nix", "{ }\n", "sound"),
    ];
    for (number, (file, text, wanted)) in (4..).zip(saves) {
        fs::write(at(file), text).unwrap();
        let said = watching.answer();
        let title = format!("--- {number} · {file} was saved\n");
        assert!(said.starts_with(&title), "{title}{said}");
        assert!(said.contains(wanted), "{said}");
    }

    fs::create_dir(at("hosts/new")).unwrap();
    assert!(watching.answer().contains("hosts/new was saved"));
    fs::write(at("hosts/new/extra.nix"), "{ }\n").unwrap();
    assert!(watching.answer().contains("hosts/new/extra.nix was saved"));
    watching.interrupt();
    assert!(watching.end().0.success());
}

#[test]
fn ctrl_c_ends_it_as_it_should() {
    let folder = fleet();
    let watching = Watching::begin(folder.path(), &["--quick"]);
    watching.answer();
    watching.interrupt();
    let (status, stderr) = watching.end();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

/// Begins to watch, closes the pipe after the first answer, and saves nothing.
fn close_the_pipe(folder: &Path, arguments: &[&str]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coop"))
        .arg("watch")
        .args(arguments)
        .arg("--dir")
        .arg(folder)
        .env_remove("COOP_NIXPKGS")
        .env("XDG_CACHE_HOME", folder.join(".nothing-cached"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("  not evaluated:") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "no answer");
    }
    assert!(child.try_wait().unwrap().is_none(), "it waits for saves");
    drop(out);
    let watching = Watching { child, lines: None };
    let (status, stderr) = watching.end();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_closed_pipe_ends_it_at_once() {
    close_the_pipe(fleet().path(), &["--quick"]);
}

#[test]
fn a_closed_pipe_ends_an_evaluation_too() {
    let nixpkgs = slow_nixpkgs();
    let path = nixpkgs.path().to_string_lossy();
    close_the_pipe(fleet().path(), &["--nixpkgs", &path]);
}

#[test]
fn evaluation_follows_and_says_how_far_it_went() {
    let folder = fleet();
    let watching = Watching::begin(folder.path(), &[]);
    assert!(watching.answer().contains("not evaluated: that comes next"));
    let said = watching.answer();
    assert!(said.starts_with("--- 1 · in full\n"), "{said}");
    assert!(said.contains("nixpkgs is not on this machine"), "{said}");
    watching.interrupt();
    assert!(watching.end().0.success());
}

#[test]
fn a_save_ends_the_evaluation_before_it() {
    let folder = fleet();
    let nixpkgs = slow_nixpkgs();
    let nixpkgs = nixpkgs.path().to_string_lossy();
    let watching = Watching::begin(folder.path(), &["--nixpkgs", &nixpkgs]);
    watching.answer();
    for number in 2..5 {
        fs::write(
            folder.path().join("texts/rules.md"),
            format!("- {number}\n"),
        )
        .unwrap();
        let said = watching.answer();
        assert!(said.starts_with(&format!("--- {number} · ")), "{said}");
    }
    let start = Instant::now();
    while watching.children() != 1 {
        assert!(start.elapsed() < PATIENCE, "the others do not end");
        thread::sleep(Duration::from_millis(10));
    }
    watching.interrupt();
    assert!(watching.end().0.success());
}

/// A NixOS that makes of a host what its file says of it.
fn small_nixpkgs() -> tempfile::TempDir {
    let nixpkgs = tempfile::tempdir().unwrap();
    let small = r#"{
      outputs = _: {
        legacyPackages.x86_64-linux = {
          lib = { };
          testers.runNixOSTest = test: derivation {
            inherit (test) name;
            system = "x86_64-linux";
            builder = "/bin/sh";
          };
        };
        lib.genAttrs = names: make:
          builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
        lib.nixosSystem = { modules, ... }:
          let host = import (builtins.head modules); in {
            config.warnings = if host.coop.host.contact == "" then [ "nobody" ] else [ ];
            config.system.build.toplevel = derivation {
              name = host.coop.host.name;
              system = "x86_64-linux";
              builder = "/bin/sh";
              values = builtins.toJSON host.coop;
            };
          };
      };
    }"#;
    fs::write(nixpkgs.path().join("flake.nix"), small).unwrap();
    nixpkgs
}

#[test]
fn what_was_evaluated_is_kept_for_the_next_save() {
    let folder = fleet();
    let nixpkgs = small_nixpkgs();
    // What was touched a moment ago is not recorded.
    thread::sleep(Duration::from_millis(4100));
    let nixpkgs = nixpkgs.path().to_string_lossy();
    let watching = Watching::begin(folder.path(), &["--nixpkgs", &nixpkgs]);
    assert!(watching.evaluated().contains("evaluated: 1 host"));
    for domain in ["one.example", "two.example", "three.example"] {
        fs::write(folder.path().join("lists/members.txt"), domain).unwrap();
        let said = watching.evaluated();
        assert!(said.contains("sound"), "{said}");
        assert!(said.contains("1 VM test (1 of them unchanged"), "{said}");
        assert_eq!(watching.children(), 1, "one process answers all");
    }
    // What follows is no edit of a value.
    let more = FLEET.replace("site = {", "cache = { keep_days = 3 }\nsite = {");
    fs::write(folder.path().join("coop.toml"), more).unwrap();
    let said = watching.evaluated();
    assert!(said.contains("sound"), "{said}");
    watching.interrupt();
    assert!(watching.end().0.success());
    // Every answer that was recorded is what evaluation gives.
    let verified = Command::new(env!("CARGO_BIN_EXE_coop"))
        .args(["check", "--verify-records", "--nixpkgs", &nixpkgs, "--dir"])
        .arg(folder.path())
        .env("XDG_CACHE_HOME", folder.path().join(".nothing-cached"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{said}");
    assert!(said.contains("evaluated: 1 host"), "{said}");
}
