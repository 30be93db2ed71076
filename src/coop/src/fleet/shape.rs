//! Checks a tree against the JSON Schema of the model: every unknown key, wrong type and text that
//! is not of its kind, all at once.
//!
//! What is wrong is taken out of the tree, so that what remains can still be checked further.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::model::{Model, OWN_KEYS};
use super::text;
use super::tree::{Entry, Node, Table, Value};
use crate::diagnostics::{Code, Diagnostic, Origin};

/// The JSON Schema of the model.
pub static SCHEMA: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Model).to_value());

/// Checks a whole file's tree and takes out what is wrong.
pub(super) fn check(node: &mut Node, findings: &mut Vec<Diagnostic>) {
    Shape { findings }.node(node, &SCHEMA, &mut Vec::new());
}

/// Checks that a merged instance has what it needs, and takes out tables that do not.
pub(super) fn check_merged(name: &str, entry: &mut Entry, findings: &mut Vec<Diagnostic>) -> bool {
    let schema = resolve(&SCHEMA["properties"]["instances"]["additionalProperties"]);
    let mut shape = Shape { findings };
    let mut path = vec!["instances".to_owned(), name.to_owned()];
    if !shape.complete(&entry.node, entry.key, &required(schema), &path) {
        return false;
    }
    let Value::Table(table) = &mut entry.node.value else {
        return false;
    };
    table.retain(|key, inner| {
        path.push(key.clone());
        let wanted = required(resolve(&schema["properties"][key.as_str()]));
        let complete = shape.complete(&inner.node, inner.key, &wanted, &path);
        path.pop();
        complete
    });
    true
}

struct Shape<'a> {
    findings: &'a mut Vec<Diagnostic>,
}

/// Follows `$ref`, and `anyOf` with null, to the schema that says something.
pub fn resolve(mut schema: &Json) -> &Json {
    loop {
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let found = reference
                .strip_prefix('#')
                .and_then(|pointer| SCHEMA.pointer(pointer));
            match found {
                Some(found) => schema = found,
                None => return schema,
            }
        } else if let Some(choices) = schema.get("anyOf").and_then(Json::as_array) {
            match choices
                .iter()
                .find(|choice| choice.get("type") != Some(&"null".into()))
            {
                Some(choice) => schema = choice,
                None => return schema,
            }
        } else {
            return schema;
        }
    }
}

/// The words that a schema takes, where it takes only some.
pub fn words(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        return Some(words.iter().filter_map(Json::as_str).collect());
    }
    let choices = schema.get("oneOf").and_then(Json::as_array)?;
    Some(
        choices
            .iter()
            .flat_map(|choice| match choice.get("enum").and_then(Json::as_array) {
                Some(words) => words.iter().filter_map(Json::as_str).collect(),
                None => choice
                    .get("const")
                    .and_then(Json::as_str)
                    .into_iter()
                    .collect::<Vec<_>>(),
            })
            .collect(),
    )
}

/// The first type that a schema names, null aside.
pub fn kind(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::String(kind)) => kind,
        Some(Json::Array(kinds)) => kinds
            .iter()
            .filter_map(Json::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or(""),
        _ => "",
    }
}

/// The nearest of some words, if one is near enough to have been meant.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

