//! TOML as a tree in which every key and value knows the place it came from.
//!
//! Nothing here knows what the keys mean.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Code, Diagnostic, FileId, Origin};

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value is written.
    pub at: Origin,
    /// What is written.
    pub value: Value,
}

/// A key's place and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key is written.
    pub key: Origin,
    /// Its value.
    pub node: Node,
}

/// Keys and values, in the order of keys.
pub type Table = BTreeMap<String, Entry>;

/// What TOML can say.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written.
    Date(String),
    /// `[…]`
    Array(Vec<Node>),
    /// `{…}` or `[name]`
    Table(Table),
}

impl Value {
    /// The type in people's words, with its article.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The entries of a table.
    #[must_use]
    pub fn as_table(&self) -> Option<&Table> {
        if let Self::Table(table) = self {
            Some(table)
        } else {
            None
        }
    }

    /// The same without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::String(text) | Self::Date(text) => text.clone().into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Boolean(value) => (*value).into(),
            Self::Array(items) => items.iter().map(|item| item.value.to_json()).collect(),
            Self::Table(table) => serde_json::Value::Object(
                table
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.node.value.to_json()))
                    .collect(),
            ),
        }
    }
}

impl Node {
    /// The entry that a path of keys and array positions leads to.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Node> {
        let mut node = self;
        for step in path {
            node = match &node.value {
                Value::Table(table) => &table.get(*step)?.node,
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// The place of the last key of a path, or of the nearest thing above it that is written down.
    #[must_use]
    pub fn key(&self, path: &[&str]) -> Origin {
        let mut at = self.at;
        let mut node = self;
        for step in path {
            match &node.value {
                Value::Table(table) => match table.get(*step) {
                    Some(entry) => {
                        at = entry.key;
                        node = &entry.node;
                    }
                    None => return at,
                },
                Value::Array(items) => {
                    match step
                        .parse::<usize>()
                        .ok()
                        .and_then(|place| items.get(place))
                    {
                        Some(item) => {
                            at = item.at;
                            node = item;
                        }
                        None => return at,
                    }
                }
                _ => return at,
            }
        }
        at
    }

    /// The place of the value at a path, or of the nearest thing above it that is written down.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> Origin {
        self.get(path)
            .map_or_else(|| self.key(path), |node| node.at)
    }
}

/// Parses a file. What can be understood is returned even where something else cannot.
pub(super) fn parse(file: FileId, text: &str, findings: &mut Vec<Diagnostic>) -> Node {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = Origin::new(file, &error.span().unwrap_or(0..0));
        let message = error
            .message()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        findings.push(
            Diagnostic::new(Code::Syntax, format!("not TOML: {message}"))
                .at(at, "")
                .help("look for a missing quote, comma or bracket here or just before"),
        );
    }
    let at = Origin::new(file, &(0..0));
    Node {
        at,
        value: table(file, document.into_inner()),
    }
}

fn table(file: FileId, table: DeTable<'_>) -> Value {
    let entries = table.into_iter().map(|(key, value)| {
        let origin = Origin::new(file, &key.span());
        (
            key.into_inner().into_owned(),
            Entry {
                key: origin,
                node: node(file, value),
            },
        )
    });
    Value::Table(entries.collect())
}

fn node(file: FileId, value: toml::Spanned<DeValue<'_>>) -> Node {
    let at = Origin::new(file, &value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => {
            match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                // Beyond 64 bits: every range check refuses it, and the shape is still a number.
                Err(_) => Value::Integer(i64::MAX),
            }
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.into_iter().map(|item| node(file, item)).collect())
        }
        DeValue::Table(entries) => table(file, entries),
    };
    Node { at, value }
}
