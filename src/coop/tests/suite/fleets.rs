//! Each fleet under `tests/fleets/invalid` with its whole message, each valid one without any.

use std::fs;

use coop::diagnostics::{Code, Format};

use crate::support::{Memory, messages, top};

fn fleets(kind: &str) -> Vec<(String, Memory)> {
    let entries = fs::read_dir(top().join("tests/fleets").join(kind))
        .unwrap()
        .map(Result::unwrap);
    let mut found: Vec<_> = entries
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "toml")
        })
        .map(|entry| {
            let name = entry
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (
                name,
                Memory::parse(&fs::read_to_string(entry.path()).unwrap()),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn invalid_fleets_say_what_is_wrong_and_what_to_do() {
    let fleets = fleets("invalid");
    assert!(fleets.len() >= 60);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(top().join("tests/fleets/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, files) in fleets {
        let fleet = files.load();
        assert!(!fleet.findings.is_empty(), "{name} has no finding");
        for finding in &fleet.findings {
            assert!(
                finding.help.is_some(),
                "{name}: no remedy for {}",
                finding.message
            );
            let one = coop::diagnostics::Renderer {
                sources: &fleet.sources,
                format: Format::Human,
                color: false,
                deny_warnings: false,
            }
            .render(std::slice::from_ref(finding));
            assert!(one.lines().count() <= 25, "{name}: more than 24 lines");
            assert!(!one.contains("/nix/store"), "{name}: a store path");
        }
        settings.bind(|| insta::assert_snapshot!(name.clone(), messages(&fleet, Format::Human)));
    }
}

#[test]
fn valid_fleets_have_no_findings() {
    for (name, files) in fleets("valid") {
        assert_eq!(messages(&files.load(), Format::Concise), "", "{name}");
    }
}

/// Those about the lock, generation and revisions need more than a fleet, and have tests of their own.
#[test]
fn every_finding_of_a_fleet_has_a_case() {
    let seen: Vec<Code> = fleets("invalid")
        .iter()
        .flat_map(|(_, files)| {
            files
                .load()
                .findings
                .into_iter()
                .map(|finding| finding.code)
        })
        .collect();
    let unseen: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| {
            !seen.contains(code)
                && !["06", "07", "08"]
                    .iter()
                    .any(|family| code.id()[1..].starts_with(family))
        })
        .map(|code| code.id())
        .collect();
    assert_eq!(unseen, Vec::<&str>::new());
}

#[test]
fn the_forms_for_machines_carry_the_same_findings() {
    let (_, files) = fleets("invalid")
        .into_iter()
        .find(|(name, _)| name == "several-at-once")
        .unwrap();
    let fleet = files.load();
    insta::assert_snapshot!("concise", messages(&fleet, Format::Concise));
    insta::assert_snapshot!("json", messages(&fleet, Format::Json));
    insta::assert_snapshot!("github", messages(&fleet, Format::Github));
}

#[test]
fn the_example_fleet_is_sound() {
    let fleet = coop::fleet::load(&coop::fleet::Folder(top()));
    let errors: Vec<_> = fleet
        .findings
        .iter()
        .filter(|finding| finding.code != Code::ReviewDue)
        .collect();
    assert!(errors.is_empty(), "{}", messages(&fleet, Format::Concise));
}
