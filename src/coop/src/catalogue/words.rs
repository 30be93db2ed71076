//! Types in words, and what to write in TOML instead of a value that is wrong.

use super::examine::takes;
use super::model::{Tables, Text, Type, TypeId, Word};
use crate::fleet::{Node, Value, nearest};

/// The most choices that are listed.
const MOST_CHOICES: usize = 8;

/// Patterns that are longer say nothing to people.
const LONGEST_PATTERN: usize = 40;

/// What a type takes: `a whole number from 0 to 65535`.
pub(super) fn wanted(tables: &Tables, of_type: TypeId) -> String {
    let mut texts = Vec::new();
    collect(tables, of_type, &mut texts, 0);
    any_of(&texts)
}

fn any_of(texts: &[String]) -> String {
    let shown = texts.len().min(MOST_CHOICES);
    let Some((last, first)) = texts[..shown].split_last() else {
        return "nothing that TOML could say".to_owned();
    };
    if shown < texts.len() {
        return format!(
            "one of {}, {last} and {} more",
            first.join(", "),
            texts.len() - shown
        );
    }
    if first.is_empty() {
        last.clone()
    } else {
        format!("{} or {last}", first.join(", "))
    }
}

fn collect(tables: &Tables, of_type: TypeId, texts: &mut Vec<String>, depth: usize) {
    let mut add = |text: String| {
        if !texts.contains(&text) {
            texts.push(text);
        }
    };
    match tables.kind(of_type) {
        Type::Anything => add("anything".to_owned()),
        Type::Boolean => add("true or false".to_owned()),
        Type::Integer { least, most } => add(match (least, most) {
            (None, None) => "a whole number".to_owned(),
            (Some(least), None) => format!("a whole number of at least {least}"),
            (None, Some(most)) => format!("a whole number of at most {most}"),
            (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        }),
        Type::Float => add("a number with a point, such as 1.5".to_owned()),
        Type::Text(Text::Any) => add("a string".to_owned()),
        Type::Text(Text::NotEmpty) => add("a string that is not empty".to_owned()),
        Type::Text(Text::OneLine) => add("a string of one line".to_owned()),
        Type::Text(Text::Field) => add("a string without colons and line breaks".to_owned()),
        Type::Text(Text::Matching(pattern)) => {
            let pattern = tables.word(*pattern);
            add(if pattern.chars().count() > LONGEST_PATTERN {
                "a string of a form of its own".to_owned()
            } else {
                format!("a string of the form {pattern}")
            });
        }
        Type::Path {
            is_absolute: Some(true),
        } => add("a path from the root, such as \"/srv\"".to_owned()),
        Type::Path { .. } => add("a path".to_owned()),
        Type::Package => add("a package, which TOML cannot name".to_owned()),
        Type::Function => add("a function, which TOML cannot say".to_owned()),
        Type::Choice(words) => {
            for word in words {
                add(self::word(tables, word));
            }
        }
        Type::List { element, is_filled } => {
            let what = if *is_filled {
                "an array that is not empty"
            } else {
                "an array"
            };
            let each = of_each(tables, *element);
            add(format!("{what}{each}"));
        }
        Type::Table { element } => add(format!("a table{}", of_each(tables, *element))),
        Type::Attributes | Type::Submodule { .. } | Type::System => add("a table".to_owned()),
        Type::Tagged { set } => {
            let names = tables.entries(*set).iter();
            let names: Vec<String> = names
                .map(|(name, _)| tables.word(*name).to_owned())
                .collect();
            add(format!("a table with just one of {}", names.join(", ")));
        }
        Type::Nullable(inner) => collect(tables, *inner, texts, depth),
        Type::OneOf(choices) if depth < MOST_CHOICES => {
            for &choice in choices {
                collect(tables, choice, texts, depth + 1);
            }
        }
        Type::OneOf(_) => {}
    }
}

/// `, each a string`, where that is short.
fn of_each(tables: &Tables, element: TypeId) -> String {
    match tables.kind(element) {
        Type::Boolean
        | Type::Integer { .. }
        | Type::Float
        | Type::Text(_)
        | Type::Path { .. }
        | Type::Package
        | Type::Submodule { .. }
        | Type::Attributes => format!(" of which each is {}", wanted(tables, element)),
        _ => String::new(),
    }
}

fn word(tables: &Tables, word: &Word) -> String {
    match word {
        Word::Text(text) => string(tables.word(*text)),
        Word::Integer(number) => number.to_string(),
        Word::Boolean(value) => value.to_string(),
    }
}

/// What to write instead, in TOML; none where that would be a guess.
pub(super) fn remedy(tables: &Tables, of_type: TypeId, node: &Node) -> Option<String> {
    match (tables.kind(of_type), &node.value) {
        (Type::Nullable(inner), _) => remedy(tables, *inner, node),
        (Type::OneOf(choices), _) => choices
            .iter()
            .find_map(|&choice| remedy(tables, choice, node)),
        (Type::Boolean, Value::String(given)) => match given.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true".to_owned()),
            "false" | "no" | "off" | "0" => Some("false".to_owned()),
            _ => None,
        },
        (Type::Boolean, Value::Integer(given @ (0 | 1))) => Some((*given == 1).to_string()),
        (Type::Integer { .. }, Value::String(given)) => {
            let number: i64 = given.trim().parse().ok()?;
            let number = Value::Integer(number);
            let fits = Node {
                at: node.at,
                value: number,
            };
            takes(tables, tables.kind(of_type), &fits).then(|| shown(&fits.value))?
        }
        (Type::Float, Value::Integer(given)) => Some(format!("{given}.0")),
        (Type::Text(kind), Value::Integer(_) | Value::Boolean(_) | Value::Float(_)) => {
            let text = shown(&node.value)?;
            matches!(
                kind,
                Text::Any | Text::NotEmpty | Text::OneLine | Text::Field
            )
            .then(|| string(&text))
        }
        (Type::Choice(words), Value::String(given)) => {
            let texts = words.iter().filter_map(|word| match word {
                Word::Text(text) => Some(tables.word(*text)),
                _ => None,
            });
            nearest(given, texts).map(string)
        }
        (Type::List { element, .. }, given) if !matches!(given, Value::Array(_)) => {
            let one = if takes(tables, tables.kind(*element), node) {
                shown(given)
            } else {
                remedy(tables, *element, node)
            };
            Some(format!("[{}]", one?))
        }
        _ => None,
    }
}

/// A short value as TOML.
pub(super) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(string(text)),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Date(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn string(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
