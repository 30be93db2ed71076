//! The hosts of a tree, evaluated and described.

use std::collections::BTreeMap;

use nix_eval::eval::R;
use nix_eval::position::{Origin, Position};
use nix_eval::{Evaluator, Value};

use super::snapshot::Host;
use super::store_text;
use crate::check::{Failed, Prepared};

/// The expression that describes a system.
const DESCRIBE: &str = include_str!("describe.nix");

/// Hosts by name; those that do not evaluate with the reason.
pub(crate) type Hosts = BTreeMap<String, Result<Host, Failed>>;

/// Describes hosts, side by side.
pub(crate) fn describe(prepared: &Prepared, hosts: &[String]) -> Hosts {
    let described = prepared.each_host(hosts, |evaluator, config| {
        let json = description(evaluator, config)?;
        let texts = store_text::reached(evaluator, &json);
        Ok((json, texts))
    });
    described
        .into_iter()
        .map(|(name, outcome)| {
            let host = outcome.and_then(|(json, texts)| {
                let system = serde_json::from_str(&json).map_err(|error| Failed {
                    message: format!("the description of {name} cannot be read: {error}"),
                    report: String::new(),
                })?;
                Ok(Host { system, texts })
            });
            (name, host)
        })
        .collect()
}

fn description(evaluator: &mut Evaluator, config: Value) -> R<String> {
    let describe = evaluator.eval_text(DESCRIBE.as_bytes(), Origin::String, b"/")?;
    let described = evaluator.call(describe, &[config], Position::NONE)?;
    let text = evaluator.text_of(described, "while describing a system")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
