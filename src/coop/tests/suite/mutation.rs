//! Every key of the example fleet is damaged in turn; each damage is named at its line.

use std::fs;

use coop::diagnostics::Severity;
use coop::fleet::Files as _;
use coop::fleet::{Entry, Folder, Node, Value};

use crate::support::{Memory, top};

fn example() -> Memory {
    let folder = Folder(top());
    let mut files = Memory::default();
    let mut take = |path: String| {
        let text = folder.read(&path).unwrap();
        files.0.insert(path, text);
    };
    take("coop.toml".into());
    for directory in ["tenants", "lists", "policies", "texts"] {
        for name in folder.list(directory) {
            take(format!("{directory}/{name}"));
        }
    }
    files
}

/// The keys and values of a file, with their places.
fn walk<'a>(node: &'a Node, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, &'a Entry)>) {
    match &node.value {
        Value::Table(table) => {
            for (key, entry) in table {
                path.push(key.clone());
                if path.contains(&"nixos".into()) && path[0] == "hosts" && path.len() > 2 {
                    path.pop();
                    continue;
                }
                found.push((path.clone(), entry));
                walk(&entry.node, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                path.push(number.to_string());
                walk(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Puts `new` in place of a range of coop.toml and says whether an error names that line.
fn damage_is_named(files: &Memory, range: std::ops::Range<usize>, new: &str) -> Result<(), String> {
    let mut files = files.clone();
    let text = files.0.get_mut("coop.toml").unwrap();
    let line = text[..range.start].matches('\n').count() + 1;
    text.replace_range(range, new);
    let fleet = files.load();
    let named = fleet.findings.iter().any(|finding| {
        finding.severity() == Severity::Error
            && finding
                .primary
                .iter()
                .chain(&finding.secondary)
                .any(|label| {
                    fleet.sources.path(label.at.file).ends_with("coop.toml")
                        && fleet.sources.position(label.at).0 == line
                })
    });
    if named {
        Ok(())
    } else {
        Err(crate::support::messages(
            &fleet,
            coop::diagnostics::Format::Concise,
        ))
    }
}

#[test]
fn each_damaged_key_is_named_at_its_line() {
    let files = example();
    let fleet = files.load();
    let coop_toml = fs::read_to_string(top().join("coop.toml")).unwrap();
    let mut found = Vec::new();
    walk(&fleet.tree, &mut Vec::new(), &mut found);
    let mut damaged = 0;
    for (path, entry) in found {
        let in_coop_toml =
            |at: coop::diagnostics::Origin| fleet.sources.path(at.file).ends_with("coop.toml");
        let named_thing = coop::fleet::SECTIONS.contains(&path[0].as_str()) && path.len() == 2;
        if !in_coop_toml(entry.key)
            || path
                .iter()
                .any(|step| step == "nixos" && path[0] != "fleet")
        {
            continue;
        }
        // A value that came from a profile is written there, and damaged there.
        if path[0] == "instances" && path.len() > 2 {
            let header = fleet.declared[&("instances", path[1].clone())];
            if entry.key.start < header.start {
                continue;
            }
        }
        let key = entry.key.start as usize..entry.key.end as usize;
        let value = entry.node.at.start as usize..entry.node.at.end as usize;
        // A header `[section.name]` stands for the section too: it is damaged once, as the name.
        let is_section = path.len() == 1 && path[0] != "include";
        if !named_thing && !is_section && path.last().unwrap() != "blocks" {
            damage_is_named(&files, key.clone(), "misspelt-key-of-ours")
                .unwrap_or_else(|said| panic!("misspelt {}: {said}", path.join(".")));
            damaged += 1;
        }
        if matches!(entry.node.value, Value::Table(_)) || path.last().unwrap() == "blocks" {
            continue;
        }
        damage_is_named(&files, value.clone(), "{ wrong = 1 }")
            .unwrap_or_else(|said| panic!("wrong type {}: {said}", path.join(".")));
        let names = [
            "lists",
            "operators",
            "profile",
            "host",
            "owner",
            "join",
            "apply",
            "policies",
            "relay",
            "to",
        ];
        if names.contains(&path.last().unwrap().as_str()) {
            let dangling = if coop_toml[value.clone()].starts_with('[') {
                "[\"nowhere\"]"
            } else {
                "\"nowhere\""
            };
            damage_is_named(&files, value, dangling)
                .unwrap_or_else(|said| panic!("dangling {}: {said}", path.join(".")));
        }
        damaged += 2;
    }
    assert!(damaged > 150, "only {damaged} damages");
}

#[test]
fn each_missing_key_that_is_needed_is_named() {
    let files = example();
    for (line, key) in [
        ("name     = \"Webarchitects\"\n", "name"),
        ("contact  = \"support@webarch.coop\"\n", "contact"),
        ("email    = \"chris@webarch.coop\"\n", "email"),
        ("server   = \"smtp.webarch.coop:587\"\n", "server"),
        ("user     = \"fleet\"\n", "user"),
        (
            "repository = \"sftp:coop@store.example:/coop\"\n",
            "repository",
        ),
        ("domain    = \"socialmedia.coop\"\n", "domain"),
        ("service  = \"discourse\"\n", "service"),
    ] {
        let mut files = files.clone();
        let text = files.0.get_mut("coop.toml").unwrap();
        assert!(text.contains(line), "{line}");
        *text = text.replacen(line, "", 1);
        let fleet = files.load();
        let wanted = format!("the key `{key}` is missing");
        assert!(
            fleet
                .findings
                .iter()
                .any(|finding| finding.message.ends_with(&wanted)),
            "{key}"
        );
    }
}
