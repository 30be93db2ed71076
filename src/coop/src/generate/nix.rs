//! Values as Nix source. The one place where a text of `coop.toml` becomes Nix: a text is always a
//! quoted string, whatever stands in it. How long lines are broken is left to nixfmt, which whole
//! files go through.
//!
//! Source: Nix's lexer (`src/libexpr/lexer.l`) for what a string and a name may hold.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use thiserror::Error;

/// The key of an object that stands for a path. No TOML key that coop takes holds a NUL.
const PATH: &str = "\0path";

/// Words that cannot be a bare attribute name.
const KEYWORDS: &[&str] = &[
    "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with",
];

/// A path in the generated tree, relative to the file that names it.
pub(super) fn path(text: String) -> Value {
    let mut object = Map::new();
    object.insert(PATH.to_owned(), Value::String(text));
    Value::Object(object)
}

/// Why a value cannot be written as Nix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unwritable {
    /// Nix has no NUL in strings and names.
    #[error("Nix has no NUL in a text")]
    Nul,
    /// A path that is more than names and slashes.
    #[error("a path holds more than names and slashes")]
    Path,
}

/// A value as an expression; lines after the first are indented by `indent` columns.
pub(super) fn expression(value: &Value, indent: usize) -> Result<String, Unwritable> {
    let mut text = String::new();
    write(&mut text, value, indent)?;
    Ok(text)
}

/// An attribute name, bare where it can be.
pub(super) fn name(text: &str) -> Result<String, Unwritable> {
    let mut marks = text.chars();
    let bare = marks
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && marks.all(|mark| mark.is_ascii_alphanumeric() || "_-'".contains(mark))
        && !KEYWORDS.contains(&text);
    if bare {
        Ok(text.to_owned())
    } else {
        string(text)
    }
}

