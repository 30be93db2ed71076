//! The reference page of `coop.toml`, from the same types as the JSON Schema.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::shape::{SCHEMA, kind, resolve, words};
use super::text::FORMATS;

/// Every key in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# coop.toml\n\n\
         <!-- Made by `coop schema --markdown`. -->\n\n\
         Every key that `coop.toml` knows. Names are declared in tables such as `[people.chris]`\n\
         and used by name. A key without a default may be left out unless it is marked *needed*.\n",
    );
    section(&mut page, "", &SCHEMA);
    page
}

fn section(page: &mut String, path: &str, schema: &Json) {
    let schema = resolve(schema);
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else {
        return;
    };
    let needed: Vec<&str> = schema
        .get("required")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let title = if path.is_empty() { "The top" } else { path };
    let _ = write!(page, "\n## {title}\n\n");
    if let Some(text) = schema.get("description").and_then(Json::as_str) {
        let _ = write!(page, "{}\n\n", one_line(text));
    }
    page.push_str("| key | type | meaning |\n|---|---|---|\n");
    let mut inner = Vec::new();
    for (key, property) in properties {
        let meaning = property
            .get("description")
            .or_else(|| resolve(property).get("description"))
            .and_then(Json::as_str)
            .map(one_line)
            .unwrap_or_default();
        let default = match property.get("default") {
            Some(default @ (Json::String(_) | Json::Number(_) | Json::Bool(_))) => {
                format!(" Default: `{default}`.")
            }
            _ => String::new(),
        };
        let mark = if needed.contains(&key.as_str()) {
            " *Needed.*"
        } else {
            ""
        };
        let _ = writeln!(
            page,
            "| `{key}` | {} | {meaning}{mark}{default} |",
            type_of(property)
        );
        if let Some((step, schema)) = below(property) {
            inner.push((
                if path.is_empty() {
                    format!("{key}{step}")
                } else {
                    format!("{path}.{key}{step}")
                },
                schema,
            ));
        }
    }
    for (path, schema) in inner {
        if path.starts_with("profiles.") {
            let _ = write!(
                page,
                "\n## {path}\n\nEvery key of an instance that instances can share.\n"
            );
        } else {
            section(page, &path, schema);
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// The table below a key, and how its path goes on.
fn below(property: &Json) -> Option<(&'static str, &Json)> {
    let schema = resolve(property);
    if schema.get("properties").is_some() {
        return Some(("", schema));
    }
    let (step, each) = match kind(schema) {
        "object" => (".NAME", schema.get("additionalProperties")?),
        "array" => ("[]", schema.get("items")?),
        _ => return None,
    };
    resolve(each).get("properties")?;
    Some((step, each))
}

fn type_of(property: &Json) -> String {
    let schema = resolve(property);
    if let Some(words) = words(schema) {
        return words
            .iter()
            .map(|word| format!("`\"{word}\"`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let format = schema
        .get("format")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let example = FORMATS
        .iter()
        .find(|(known, _)| *known == format)
        .map(|(_, example)| example);
    match (kind(schema), example) {
        ("string", Some(example)) if format == "coop-day" => format!("date, `{example}`"),
        ("string", Some(example)) => format!("string, `\"{}\"`", example.replace('|', "\\|")),
        ("integer", _) => {
            let bound = |key| {
                schema
                    .get(key)
                    .and_then(Json::as_f64)
                    .map(|bound| bound as i64)
            };
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("whole number, {least} to {most}"),
                _ => "whole number".into(),
            }
        }
        ("array", _) => {
            let each = schema.get("items").map(type_of).unwrap_or_default();
            format!("array of {each}")
        }
        ("object", _) => "table".into(),
        ("boolean", _) => "boolean".into(),
        _ => "anything".into(),
    }
}
