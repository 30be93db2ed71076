use super::sample::{LIBRARY, PAIR, SAMPLE};
use super::{Outcome, as_written, fingerprint, run};
use crate::eval::Settings;
use crate::testing::Memory;

/// What `sample` gives where it is not evaluated as it is written.
const KNOWN: &str = "{ written = true; }";

/// What of the library is no function, so that it has to be evaluated before anything is known of it.
const EVALUATED: &str = "[ length limit pairOfOne pairOfWord pairEach ]";

/// The definitions of the library with some of them replaced.
fn definitions(replaced: &[(&str, &str)]) -> String {
    let define = |&(name, value): &(&str, &str)| {
        let other = replaced.iter().find(|other| other.0 == name);
        format!("{name} = {};\n", other.map_or(value, |other| other.1))
    };
    LIBRARY.iter().map(define).collect()
}

/// `program` where the library is in scope, and all of it was evaluated that is no function.
fn with_library(replaced: &[(&str, &str)], program: &str) -> String {
    format!(
        "let\n{}in builtins.deepSeq {EVALUATED} ({program})",
        definitions(replaced)
    )
}

fn evaluated(program: &str) -> Outcome {
    run(&Memory::default(), program, Settings::default())
}

fn evaluated_as_written(program: &str) -> Outcome {
    run(&Memory::default(), program, as_written())
}

/// Whether `sample` of this program was evaluated in another way than it is written.
fn is_known(program: &str) -> bool {
    let Outcome { answer, stats, .. } = evaluated(program);
    let is_known = answer == KNOWN;
    assert_eq!(stats.intrinsics, u64::from(is_known), "{program}");
    if !is_known {
        assert_eq!(answer, evaluated_as_written(program).answer, "{program}");
    }
    is_known
}

#[test]
fn the_samples_have_their_fingerprints() {
    for known in [&SAMPLE, &PAIR] {
        let (_, text) = LIBRARY.iter().find(|one| one.0 == known.name).unwrap();
        assert_eq!(fingerprint(text).as_deref(), Some(known.fingerprints[0]));
    }
}

#[test]
fn a_known_function_that_finds_what_it_relies_on_is_used() {
    let program = with_library(&[], "sample [ 1 ]");
    assert!(is_known(&program));
    assert!(evaluated(&program).refused.is_empty());
}

#[test]
fn it_may_be_asked_not_to_be_used() {
    let program = with_library(&[], "sample [ 1 ]");
    let exact = Settings {
        exact_laziness: true,
        ..Settings::default()
    };
    for settings in [as_written(), exact] {
        let outcome = run(&Memory::default(), &program, settings);
        assert!(outcome.answer.starts_with("{ written = [ 1 "));
        assert_eq!(outcome.stats.intrinsics, 0);
    }
}

#[test]
fn what_it_cannot_do_is_left_to_what_is_written() {
    let program = with_library(&[], "[ (sample [ ]) (sample [ 1 ]) ]");
    let outcome = evaluated(&program);
    assert!(outcome.answer.starts_with("[ { written = [ 0 "));
    assert!(outcome.answer.ends_with(&format!(" {KNOWN} ]")));
    assert_eq!((outcome.stats.intrinsics, outcome.stats.otherwise), (1, 1));
}

#[test]
fn sets_that_it_makes_stand_where_they_were_written() {
    let mut memory = Memory::default();
    let file = with_library(&[], "sample");
    memory.files.insert(b"/sample.nix".to_vec(), file.into());
    let program = "builtins.unsafeGetAttrPos \"written\" (import /sample.nix [ 1 ])";
    let outcome = run(&memory, program, Settings::default());
    assert_eq!(outcome.stats.intrinsics, 1);
    assert!(outcome.answer.contains("line = "), "{}", outcome.answer);
    assert_eq!(outcome.answer, run(&memory, program, as_written()).answer);
}

#[test]
fn the_same_function_of_another_name_is_not_known() {
    let (_, text) = LIBRARY.iter().find(|one| one.0 == "sample").unwrap();
    let program = format!("let other = {text}; in other [ 1 ]");
    assert!(!is_known(&with_library(&[], &program)));
}

#[test]
fn another_function_of_its_name_is_not_known() {
    let others = [
        "list: { written = [ (length list) ]; }",
        "list: { written = true; other = length list; }",
        "length",
    ];
    for other in others {
        assert!(!is_known(&with_library(
            &[("sample", other)],
            "sample [ 1 ]"
        )));
    }
}

#[test]
fn what_it_relies_on_must_mean_what_it_has_to_mean() {
    let replaced = [
        ("length", "builtins.typeOf"),
        ("length", "list: builtins.length list"),
        ("length", "2"),
        ("pair", "first: second: [ second first ]"),
        ("pair", "builtins.seq"),
        (
            "pair",
            "let pair = first: second: [ first second ]; in other: pair other",
        ),
        ("limit", "8"),
        ("limit", "7.0"),
        ("limit", "\"7\""),
        ("limit", "first: first"),
        ("pairOfOne", "pair 2"),
        ("pairOfOne", "pair \"1\""),
        ("pairOfOne", "pair"),
        ("pairOfOne", "second: [ 1 second ]"),
        ("pairOfOne", "builtins.elemAt [ 1 ]"),
        ("pairOfWord", "pair \"words\""),
        ("pairOfWord", "pair 1"),
        ("pairEach", "map (first: [ first ])"),
        ("pairEach", "builtins.filter pair"),
        ("pairEach", "map"),
        ("pairEach", "list: map pair list"),
    ];
    for (name, value) in replaced {
        let program = with_library(&[(name, value)], "sample [ 1 ]");
        assert!(!is_known(&program), "{name} = {value}");
        let refused = evaluated(&program).refused;
        assert_eq!(refused, [("sample", name)], "{name} = {value}");
    }
}

