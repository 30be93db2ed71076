//! Answers from records: never another than evaluation gives, whatever was changed meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix_flake::record::{Answer, Records};
use nix_flake::session::{Failure, Opened, Options, Source};
use nix_flake::{Cache, FlakeRef, ParseOptions};
use nix_store::nar::MemoryTree;

/// What a tree needs to have lain still for, in order that its answers are recorded.
const SETTLED: Duration = Duration::from_millis(4100);

const FLAKE: &str = r#"{
  inputs.lib.url = "path:/nowhere";
  outputs = { self, lib }: {
    answer = toString [
      (import ./own.nix)
      (import lib)
      (toString (builtins.attrNames (builtins.readDir (lib + "/folder"))))
      (if builtins.pathExists (lib + "/missing") then "there" else "missing")
    ];
    place = toString ./own.nix;
    variable = builtins.getEnv "HOME";
    fails = throw "no";
  };
}
"#;

/// Where the parts of a test are.
struct Place {
    folder: tempfile::TempDir,
    own: BTreeMap<Vec<u8>, MemoryTree>,
    impure: bool,
    system: &'static str,
}

fn file(text: &str) -> MemoryTree {
    MemoryTree::File {
        contents: text.as_bytes().to_vec(),
        executable: false,
    }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lib = folder.path().join("lib");
        fs::create_dir_all(lib.join("folder")).unwrap();
        for (name, text) in [
            ("flake.nix", "{ outputs = _: { }; }"),
            ("default.nix", "import ./part.nix"),
            ("part.nix", "\"part\""),
            ("other.nix", "\"part\""),
            ("folder/a", ""),
        ] {
            fs::write(lib.join(name), text).unwrap();
        }
        let own = BTreeMap::from([
            (b"flake.nix".to_vec(), file(FLAKE)),
            (b"own.nix".to_vec(), file("\"own\"")),
        ]);
        Self {
            folder,
            own,
            impure: false,
            system: "x86_64-linux",
        }
    }

    fn lib(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("lib").join(name)
    }

    fn open(&self) -> Result<(Opened, Options), Failure> {
        let mut options = Options {
            impure: self.impure,
            ..Options::default()
        };
        self.system.clone_into(&mut options.settings.system);
        let lib = format!("path:{}", self.lib("").display());
        let lib = FlakeRef::parse(lib.trim_end_matches('/'), ParseOptions::default()).unwrap();
        options.replace(&["lib"], lib);
        let tree = Arc::new(MemoryTree::Directory(self.own.clone()));
        let cache = Cache::at(self.folder.path().join("cache"));
        let opened = Opened::with_cache(&Source::Memory(tree), &options.lock, cache)?;
        Ok((opened, options))
    }

    fn ask(&self, records: Records, name: &str) -> Result<Answer<String>, String> {
        let (opened, options) = self.open().map_err(|error| error.to_string())?;
        let answer = opened.ask(&options, records, "", &[name], |evaluator, flake| {
            let value = evaluator.select_by_text(flake, name.as_bytes(), name)?;
            let text = evaluator.text_of(value, "while evaluating an answer")?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        });
        opened.keep_records();
        answer.map_err(|error| error.to_string())
    }

    fn records(&self) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("cache/records"));
        let entries = entries.into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