impl Shape<'_> {
    /// Whether the node may stay.
    fn node(&mut self, node: &mut Node, schema: &Json, path: &mut Vec<String>) -> bool {
        let schema = resolve(schema);
        if let Some(words) = words(schema) {
            return self.one_of(node, &words, path);
        }
        match (kind(schema), &mut node.value) {
            ("object", Value::Table(table)) => {
                self.table(table, schema, path);
                true
            }
            ("array", Value::Array(items)) => {
                let item_schema = schema.get("items").unwrap_or(&Json::Bool(true));
                let mut place = 0;
                items.retain_mut(|item| {
                    path.push(place.to_string());
                    place += 1;
                    let good = self.node(item, item_schema, path);
                    path.pop();
                    good
                });
                true
            }
            ("string", Value::String(text)) => match Self::text(text, schema) {
                Ok(canonical) => {
                    *text = canonical;
                    true
                }
                Err(refusal) => {
                    let key = path.join(".");
                    self.findings.push(
                        Diagnostic::new(refusal.code, format!("{key}: {}", refusal.message))
                            .at(node.at, "")
                            .help(refusal.help),
                    );
                    false
                }
            },
            ("string", Value::Date(text)) if is_day(schema) => {
                match text::parse("coop-day", text) {
                    Ok(_) => true,
                    Err(refusal) => {
                        let key = path.join(".");
                        self.findings.push(
                            Diagnostic::new(refusal.code, format!("{key}: {}", refusal.message))
                                .at(node.at, "")
                                .help(refusal.help),
                        );
                        false
                    }
                }
            }
            ("integer", Value::Integer(number)) => {
                let number = *number;
                self.range(node, number, schema, path)
            }
            ("boolean", Value::Boolean(_)) | ("", _) => true,
            _ => {
                self.wrong_type(node, schema, path);
                false
            }
        }
    }

    fn text(text: &str, schema: &Json) -> Result<String, text::Refusal> {
        let format = schema
            .get("format")
            .and_then(Json::as_str)
            .unwrap_or("coop-word");
        text::parse(format, text)
    }

    fn one_of(&mut self, node: &Node, words: &[&str], path: &[String]) -> bool {
        let key = path.join(".");
        let listed = words
            .iter()
            .map(|word| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(", ");
        match &node.value {
            Value::String(text) if words.contains(&text.as_str()) => return true,
            Value::String(text) => {
                let help = match nearest(text, words.iter().copied()) {
                    Some(word) => format!("did you mean \"{word}\"? There are {listed}"),
                    None => format!("use one of {listed}"),
                };
                let shown: String = text.chars().take(40).collect();
                self.findings.push(
                    Diagnostic::new(Code::NotOneOf, format!("{key}: there is no \"{shown}\""))
                        .at(node.at, "")
                        .help(help),
                );
            }
            other => self.findings.push(
                Diagnostic::new(
                    Code::WrongType,
                    format!("{key}: expected a string, found {}", other.kind()),
                )
                .at(node.at, "")
                .help(format!("use one of {listed}")),
            ),
        }
        false
    }

    fn range(&mut self, node: &Node, number: i64, schema: &Json, path: &[String]) -> bool {
        let bound = |key: &str| {
            schema
                .get(key)
                .and_then(Json::as_f64)
                .map(|bound| bound as i64)
        };
        let least = bound("minimum").unwrap_or(0);
        let most = bound("maximum").unwrap_or(i64::from(u32::MAX));
        if (least..=most).contains(&number) {
            return true;
        }
        let key = path.join(".");
        self.findings.push(
            Diagnostic::new(
                Code::OutOfRange,
                format!("{key}: the number is out of range"),
            )
            .at(node.at, "")
            .help(format!("use a number from {least} to {most}")),
        );
        false
    }

    fn wrong_type(&mut self, node: &Node, schema: &Json, path: &[String]) {
        let key = path.join(".");
        let last = path.last().map_or("key", String::as_str);
        let is_secret = schema.pointer("/properties/secret").is_some();
        if is_secret && matches!(node.value, Value::String(_)) {
            self.findings.push(
                Diagnostic::new(
                    Code::LiteralSecret,
                    format!("{key}: a secret is written here"),
                )
                .at(node.at, "this would be readable for everybody")
                .help(format!("name it: {last} = {{ secret = \"some-name\" }}")),
            );
            return;
        }
        let (wanted, example) = match kind(schema) {
            "object" => (
                "a table",
                format!("write it as a table: {last} = {{ … }} or [{key}]"),
            ),
            "array" => (
                "an array",
                match &node.value {
                    Value::String(text) if text.len() < 60 => {
                        format!("put it in brackets: {last} = [\"{text}\"]")
                    }
                    _ => format!("write it as an array: {last} = [\"…\"]"),
                },
            ),
            "integer" => (
                "a whole number",
                match &node.value {
                    Value::String(text) if text.parse::<i64>().is_ok() => {
                        format!("leave out the quotes: {last} = {text}")
                    }
                    _ => format!("write a whole number: {last} = 14"),
                },
            ),
            "boolean" => (
                "a boolean",
                format!("write {last} = true or {last} = false"),
            ),
            _ if is_day(schema) => ("a date", format!("write it like {last} = 2026-10-03")),
            _ => {
                let format = schema
                    .get("format")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                let example = text::FORMATS.iter().find(|(known, _)| *known == format);
                let example = example.map_or("…", |(_, example)| example);
                (
                    "a string",
                    format!("write it in quotes: {last} = \"{example}\""),
                )
            }
        };
        self.findings.push(
            Diagnostic::new(
                Code::WrongType,
                format!("{key}: expected {wanted}, found {}", node.value.kind()),
            )
            .at(node.at, format!("expected {wanted}"))
            .help(example),
        );
    }

    fn table(&mut self, table: &mut Table, schema: &Json, path: &mut Vec<String>) {
        let properties = schema.get("properties").and_then(Json::as_object);
        // A map of declared things, or of any options.
        let Some(properties) = properties else {
            let Some(each) = schema
                .get("additionalProperties")
                .filter(|each| each.is_object())
            else {
                return;
            };
            table.retain(|name, entry| {
                if let Err(refusal) = text::name(name) {
                    self.findings.push(
                        Diagnostic::new(refusal.code, refusal.message)
                            .at(entry.key, "")
                            .help(refusal.help),
                    );
                    return false;
                }
                path.push(name.clone());
                let good = self.node(&mut entry.node, each, path);
                path.pop();
                good
            });
            // A thing that lacks what it needs is left out; it stays declared (see `validate`).
            let required = required(resolve(each));
            let instances = path.as_slice() == ["instances"];
            if !instances {
                table.retain(|name, entry| {
                    path.push(name.clone());
                    let complete = self.complete(&entry.node, entry.key, &required, path);
                    path.pop();
                    complete
                });
            }
            return;
        };
        table.retain(|key, entry| {
            let Some(inner) = properties.get(key) else {
                self.unknown(key, entry.key, properties, path);
                return false;
            };
            path.push(key.clone());
            let good = self.node(&mut entry.node, inner, path);
            if good && let Value::Array(items) = &mut entry.node.value {
                let each = properties
                    .get(key)
                    .map(resolve)
                    .and_then(|inner| inner.get("items"));
                let wanted = each.map(|each| required(resolve(each))).unwrap_or_default();
                let mut number = 0;
                items.retain(|item| {
                    path.push(number.to_string());
                    number += 1;
                    let complete = self.complete(item, item.at, &wanted, path);
                    path.pop();
                    complete
                });
            }
            // One level down: tables such as `keep`. Those of an instance may be completed by its
            // profile, so they are looked at after merging.
            let merged_later = matches!(
                path.first().map(String::as_str),
                Some("instances" | "profiles")
            );
            let good = good && {
                let wanted = required(resolve(inner));
                let is_table = matches!(entry.node.value, Value::Table(_));
                let is_fixed = resolve(inner).get("properties").is_some();
                merged_later
                    || !is_table
                    || !is_fixed
                    || self.complete(&entry.node, entry.key, &wanted, path)
            };
            path.pop();
            good
        });
    }

    /// Whether a table has all the keys it needs; says which it lacks.
    fn complete(&mut self, node: &Node, at: Origin, required: &[String], path: &[String]) -> bool {
        let Value::Table(table) = &node.value else {
            return true;
        };
        let mut complete = true;
        for key in required {
            if table.contains_key(key) {
                continue;
            }
            complete = false;
            // A key that is there but wrong was already spoken of.
            let whole = format!("{}.{key}", path.join("."));
            if self
                .findings
                .iter()
                .any(|finding| finding.message.starts_with(&whole))
            {
                continue;
            }
            self.findings.push(missing(&path.join("."), key, at));
        }
        complete
    }

    fn unknown(
        &mut self,
        key: &str,
        at: Origin,
        properties: &serde_json::Map<String, Json>,
        path: &[String],
    ) {
        let place = path.join(".");
        if path.first().is_some_and(|first| first == "profiles") && OWN_KEYS.contains(&key) {
            self.findings.push(
                Diagnostic::new(
                    Code::SharedOnce,
                    format!("{place}: instances cannot share `{key}`"),
                )
                .at(at, "")
                .help("write it in the instance itself"),
            );
            return;
        }
        let shown: String = key.chars().take(60).collect();
        let message = if path.is_empty() {
            format!("there is no key `{shown}`")
        } else {
            format!("{place}: there is no key `{shown}`")
        };
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        let help = match nearest(key, names.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("the keys here are {}", names.join(", ")),
        };
        self.findings.push(
            Diagnostic::new(Code::UnknownKey, message)
                .at(at, "")
                .help(help),
        );
    }
}

