//! Writing the tree: the same bytes, polite to hand edits, old or new after a kill.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::support::top;

fn coop(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coop"));
    command
        .arg("generate")
        .arg("--dir")
        .arg(folder)
        .args(arguments);
    command.output().unwrap()
}

fn status(folder: &Path, arguments: &[&str]) -> Option<i32> {
    coop(folder, arguments).status.code()
}

/// A fleet with so many instances, blocking one domain.
fn write_fleet(folder: &Path, instances: usize, blocked: &str) {
    let mut text = format!(
        "[fleet]\nname = \"Test\"\ncontact = \"a@coop.example\"\nnixos = \"26.05\"\n[hosts.one]\n\
         [policies.floor]\neverywhere = true\nblocks = [{{ domain = \"{blocked}\" }}]\n"
    );
    for number in 0..instances {
        let _ = write!(
            text,
            "[instances.i{number}]\nservice = \"mastodon\"\nstage = \"development\"\n\
             domain = \"i{number}.example\"\nhost = \"one\"\n"
        );
    }
    fs::write(folder.join("coop.toml"), text).unwrap();
}

/// Every generated file, coop's own records included.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                waiting.push(entry.path());
            } else if entry.file_name() != "coop.toml" {
                let path = entry
                    .path()
                    .strip_prefix(folder)
                    .unwrap()
                    .display()
                    .to_string();
                found.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_example_is_up_to_date() {
    let output = coop(&top(), &["--check"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_same_fleet_gives_the_same_bytes_anywhere() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &two] {
        write_fleet(folder.path(), 5, "spam.example");
        assert_eq!(status(folder.path(), &[]), Some(0));
    }
    assert_eq!(contents(one.path()), contents(two.path()));
    let before = contents(one.path());
    assert_eq!(status(one.path(), &[]), Some(0));
    assert_eq!(contents(one.path()), before, "a second run changes nothing");
}

#[test]
fn check_and_diff_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_fleet(folder.path(), 2, "spam.example");
    assert_eq!(status(folder.path(), &["--check"]), Some(1));
    let diff = coop(folder.path(), &["--diff"]);
    assert_eq!(diff.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&diff.stdout).contains("+++ policy/i0.json"));
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_hand_edited_file_survives_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_fleet(folder.path(), 2, "spam.example");
    assert_eq!(status(folder.path(), &[]), Some(0));
    let path = folder.path().join("policy/i1.json");
    fs::write(&path, "mine").unwrap();
    // Whether it would change, or be deleted because its instance left.
    for instances in [2, 1] {
        write_fleet(folder.path(), instances, "worse.example");
        let output = coop(folder.path(), &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("policy/i1.json was edited by hand")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
    assert_eq!(status(folder.path(), &["--force"]), Some(0));
    assert!(!path.exists());
    assert_eq!(status(folder.path(), &["--check"]), Some(0));
}

#[test]
fn a_removed_instance_takes_its_policy_along_and_leaves_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_fleet(folder.path(), 3, "spam.example");
    coop(folder.path(), &[]);
    let kept = fs::read(folder.path().join("policy/i0.json")).unwrap();
    write_fleet(folder.path(), 2, "spam.example");
    let output = coop(folder.path(), &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("W0605"));
    assert!(!folder.path().join("policy/i2.json").exists());
    assert_eq!(
        fs::read(folder.path().join("policy/i0.json")).unwrap(),
        kept
    );
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_tree_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fleet(folder, 60, "old.example");
    assert_eq!(status(folder, &[]), Some(0));
    let old = contents(folder);
    write_fleet(folder, 60, "new.example");
    assert_eq!(status(folder, &[]), Some(0));
    let new = contents(folder);
    let (mut kept, mut done) = (0, 0);
    for round in 0..60 {
        let (from, to) = if round % 2 == 0 {
            (&new, "old.example")
        } else {
            (&old, "new.example")
        };
        for (path, bytes) in from {
            fs::write(folder.join(path), bytes).unwrap();
        }
        write_fleet(folder, 60, to);
        let mut child = Command::new(env!("CARGO_BIN_EXE_coop"))
            .args(["generate", "--dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(1500 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // The next run of any kind finishes what was decided, and decides nothing itself.
        coop(folder, &["--check"]);
        let now = contents(folder);
        assert!(now == old || now == new, "round {round}: a mixture");
        if now == *from { kept += 1 } else { done += 1 }
    }
    assert!(kept > 0, "no kill came early enough to test anything");
    assert!(kept + done == 60);
}