#[test]
fn what_it_uses_as_a_value_alone_may_be_anything() {
    for value in ["2", "abort \"it is not evaluated\"", "first: first"] {
        assert!(is_known(&with_library(&[("note", value)], "sample [ 1 ]")));
    }
}

#[test]
fn what_it_relies_on_may_be_found_through_other_names() {
    let replaced = [
        ("length", "let inherit (builtins) length; in length"),
        (
            "length",
            "(rec { all = { inherit (builtins) length; }; }).all.length",
        ),
        ("length", "{ }.length or builtins.length"),
        ("limit", "if length [ ] == 0 then 7 else 8"),
        ("limit", "3 + 4"),
        ("pairOfOne", "(set: set.pair) { inherit pair; } 1"),
        ("pairOfWord", "let word = \"word\"; in pair word"),
    ];
    for (name, value) in replaced {
        let program = with_library(&[(name, value)], "sample [ 1 ]");
        assert!(is_known(&program), "{name} = {value}");
    }
}

#[test]
fn nothing_is_evaluated_to_find_out() {
    for &(name, value) in &LIBRARY[..7] {
        let traced = format!("builtins.trace \"evaluated\" ({value})");
        let program = format!(
            "let\n{} in builtins.typeOf (sample [ 1 ])",
            definitions(&[(name, &traced)])
        );
        let outcome = evaluated(&program);
        assert_eq!(outcome.answer, "\"set\"");
        assert!(outcome.said.is_empty(), "{name}");
    }
}

#[test]
fn what_was_not_evaluated_yet_is_asked_again() {
    let calls = "map (n: (sample [ n ]).written == true) [ 1 2 3 4 5 6 7 8 ]";
    let program = format!(
        "let\n{}\ncalls = {calls};\nfirst = builtins.head calls;\n\
         in builtins.seq first (builtins.deepSeq {EVALUATED} calls)",
        definitions(&[("limit", "3 + 4")])
    );
    let outcome = evaluated(&program);
    let answers: Vec<&str> = outcome.answer.split(' ').collect();
    assert_eq!(answers[1], "false");
    assert_eq!(answers[answers.len() - 2], "true");
    assert!(outcome.refused.is_empty());
}

#[test]
fn each_library_is_looked_at_by_itself() {
    let mut memory = Memory::default();
    let file = format!(
        "{{ length, limit ? 7 }}: let {} in builtins.deepSeq {EVALUATED} sample",
        definitions(&[])
            .replace("length = builtins.length;\n", "")
            .replace("limit = 7;\n", "")
    );
    memory.files.insert(b"/library.nix".to_vec(), file.into());
    let libraries = [
        "{ inherit (builtins) length; }",
        "{ inherit (builtins) length; limit = 8; }",
        "{ length = list: 5; }",
    ];
    for turned in [false, true] {
        let mut calls: Vec<String> = libraries
            .iter()
            .chain(&libraries)
            .map(|library| format!("(import /library.nix {library} [ 1 ])"))
            .collect();
        if turned {
            calls.reverse();
        }
        let shared = format!(
            "let f = import /library.nix {}; in [ (f [ 1 ]) (f [ 1 ]) ]",
            libraries[0]
        );
        let program = format!("[ {} ({shared}) ]", calls.join(" "));
        let outcome = run(&memory, &program, Settings::default());
        let written = run(&memory, &program, as_written());
        assert_eq!(outcome.stats.intrinsics, 4);
        assert_eq!(outcome.refused, [("sample", "length")]);
        assert_eq!(outcome.answer.matches(KNOWN).count(), 4);
        assert_eq!(written.answer.matches("[ 5 ").count(), 2);
        assert_eq!(outcome.answer.matches("[ 5 ").count(), 2);
        assert_eq!(outcome.answer.matches("[ 1 [ [ 1 ] 8 ]").count(), 2);
    }
}

#[test]
fn a_global_that_is_hidden_by_another_variable_makes_it_unknown() {
    // What `sample` uses itself, and what it relies on uses.
    let hidden = [("toString", "count: \"many\""), ("map", "f: list: list")];
    let mut memory = Memory::default();
    let program = with_library(&[], "sample [ 1 ]");
    assert!(is_known(&program));
    let file = b"/all.nix".to_vec();
    memory.files.insert(file, program.clone().into());
    for (name, value) in hidden {
        assert!(!is_known(&format!("let {name} = {value}; in {program}")));
        let scoped = format!("builtins.scopedImport {{ {name} = {value}; }} /all.nix");
        let outcome = run(&memory, &scoped, Settings::default());
        assert_eq!(outcome.stats.intrinsics, 0, "{name}");
        assert_eq!(outcome.answer, run(&memory, &scoped, as_written()).answer);
    }
}

#[test]
fn variables_of_a_with_are_not_relied_on() {
    let of_with = |name: &str, value: &str| {
        let program = with_library(&[(name, "")], "sample [ 1 ]");
        let program = program.replace(&format!("{name} = ;\n"), "");
        format!("with {{ {name} = {value}; }}; {program}")
    };
    for (name, value) in [
        ("limit", "7"),
        ("length", "builtins.length"),
        ("note", "null"),
    ] {
        assert!(!is_known(&of_with(name, value)), "{name}");
    }
}
