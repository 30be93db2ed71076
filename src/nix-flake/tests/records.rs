//! Answers from records: never another than evaluation gives, whatever was changed meanwhile.

mod common;

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

use common::{Numbers, file, output};

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
            output(evaluator, flake, name)
        });
        opened.finish();
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
const EDITS: [Edit; 18] = [
    ("a file of its own", |place| {
        place.own.insert(b"own.nix".to_vec(), file("\"new\""));
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
fn an_evaluation_that_saves_what_it_parsed_is_recorded() {
    let place = Place::new();
    // So much text is worth a thread that parses and saves beside the evaluation.
    let text = format!("# {}\n\"part\"", "long ".repeat(100_000));
    fs::write(place.lib("part.nix"), text).unwrap();
    settle();
    assert_eq!(place.ask(Records::Use, "answer").unwrap().recorded, None);
    let saved = fs::read_dir(place.folder.path().join("cache/parsed"));
    assert_eq!(saved.unwrap().count(), 1);
    assert!(
        place
            .ask(Records::Use, "answer")
            .unwrap()
            .recorded
            .is_some()
    );
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
        |evaluator, flake| output(evaluator, flake, "answer"),
    );
    assert_eq!(answer.unwrap().value, "own between a missing");
    fs::write(place.lib("part.nix"), text).unwrap();
    opened.finish();
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
    let records = place.records();
    let (one, others) = records.split_first().unwrap();
    assert!(!others.is_empty());
    // Under the name of another question a record is none: it is evaluated.
    for other in others {
        fs::copy(one, other).unwrap();
    }
    for name in ["answer", "place"] {
        place.ask(Records::Verify, name).unwrap();
    }
}

/// Answers that hold whatever else is in the tree.
const BLIND: [(&str, &str); 14] = [
    ("a file", "import ./own.nix"),
    (
        "a key of a module",
        "toString (map (file: file == ./own.nix) [ ./own.nix ])",
    ),
    (
        "a length",
        "toString (builtins.stringLength (toString ./.))",
    ),
    ("a base name below", "baseNameOf ./own.nix"),
    ("a folder", "dirOf (toString ./.)"),
    ("a part before it", "builtins.substring 0 11 (toString ./.)"),
    (
        "a part after it",
        "builtins.substring 43 99 (toString ./own.nix)",
    ),
    (
        "order below it",
        "toString (builtins.sort (a: b: toString a < toString b) [ ./own.nix ./a ] == [ ./a ./own.nix ])",
    ),
    ("a copied file", "\"${./own.nix}\""),
    (
        "a path of its own",
        "builtins.path { path = ./own.nix; name = \"x\"; }",
    ),
    (
        "what is there",
        "if builtins.pathExists ./own.nix then \"yes\" else \"no\"",
    ),
    (
        "what is not there",
        "if builtins.pathExists ./absent then \"yes\" else \"no\"",
    ),
    (
        "slashes",
        "toString (builtins.length (builtins.split \"x\" (builtins.replaceStrings [ \"/\" ] [ \"x\" ] \"/\")))",
    ),
    (
        "keys of a closure",
        "toString (map (e: baseNameOf e.key) (builtins.genericClosure { startSet = [ { key = toString ./b; } { key = toString ./a; } { key = \"/z\"; } ]; operator = _: [ ]; }))",
    ),
];

/// Answers that any other file in the tree may change.
const SEEING: [(&str, &str); 24] = [
    ("the path", "toString ./own.nix"),
    ("its place", "toString self"),
    ("its hash", "self.narHash"),
    (
        "the hash from afar",
        "builtins.toJSON { inherit (self.sourceInfo) narHash; }",
    ),
    (
        "a length of its hash",
        "toString (builtins.stringLength self.narHash)",
    ),
    ("a digit", "builtins.substring 11 1 (toString ./.)"),
    ("all but a digit", "builtins.substring 12 99 (toString ./.)"),
    (
        "a hash of the path",
        "builtins.hashString \"md5\" (toString ./own.nix)",
    ),
    ("order", "toString (toString ./. < \"/nix/store/hhhh\")"),
    ("order of paths", "toString (./. < /nix/store/hhhh)"),
    (
        "order in a list",
        "toString ([ (toString ./.) ] < [ \"/nix/store/hhhh\" ])",
    ),
    (
        "order of names",
        "toString (builtins.attrValues { ${toString ./.} = 1; \"/nix/store/hhhh\" = 2; })",
    ),
    (
        "a pattern",
        "toString (builtins.match \".*/([a-z0-9]*)-source\" (toString ./.))",
    ),
    (
        "a missing pattern",
        "if builtins.match \".*a.*b.*\" (toString ./.) == null then \"no\" else \"yes\"",
    ),
    (
        "parts",
        "toString (builtins.length (builtins.split \"[0-9]\" (toString ./.)))",
    ),
    (
        "replaced digits",
        "builtins.replaceStrings [ \"a\" ] [ \"\" ] (toString ./.)",
    ),
    (
        "text between all",
        "builtins.replaceStrings [ \"\" ] [ \"-\" ] (toString ./.)",
    ),
    (
        "a version",
        "toString (builtins.compareVersions (baseNameOf (toString ./.)) \"5\")",
    ),
    (
        "parts of a version",
        "toString (builtins.splitVersion (baseNameOf (toString ./.)))",
    ),
    (
        "a text in the store",
        "builtins.toFile \"x\" (toString ./.)",
    ),
    (
        "a derivation",
        "(derivation { name = \"x\"; system = \"x\"; builder = \"x\"; at = toString ./.; }).outPath",
    ),
    (
        "a derivation that only refers to it",
        "(derivation { name = \"x\"; system = \"x\"; builder = \"x\"; at = builtins.substring 0 0 \"${self}\"; }).outPath",
    ),
    ("a copy of it all", "\"${./.}\""),
    (
        "the names in it",
        "toString (builtins.attrNames (builtins.readDir ./.))",
    ),
];

fn with_expression(expression: &str) -> Place {
    let mut place = Place::new();
    let text = format!("{{ outputs = {{ self, ... }}: {{ answer = {expression}; }}; }}");
    place.own.insert(b"flake.nix".to_vec(), file(&text));
    place
}

/// The recorded answer after a file was added that nothing reads, and a fresh one.
fn after_another_file(expression: &str) -> (Answer<String>, Answer<String>) {
    let mut place = with_expression(expression);
    let ask = |place: &Place, records| {
        let answer = place.ask(records, "answer");
        answer.unwrap_or_else(|error| panic!("{expression}: {error}"))
    };
    let first = ask(&place, Records::Use);
    assert_eq!(first.recorded, None);
    let again = ask(&place, Records::Use);
    assert!(again.recorded.is_some(), "{expression} is not recorded");
    assert_eq!(again.value, first.value);
    place.own.insert(b"unread".to_vec(), file("text"));
    let with_records = ask(&place, Records::Use);
    let fresh = ask(&place, Records::Renew);
    (with_records, fresh)
}

#[test]
fn what_reads_its_own_files_alone_is_answered_from_its_record_whatever_else_is_there() {
    for (what, expression) in BLIND {
        let (with_records, fresh) = after_another_file(expression);
        assert_eq!(with_records.value, fresh.value, "{what}");
        assert!(with_records.recorded.is_some(), "{what}: evaluated anew");
    }
}

#[test]
fn what_sees_the_path_of_the_tree_is_evaluated_anew() {
    for (what, expression) in SEEING {
        let (with_records, fresh) = after_another_file(expression);
        assert_eq!(with_records, fresh, "{what}");
    }
}

#[test]
fn a_failure_names_the_real_path() {
    let place = with_expression("throw (toString ./own.nix)");
    let hidden = place.ask(Records::Use, "answer").unwrap_err();
    let (opened, options) = place.open().unwrap();
    let plain = opened.evaluate(&options, |evaluator, flake| {
        output(evaluator, flake, "answer")
    });
    assert_eq!(hidden, plain.unwrap_err().to_string());
}

#[test]
fn a_tree_that_has_the_text_of_the_stand_in_is_not_taken_for_it() {
    let digits = ["8k3xz0m5wq7vj2nh", "c1rbl4gfy9spaid6"].concat();
    let expression =
        format!("if toString ./. == \"/nix/store/{digits}-source\" then \"it\" else \"no\"");
    let place = with_expression(&expression);
    assert_eq!(place.ask(Records::Use, "answer").unwrap().value, "no");
}

/// A file that reads others: those that are programs have higher numbers, so that none reads itself.
fn random_program(numbers: &mut Numbers, number: usize) -> String {
    let data = numbers.below(5);
    let later = (number + 1 + numbers.below(6)).min(6);
    match numbers.below(if number < 6 { 8 } else { 6 }) {
        0 => format!("\"text {}\"", numbers.below(4)),
        1 => format!("if builtins.pathExists ./data/{data} then \"there\" else \"missing\""),
        2 => "toString (builtins.attrNames (builtins.readDir ./data))".to_owned(),
        3 => format!(
            "(if builtins.pathExists ./data/{data} then builtins.readFile else baseNameOf) ./data/{data}"
        ),
        4 => format!("if builtins.pathExists ./data/{data} then \"${{./data/{data}}}\" else \"\""),
        5 => format!("toString ./data/{data}"),
        6 => format!("import ./{later}.nix"),
        _ => format!("import ./{later}.nix + builtins.readFileType ./{later}.nix"),
    }
}

fn random_edit(place: &mut Place, numbers: &mut Numbers) {
    let Some(MemoryTree::Directory(data)) = place.own.get_mut(b"data".as_slice()) else {
        unreachable!("the place has a folder of data")
    };
    let name = numbers.below(5).to_string().into_bytes();
    match numbers.below(6) {
        0 => {
            data.remove(&name);
        }
        1 => {
            let target = numbers.below(5).to_string().into_bytes();
            // A link to itself would lead nowhere.
            if target > name {
                data.insert(name, MemoryTree::Symlink(target));
            }
        }
        2 | 3 => {
            data.insert(name, file(&format!("data {}", numbers.below(3))));
        }
        _ => {
            let number = numbers.below(7);
            let text = random_program(numbers, number);
            let name = format!("{number}.nix").into_bytes();
            place.own.insert(name, file(&text));
        }
    }
}

#[test]
fn after_a_thousand_edits_every_answer_is_a_fresh_one() {
    let mut numbers = Numbers(0x5eed);
    let mut place = with_expression("import ./0.nix");
    let folder = MemoryTree::Directory(BTreeMap::new());
    place.own.insert(b"data".to_vec(), folder);
    for number in 0..7 {
        let text = random_program(&mut numbers, number);
        let name = format!("{number}.nix").into_bytes();
        place.own.insert(name, file(&text));
    }
    let (mut recorded, mut different) = (0, BTreeMap::new());
    for edit in 0..1000 {
        random_edit(&mut place, &mut numbers);
        let with_records = place.ask(Records::Use, "answer");
        let (opened, options) = place.open().unwrap();
        let fresh = opened.evaluate(&options, |evaluator, flake| {
            output(evaluator, flake, "answer")
        });
        let fresh = fresh.map_err(|error| error.to_string());
        if let Ok(Answer {
            recorded: Some(_), ..
        }) = with_records
        {
            recorded += 1;
        }
        let value = with_records.map(|answer| answer.value);
        assert_eq!(value, fresh, "edit {edit}");
        *different.entry(format!("{value:?}")).or_insert(0) += 1;
    }
    // Otherwise nothing would have been tried.
    assert!(recorded > 300, "{recorded}");
    assert!(different.len() > 30, "{}", different.len());
}
