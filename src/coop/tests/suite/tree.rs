//! What is generated for a fleet that uses every key, byte for byte, and how it is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use coop::diagnostics::Severity;
use coop::generate::{Generated, Surroundings, generate};
use coop::lock::Lock;

use crate::support::{Memory, top};

/// The fleet of `tests/fleets/valid/NAME.toml`, with an `extra.nix` on the host `one`.
fn generated(name: &str) -> Generated {
    let path = top().join(format!("tests/fleets/valid/{name}.toml"));
    let mut files = Memory::parse(&fs::read_to_string(path).unwrap());
    files.0.insert("hosts/one/extra.nix".into(), "{ }\n".into());
    let fleet = files.load();
    assert!(!fleet.has_errors());
    let (lock, findings) = Lock::parse(None).unwrap().settle(&fleet);
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity() != Severity::Error)
    );
    generate(&fleet, &lock, &Surroundings::find(&files, &fleet)).unwrap()
}

/// The modules are the repository's own, copied as they are.
fn of_this_fleet(path: &str) -> bool {
    !path.starts_with("modules/")
}

fn is_nix(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|kind| kind == "nix")
}

#[test]
fn every_key_has_its_effect_in_the_tree() {
    let generated = generated("every-key");
    let mut text = String::new();
    for (kind, files) in [("", &generated.files), (" (seed)", &generated.seeds)] {
        for (path, content) in files.iter().filter(|(path, _)| of_this_fleet(path)) {
            let _ = write!(text, "=== {path}{kind}\n{content}\n");
        }
    }
    insta::assert_snapshot!("every-key", text);
}

#[test]
fn the_fleet_with_every_key_has_every_key() {
    let path = top().join("tests/fleets/valid/every-key.toml");
    let text = fs::read_to_string(path).unwrap();
    let words: BTreeSet<&str> = text
        .split(|mark: char| !mark.is_alphanumeric() && mark != '_')
        .collect();
    let schema = fs::read_to_string(top().join("docs/reference/coop.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&schema, &mut keys);
    // It needs a past: `suite/lock.rs`.
    keys.remove("renamed_from");
    assert!(keys.len() > 70, "the schema has its keys elsewhere");
    let absent: Vec<&String> = keys
        .iter()
        .filter(|key| !words.contains(key.as_str()))
        .collect();
    assert_eq!(absent, Vec::<&String>::new());
}

fn collect_keys(schema: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(entries) => {
            for (name, entry) in entries {
                if name == "properties"
                    && let Some(properties) = entry.as_object()
                {
                    keys.extend(properties.keys().cloned());
                }
                collect_keys(entry, keys);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                collect_keys(item, keys);
            }
        }
        _ => {}
    }
}

#[test]
fn nix_files_are_as_nixfmt_writes_them() {
    for name in ["every-key", "smallest"] {
        let Generated { files, seeds } = generated(name);
        for (path, content) in files.iter().chain(&seeds) {
            if is_nix(path) && of_this_fleet(path) {
                let formatted = nixfmt_rs::format(content).unwrap();
                assert_formatted(path, content, &formatted);
            }
        }
    }
}

#[test]
fn nothing_generated_looks_at_the_tree_as_a_whole() {
    // A flake's own path changes with every byte of the tree, and with it all that mentions it.
    for (path, content) in generated("every-key").files {
        if is_nix(&path) {
            let mut words = content.split(|mark: char| !mark.is_alphanumeric() && mark != '_');
            assert!(words.all(|word| word != "self"), "{path} mentions self");
        }
    }
}

#[test]
fn nix_files_of_the_repository_are_as_nixfmt_writes_them() {
    let folders = [
        "modules",
        "hosts",
        "tests/vm",
        "tests/host",
        "tests/instances",
        "tests/oracle",
    ];
    let mut waiting: Vec<_> = folders.map(|folder| top().join(folder)).into();
    waiting.push(top().join("flake.nix"));
    let mut seen = 0;
    while let Some(at) = waiting.pop() {
        if at.is_dir() {
            let entries = fs::read_dir(at).unwrap().map(Result::unwrap);
            waiting.extend(entries.map(|entry| entry.path()));
        } else if is_nix(&at.to_string_lossy()) {
            let content = fs::read_to_string(&at).unwrap();
            let formatted = nixfmt_rs::format(&content).unwrap();
            assert_formatted(&at.to_string_lossy(), &content, &formatted);
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} files were found");
}

fn assert_formatted(path: &str, content: &str, formatted: &str) {
    let different = content
        .lines()
        .zip(formatted.lines())
        .find(|(written, wanted)| written != wanted);
    assert!(different.is_none(), "{path}: {different:?}");
    assert_eq!(content.len(), formatted.len(), "{path}");
}
