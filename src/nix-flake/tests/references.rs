//! Flake references are read and printed as Nix 2.34.8 does. `data/references.tsv` holds what Nix
//! made of each text: its attributes and the URL printed from them, attributes that it refused to
//! print, or an error.

use nix_flake::input::Attributes;
use nix_flake::{FlakeRef, ParseOptions};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(text: &str) -> nix_flake::Result<FlakeRef> {
    let options = ParseOptions {
        allow_missing: true,
        ..ParseOptions::default()
    };
    FlakeRef::parse(text, options)
}

/// What we make of a text, in the notation of the table.
fn outcome(text: &str) -> (&'static str, Value) {
    match parse(text) {
        Err(error) => ("err", Value::from(error.to_string())),
        Ok(reference) => {
            let attributes = reference.to_attributes().to_value();
            let shown = FlakeRef::from_attributes(&reference.to_attributes())
                .and_then(|again| again.to_url());
            match shown {
                Ok(url) => ("ok", json!([attributes, url])),
                Err(_) => ("unshown", attributes),
            }
        }
    }
}

#[test]
fn references_mean_what_they_mean_to_nix() {
    let mut wrong = Vec::new();
    for line in include_str!("data/references.tsv").lines() {
        let mut columns = line.splitn(3, '\t');
        let mut next = || columns.next().expect("a line has three columns");
        let (text, kind, expected) = (next(), next(), next());
        let expected = if kind == "err" {
            Value::from(expected)
        } else {
            serde_json::from_str(expected).expect("Nix printed JSON")
        };
        let found = outcome(text);
        if found != (kind, expected.clone()) {
            wrong.push(format!(
                "{text}\n  Nix:  {kind} {expected}\n  here: {} {}",
                found.0, found.1
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #[test]
    fn any_text_is_a_reference_or_an_error(text in "\\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn what_is_printed_is_read_again(
        text in "(github:|gitlab:|sourcehut:~|path:/|git\\+https://|https://x/|flake:)[a-zA-Z0-9%?=&/._~+@ -]{0,30}"
    ) {
        if let Ok(reference) = parse(&text)
            && let Ok(url) = reference.to_url()
            && let Ok(again) = parse(&url)
        {
            prop_assert_eq!(again.to_url().expect("it was printed before"), url);
        }
    }

    #[test]
    fn attributes_survive_json(
        names in prop::collection::btree_map("[a-z]{1,8}", "\\PC{0,12}", 0..6)
    ) {
        let mut attributes = Attributes::default();
        for (name, text) in &names {
            attributes.set(name, text);
        }
        let again = Attributes::from_value(&attributes.to_value()).expect("they are texts");
        prop_assert_eq!(again, attributes);
    }
}