/// A change, and what it does.
type Edit = (&'static str, fn(&mut Place));

/// Each changes what evaluation is made from: none may be answered from the record before it.
const EDITS: [Edit; 20] = [
    ("a file of its own", |place| {
        place.own.insert(b"own.nix".to_vec(), file("\"new\""));
    }),
    ("a file of its own that nothing reads", |place| {
        place.own.insert(b"unread".to_vec(), file(""));
    }),
    ("a file of its own less", |place| {
        place.own.remove(b"own.nix".as_slice());
    }),
    ("a file of its own is a link", |place| {
        place.own.insert(b"new.nix".to_vec(), file("\"new\""));
        let link = MemoryTree::Symlink(b"new.nix".to_vec());
        place.own.insert(b"own.nix".to_vec(), link);
    }),
    ("a file of its own is a program", |place| {
        let program = MemoryTree::File {
            contents: b"\"own\"".to_vec(),
            executable: true,
        };
        place.own.insert(b"own.nix".to_vec(), program);
    }),
    ("a comment in flake.nix", |place| {
        place
            .own
            .insert(b"flake.nix".to_vec(), file(&format!("# new\n{FLAKE}")));
    }),
    ("a lock file", |place| {
        let lock = r#"{ "nodes": { "root": { } }, "root": "root", "version": 7 }"#;
        place.own.insert(b"flake.lock".to_vec(), file(lock));
    }),
    ("a file of an input", |place| {
        fs::write(place.lib("part.nix"), "\"new\"").unwrap();
    }),
    (
        "a file of an input, as long as before and as old",
        |place| {
            let before = fs::metadata(place.lib("part.nix")).unwrap();
            fs::write(place.lib("part.nix"), "\"trap\"").unwrap();
            let file = fs::File::options().write(true).open(place.lib("part.nix"));
            file.unwrap()
                .set_modified(before.modified().unwrap())
                .unwrap();
        },
    ),
    ("a file of an input that nothing reads", |place| {
        fs::write(place.lib("other.nix"), "\"new\"").unwrap();
    }),
    ("a file in a folder that is listed", |place| {
        fs::write(place.lib("folder/b"), "").unwrap();
    }),
    ("a file less in a folder that is listed", |place| {
        fs::remove_file(place.lib("folder/a")).unwrap();
        fs::write(place.lib("folder/c"), "").unwrap();
    }),
    ("a file that was missing", |place| {
        fs::write(place.lib("missing"), "").unwrap();
    }),
    ("a link to nowhere that was missing", |place| {
        symlink("nowhere", place.lib("missing")).unwrap();
    }),
    ("a file of an input less", |place| {
        fs::remove_file(place.lib("part.nix")).unwrap();
    }),
    ("a file of an input swapped for a link", |place| {
        fs::write(place.lib("other.nix"), "\"new\"").unwrap();
        fs::remove_file(place.lib("part.nix")).unwrap();
        symlink("other.nix", place.lib("part.nix")).unwrap();
    }),
    ("a file of an input swapped for a folder", |place| {
        fs::remove_file(place.lib("part.nix")).unwrap();
        fs::create_dir(place.lib("part.nix")).unwrap();
        fs::write(place.lib("part.nix/default.nix"), "\"new\"").unwrap();
    }),
    ("a file of an input is a program", |place| {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(place.lib("part.nix"), mode).unwrap();
    }),
    ("two files of an input change places", |place| {
        fs::write(place.lib("other.nix"), "\"new\"").unwrap();
        fs::rename(place.lib("part.nix"), place.lib("third.nix")).unwrap();
        fs::rename(place.lib("other.nix"), place.lib("part.nix")).unwrap();
        fs::rename(place.lib("third.nix"), place.lib("other.nix")).unwrap();
    }),
    ("another system", |place| place.system = "aarch64-linux"),
];

fn settle() {
    std::thread::sleep(SETTLED);
}

#[test]
fn after_every_edit_the_answer_is_that_of_evaluation_and_before_it_that_of_the_record() {
    let mut places: Vec<(Edit, Place)> = EDITS.map(|edit| (edit, Place::new())).into();
    settle();
    for ((what, edit), place) in &mut places {
        let first = place.ask(Records::Use, "answer").unwrap();
        assert_eq!(first.value, "own part a missing", "{what}");
        assert_eq!(first.recorded, None, "{what}");
        let second = place.ask(Records::Use, "answer").unwrap();
        assert_eq!(second.value, first.value, "{what}");
        assert!(second.recorded.is_some(), "{what}: nothing was recorded");
        assert_eq!(place.ask(Records::Verify, "answer"), Ok(second), "{what}");
        edit(place);
        let with_records = place.ask(Records::Use, "answer");
        let fresh = place.ask(Records::Renew, "answer");
        assert_eq!(with_records, fresh, "{what}");
        if let Ok(answer) = with_records {
            assert_eq!(answer.recorded, None, "{what}");
        }
    }
    settle();
    for ((what, _), place) in &places {
        let fresh = place
            .ask(Records::Renew, "answer")
            .map(|answer| answer.value);
        let with_records = place.ask(Records::Use, "answer").map(|answer| answer.value);
        assert_eq!(with_records, fresh, "{what}, once it lies still");
    }
}

#[test]
fn what_was_taken_back_is_answered_from_its_record() {
    let mut place = Place::new();
    settle();
    let first = place.ask(Records::Use, "answer").unwrap();
    let before = place.own.insert(b"own.nix".to_vec(), file("\"new\""));
    assert_eq!(place.ask(Records::Use, "answer").unwrap().recorded, None);
    place.own.insert(b"own.nix".to_vec(), before.unwrap());
    let last = place.ask(Records::Use, "answer").unwrap();
    assert_eq!(last.value, first.value);
    assert!(last.recorded.is_some());
}

#[test]
fn what_changes_while_it_is_evaluated_is_not_recorded() {
    let place = Place::new();
    settle();
    let (opened, options) = place.open().unwrap();
    let text = fs::read(place.lib("part.nix")).unwrap();
    fs::write(place.lib("part.nix"), "\"between\"").unwrap();
    let answer = opened.ask(
        &options,
        Records::Use,
        "",
        &["answer"],
        |evaluator, flake| {
            let value = evaluator.select_by_text(flake, b"answer", "answer")?;
            let text = evaluator.text_of(value, "while evaluating an answer")?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        },
    );
    assert_eq!(answer.unwrap().value, "own between a missing");
    fs::write(place.lib("part.nix"), text).unwrap();
    opened.keep_records();
    assert_eq!(place.records(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_was_changed_a_moment_ago_is_not_recorded() {
    let place = Place::new();
    place.ask(Records::Use, "answer").unwrap();
    assert!(place.records().is_empty());
}

#[test]
fn failures_and_what_is_impure_are_evaluated_each_time() {
    let mut place = Place::new();
    settle();
    for _ in 0..2 {
        let failure = place.ask(Records::Use, "fails").unwrap_err();
        assert!(failure.contains("no"), "{failure}");
    }
    assert!(place.records().is_empty());
    place.impure = true;
    for name in ["answer", "variable"] {
        for _ in 0..2 {
            assert_eq!(place.ask(Records::Use, name).unwrap().recorded, None);
        }
    }
    assert!(place.records().is_empty());
}

#[test]
fn a_place_in_the_tree_is_never_that_of_an_older_tree() {
    let mut place = Place::new();
    settle();
    let before = place.ask(Records::Use, "place").unwrap();
    place.own.insert(b"unread".to_vec(), file(""));
    let after = place.ask(Records::Use, "place").unwrap();
    assert_ne!(before.value, after.value);
    assert_eq!(after, place.ask(Records::Renew, "place").unwrap());
}

#[test]
fn a_record_that_lies_is_found_out() {
    let place = Place::new();
    settle();
    place.ask(Records::Use, "answer").unwrap();
    let place_name = place.ask(Records::Use, "place").unwrap().value;
    assert!(Path::new(&place_name).starts_with("/nix/store"));
    let [one, two] = place.records().try_into().unwrap();
    // Under the name of another question a record is none: it is evaluated.
    fs::copy(&one, &two).unwrap();
    for name in ["answer", "place"] {
        place.ask(Records::Verify, name).unwrap();
    }
}