fn is_day(schema: &Json) -> bool {
    schema.get("format").and_then(Json::as_str) == Some("coop-day")
}

fn required(schema: &Json) -> Vec<String> {
    let keys = schema.get("required").and_then(Json::as_array);
    keys.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect()
}

/// The finding for a key that is missing, with an example of it.
pub(super) fn missing(place: &str, key: &str, at: Origin) -> Diagnostic {
    let example = match key {
        "service" => "\"mastodon\"",
        "domain" => "\"social.example\"",
        "email" | "contact" => "\"chris@webarch.coop\"",
        "name" => "\"Webarchitects\"",
        "nixos" => "\"26.05\"",
        "server" => "\"smtp.webarch.coop:587\"",
        "user" => "\"fleet\"",
        "repository" => "\"sftp:coop@store.example:/coop\"",
        "to" => "\"offsite\"",
        "secret" => "\"some-name\"",
        "endpoint" => "\"https://s3.example.coop\"",
        "password" | "access_key" | "secret_key" => "{ secret = \"some-name\" }",
        _ => "\"…\"",
    };
    Diagnostic::new(
        Code::MissingKey,
        format!("{place}: the key `{key}` is missing"),
    )
    .at(at, format!("needs `{key}`"))
    .help(format!("add {key} = {example}"))
}
