//! The language corpus in `tests/lang`: what real Nix said of each case, and what `coop nix` says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a case came out.
#[derive(PartialEq, Eq)]
enum Outcome {
    Agrees,
    /// It fails as in Nix, with another message.
    OtherMessage(String),
    Differs(String),
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/lang")
        .canonicalize()
        .expect("corpus")
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder of the corpus") {
        let path = entry.expect("entry of the corpus").path();
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            let expected =
                path.with_extension("exp").exists() || path.with_extension("err").exists();
            if expected {
                found.push(path);
            }
        }
    }
}

/// The words of a `.flags` file; quotes keep words together.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn run(case: &Path) -> Outcome {
    let flags = std::fs::read_to_string(case.with_extension("flags"))
        .map_or_else(|_| vec!["--strict".to_owned()], |text| words(&text));
    let has = |flag: &str| flags.iter().any(|f| f == flag);
    let lazy = ["--strict", "--eval", "--json", "--xml"]
        .iter()
        .any(|flag| has(flag));
    let command = match (has("--parse"), lazy) {
        (true, _) => "parse",
        (false, true) => "eval",
        (false, false) => "instantiate",
    };
    let folder = case.parent().expect("folder of the case");
    let output = Command::new(env!("CARGO_BIN_EXE_coop"))
        .args(["nix", command])
        .args(flags.iter().filter(|flag| *flag != "--parse"))
        .arg(case.file_name().expect("name of the case"))
        .current_dir(folder)
        .env("NIX_PATH", "")
        .env("TEST_VAR", "seen")
        .env("HOME", "/nowhere")
        .env("NO_COLOR", "1")
        .output()
        .expect("coop runs");
    let here = folder.to_string_lossy().into_owned();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&here, "/pwd");
    let errors = text(&output.stderr);
    if let Ok(expected) = std::fs::read(case.with_extension("exp")) {
        let expected = String::from_utf8_lossy(&expected).into_owned();
        let printed = text(&output.stdout);
        if output.status.success() && printed == expected {
            return Outcome::Agrees;
        }
        return Outcome::Differs(format!("expected {expected}got {printed}{errors}"));
    }
    if output.status.code() != Some(1) {
        return Outcome::Differs(format!("it should fail: {}", output.status));
    }
    let expected = std::fs::read_to_string(case.with_extension("err")).expect("expectation");
    let message = errors
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("error: "));
    if message.is_some_and(|message| message.trim() == expected.trim()) {
        return Outcome::Agrees;
    }
    Outcome::OtherMessage(format!(
        "expected {expected}got {}",
        message.unwrap_or(&errors)
    ))
}

/// Cases listed in a file of `notyet/`, with their reasons.
fn listed(name: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(corpus().join("notyet").join(name)).expect("list");
    text.lines()
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(case, reason)| (case.to_owned(), reason.to_owned()))
        .collect()
}

#[test]
fn every_case_comes_out_as_in_nix_or_is_listed() {
    let root = corpus();
    let mut found = Vec::new();
    cases(&root, &mut found);
    found.sort();
    assert!(
        found.len() > 600,
        "the corpus is not whole: {} cases",
        found.len()
    );
    let differing = listed("list");
    let messages = listed("messages");
    let mut surprises = Vec::new();
    for case in &found {
        let name = case
            .strip_prefix(&root)
            .expect("below the corpus")
            .with_extension("");
        let name = name.to_string_lossy().into_owned();
        let problem = match (
            run(case),
            differing.contains_key(&name),
            messages.contains_key(&name),
        ) {
            (Outcome::Agrees, false, false)
            | (Outcome::Differs(_), true, _)
            | (Outcome::OtherMessage(_), _, true) => continue,
            (Outcome::Agrees, ..) => "it agrees now: remove it from notyet/".to_owned(),
            (Outcome::Differs(how) | Outcome::OtherMessage(how), ..) => how,
        };
        surprises.push(format!("{name}: {problem}"));
    }
    println!(
        "{} cases, {} differ, {} fail in other words",
        found.len(),
        differing.len(),
        messages.len()
    );
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}
