//! What Nix makes of expressions (`cases.tsv`), and what holds of all of them.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Captures, Regex, RegexError};

const CASES: &str = include_str!("cases.tsv");

/// Replaces each `%XX` by the byte it stands for.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut position = 0;
    while position < bytes.len() {
        let escaped = bytes
            .get(position + 1..position + 3)
            .filter(|_| bytes[position] == b'%');
        let code = escaped
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(code.unwrap_or(bytes[position]));
        position += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Spells out the bytes of a text that is not UTF-8.
fn encode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let spell = |byte: &u8| match byte {
            0x80.. => format!("%{byte:02X}"),
            _ => char::from(*byte).to_string(),
        };
        error.as_bytes().iter().map(spell).collect()
    })
}

fn print_string(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\t' => out.extend(b"\\t"),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

fn print_list(items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut out = b"[ ".to_vec();
    for item in items {
        out.extend(item);
        out.push(b' ');
    }
    out.push(b']');
    out
}

fn print_groups(captures: &Captures, text: &[u8]) -> Vec<u8> {
    print_list((1..captures.len()).map(|index| match captures.get(index) {
        Some((start, end)) => print_string(&text[start..end]),
        None => b"null".to_vec(),
    }))
}

fn print_match(regex: &Regex, text: &[u8]) -> String {
    let captures = regex.full_match(text);
    encode(captures.map_or(b"null".to_vec(), |captures| print_groups(&captures, text)))
}

fn print_split(regex: &Regex, text: &[u8]) -> String {
    let mut items = Vec::new();
    let mut end = 0;
    for captures in regex.split(text) {
        let whole = captures.get(0).unwrap();
        items.push(print_string(&text[end..whole.0]));
        items.push(print_groups(&captures, text));
        end = whole.1;
    }
    items.push(print_string(&text[end..]));
    encode(print_list(items))
}

#[test]
fn expressions_give_what_nix_gives() {
    let mut wrong = Vec::new();
    for line in CASES.lines().filter(|line| line.contains('\t')) {
        let [pattern, text, expected @ ..] = &*line.split('\t').collect::<Vec<_>>() else {
            panic!("too few columns: {line}");
        };
        let text = decode(text);
        let found = match Regex::new(&decode(pattern)) {
            Err(RegexError::Invalid) => vec!["invalid".to_owned()],
            Err(RegexError::TooLarge) => vec!["too large".to_owned(); 2],
            Ok(regex) => vec![print_match(&regex, &text), print_split(&regex, &text)],
        };
        if found != expected {
            wrong.push(format!("{line}\n  found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn messages_are_those_of_nix() {
    let message = |pattern: &str| Regex::new(pattern.as_bytes()).map_err(|e| e.message(pattern));
    assert_eq!(
        message("a**)").unwrap_err(),
        "invalid regular expression 'a**)'"
    );
    let large = "(a{1000}){1000}";
    let expected = "memory limit exceeded by regular expression '(a{1000}){1000}'";
    assert_eq!(message(large).unwrap_err(), expected);
}

#[test]
fn a_byte_zero_is_refused_in_an_expression_and_no_character_in_a_text() {
    assert_eq!(Regex::new(b"a\0").unwrap_err(), RegexError::Invalid);
    assert!(Regex::new(b".").unwrap().full_match(b"\0").is_none());
}

#[test]
fn long_expressions_and_texts_need_neither_stack_nor_patience() {
    let start = Instant::now();
    let text = "ab ".repeat(100_000);
    for pattern in [
        "(.*)",
        "([ab]+ ?)*",
        "(a|b| )*",
        "((a?b?)* )*",
        "((a|ab)(b|) )*",
        "(.*)(.*)(.*) ",
    ] {
        assert!(
            Regex::new(pattern.as_bytes())
                .unwrap()
                .full_match(text.as_bytes())
                .is_some()
        );
    }
    for pattern in ["(a*)*c", "(a|a)*(a|a)*c", "(.*)(.*)(.*)(.*)c"] {
        let text = "a".repeat(1000);
        assert!(
            Regex::new(pattern.as_bytes())
                .unwrap()
                .full_match(text.as_bytes())
                .is_none()
        );
    }
    for pattern in ["a*c", "(a|a)*c", "(a*|b)*c"] {
        let text = "a".repeat(2000);
        assert_eq!(
            Regex::new(pattern.as_bytes())
                .unwrap()
                .split(text.as_bytes())
                .count(),
            0
        );
    }
    let nested = format!("{}{}", "(".repeat(30_000), ")".repeat(30_000));
    assert!(
        Regex::new(nested.as_bytes())
            .unwrap()
            .full_match(b"")
            .is_some()
    );
    assert_eq!(
        Regex::new(&b"(".repeat(200_000)).unwrap_err(),
        RegexError::Invalid
    );
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "took {:?}",
        start.elapsed()
    );
}

const ATOMS: &[&str] = &[
    "a",
    "b",
    "c",
    ".",
    "[ab]",
    "[^a]",
    "[[:alpha:]]",
    "\\.",
    "^",
    "$",
];

/// Expressions that are valid, of all the parts there are.
fn expression() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(ATOMS).prop_map(str::to_owned);
    let group = |body: String| format!("({body})");
    atom.prop_map(group).prop_recursive(4, 16, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(move |all| group(all.concat())),
            prop::collection::vec(inner.clone(), 1..3).prop_map(move |all| group(all.join("|"))),
            (
                inner,
                prop::sample::select(&["*", "+", "?", "{2}", "{0,2}", "{1,}"][..])
            )
                .prop_map(|(body, quantifier)| format!("{body}{quantifier}")),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(pattern: Vec<u8>, text: Vec<u8>) {
        if let Ok(regex) = Regex::new(&pattern) {
            let _ = regex.full_match(&text);
            prop_assert!(regex.split(&text).count() <= text.len() + 1 + text.len());
        }
    }

    #[test]
    fn escaped_text_matches_itself_alone(text in "[a-c.*+?(){}|^$\\\\\\[\\]]{0,12}", other in "[a-c.*]{0,12}") {
        let mut pattern = String::new();
        for character in text.chars() {
            if ".[\\()*+?{|^$".contains(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        let regex = Regex::new(pattern.as_bytes()).unwrap();
        prop_assert!(regex.full_match(text.as_bytes()).is_some());
        prop_assert_eq!(regex.full_match(other.as_bytes()).is_some(), text == other);
        let count = if text.is_empty() { other.len() + 1 } else { other.matches(&text).count() };
        prop_assert_eq!(regex.split(other.as_bytes()).count(), count);
    }

    #[test]
    fn matches_of_a_split_go_from_left_to_right(pattern in expression(), text in "[abc.]{0,9}") {
        let regex = Regex::new(pattern.as_bytes()).unwrap();
        let mut end = 0;
        for captures in regex.split(text.as_bytes()) {
            let whole = captures.get(0).unwrap();
            prop_assert!(end <= whole.0 && whole.1 <= text.len());
            for group in (1..captures.len()).filter_map(|index| captures.get(index)) {
                prop_assert!(whole.0 <= group.0 && group.0 <= group.1 && group.1 <= whole.1);
            }
            end = whole.1;
        }
    }

    #[test]
    fn the_first_match_between_anchors_is_the_whole_match(pattern in expression(), text in "[abc.]{0,9}") {
        let regex = Regex::new(pattern.as_bytes()).unwrap();
        let anchored = Regex::new(format!("^({pattern})$").as_bytes()).unwrap();
        let whole = regex.full_match(text.as_bytes());
        let found = anchored.split(text.as_bytes()).next();
        prop_assert_eq!(whole.is_some(), found.is_some());
        if let (Some(whole), Some(found)) = (whole, found) {
            for index in 1..whole.len() {
                prop_assert_eq!(whole.get(index), found.get(index + 1));
            }
        }
    }
}