/// A string literal.
pub(super) fn string(text: &str) -> Result<String, Unwritable> {
    if text.contains('\0') {
        return Err(Unwritable::Nul);
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut marks = text.chars().peekable();
    while let Some(mark) = marks.next() {
        match mark {
            '"' | '\\' => quoted.extend(['\\', mark]),
            '\n' => quoted.push_str("\\n"),
            // A bare carriage return in source would be read as a line feed.
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' if marks.peek() == Some(&'{') => quoted.push_str("\\$"),
            _ => quoted.push(mark),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

fn write(text: &mut String, value: &Value, indent: usize) -> Result<(), Unwritable> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&self::number(number)),
        Value::String(value) => text.push_str(&string(value)?),
        Value::Array(items) => list(text, items, indent)?,
        Value::Object(entries) => match entries.get(PATH) {
            Some(path) => text.push_str(path_literal(path)?),
            None if entries.is_empty() => text.push_str("{ }"),
            None => {
                text.push_str("{\n");
                for (key, value) in entries {
                    binding(text, key, value, indent + 2)?;
                }
                let _ = write!(text, "{:indent$}}}", "");
            }
        },
    }
    Ok(())
}

fn path_literal(path: &Value) -> Result<&str, Unwritable> {
    let plain = |text: &&str| {
        (text.starts_with("./") || text.starts_with("../"))
            && text
                .chars()
                .all(|mark| mark.is_ascii_alphanumeric() || "./_-".contains(mark))
            && !text.ends_with('/')
            && !text.contains("//")
    };
    path.as_str().filter(plain).ok_or(Unwritable::Path)
}

/// `a.b.c = value;`: a set with one entry is written as a longer name.
fn binding(text: &mut String, key: &str, value: &Value, indent: usize) -> Result<(), Unwritable> {
    let _ = write!(text, "{:indent$}{}", "", name(key)?);
    let mut value = value;
    while let Value::Object(entries) = value
        && entries.len() == 1
        && let Some((key, inner)) = entries.iter().next()
        && key != PATH
    {
        let _ = write!(text, ".{}", name(key)?);
        value = inner;
    }
    text.push_str(" = ");
    write(text, value, indent)?;
    text.push_str(";\n");
    Ok(())
}

fn list(text: &mut String, items: &[Value], indent: usize) -> Result<(), Unwritable> {
    match items {
        [] => text.push_str("[ ]"),
        [one] if !one.is_object() && !one.is_array() => {
            text.push_str("[ ");
            element(text, one, indent)?;
            text.push_str(" ]");
        }
        _ => {
            text.push_str("[\n");
            let inner = indent + 2;
            for item in items {
                let _ = write!(text, "{:inner$}", "");
                element(text, item, inner)?;
                text.push('\n');
            }
            let _ = write!(text, "{:indent$}]", "");
        }
    }
    Ok(())
}

/// A list's element: what is more than one token needs parentheses.
fn element(text: &mut String, value: &Value, indent: usize) -> Result<(), Unwritable> {
    if let Value::Number(number) = value
        && self::number(number).starts_with('-')
    {
        let _ = write!(text, "({})", self::number(number));
        return Ok(());
    }
    write(text, value, indent)
}

fn number(number: &serde_json::Number) -> String {
    if let Some(integer) = number.as_i64() {
        // The digits of the least integer alone are one too many.
        return if integer == i64::MIN {
            format!("{} - 1", integer + 1)
        } else {
            integer.to_string()
        };
    }
    let text = format!("{:?}", number.as_f64().unwrap_or_default());
    // Nix wants a point in every float: `1e300` would be a name after a number.
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[a$\\\\{}\"'\n\r\t ]{0,12}",
            proptest::sample::select(vec![
                "if",
                "or",
                "''",
                "${x}",
                "$${x}",
                "\\${x}",
                "rec",
                "__functor"
            ])
            .prop_map(str::to_owned),
        ]
        .prop_map(|text: String| text.replace('\0', ""));
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop_oneof![any::<f64>(), -10.0..10.0].prop_map(|number| {
                // Nix reads a subnormal literal as an error, and zero has no sign in JSON's eyes.
                if number.is_normal() {
                    number.into()
                } else {
                    json!(1.5)
                }
            }),
            text.clone().prop_map(Value::from),
            // About as wide as a line.
            "[a-zä]{70,100}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(text.clone(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// What coop's own evaluator makes of a text.
    fn evaluated(source: &str) -> Value {
        let settings = nix_eval::Settings::default();
        let json = nix_eval::with_stack(move || {
            let mut evaluator =
                nix_eval::Evaluator::new(settings, Box::new(nix_flake::System::default())).unwrap();
            evaluator.start_on_this_stack();
            let origin = nix_eval::position::Origin::String;
            let value = evaluator
                .eval_text(source.as_bytes(), origin, b"/")
                .unwrap();
            let mut json = Vec::new();
            let mut context = nix_eval::heap::ContextId::EMPTY;
            nix_eval::print::json::write(&mut evaluator, value, true, &mut json, &mut context)
                .unwrap();
            json
        });
        serde_json::from_slice(&json.unwrap().unwrap()).unwrap()
    }

    #[test]
    fn layout_is_that_of_nixfmt() {
        let value = json!({
            "a": { "b": { "c": 1 } },
            "or": [-1, { "x": [] }, { "x": {}, "y": null }],
            "one": ["x"],
            "p": path("../../policy/x.json".into()),
        });
        insta::assert_snapshot!(expression(&value, 0).unwrap(), @r#"
        {
          a.b.c = 1;
          "or" = [
            (-1)
            {
              x = [ ];
            }
            {
              x = { };
              y = null;
            }
          ];
          one = [ "x" ];
          p = ../../policy/x.json;
        }
        "#);
    }

    #[test]
    fn what_nix_cannot_hold_is_refused() {
        assert_eq!(string("a\0b"), Err(Unwritable::Nul));
        for hostile in [
            "/etc/passwd",
            "./a b",
            "./${x}",
            "./a//b",
            "./a/",
            "a",
            "./a;b",
        ] {
            assert_eq!(
                expression(&path(hostile.into()), 0),
                Err(Unwritable::Path),
                "{hostile}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in values()) {
            let source = expression(&value, 0).unwrap();
            prop_assert_eq!(evaluated(&source), value, "{}", source);
        }

        #[test]
        fn formatting_changes_no_value(value in values()) {
            let source = nixfmt_rs::format(&expression(&value, 0).unwrap()).unwrap();
            prop_assert_eq!(evaluated(&source), value, "{}", source);
        }
    }
}
