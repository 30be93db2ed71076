//! `coop show NAME`: an instance with all its values, and where each came from.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;
use serde_json::Value as Json;

use super::{Context, Verdict};
use crate::fleet::{Fleet, Instance, Service, nearest};

/// The most names that are listed.
const MOST: usize = 20;

/// Show an instance with all defaults, and where each value came from
#[derive(Args)]
pub(super) struct Show {
    /// The instance's name
    name: String,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let Some(fleet) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let Some(instance) = fleet.model.instances.get(self.name.as_str()) else {
            let names: Vec<&str> = fleet.model.instances.keys().map(|name| &**name).collect();
            bail!(
                "there is no instance {}; {}",
                self.name,
                remedy(&self.name, &names)
            );
        };
        let mut rows = Vec::new();
        leaves(
            &fleet,
            &mut vec!["instances", &self.name],
            &serde_json::to_value(instance)?,
            &mut rows,
        );
        let width = rows
            .iter()
            .map(|(text, _)| text.chars().count())
            .filter(|width| *width < 60)
            .max()
            .unwrap_or(0);
        let mut text = format!("[instances.{}]\n", self.name);
        for (row, origin) in rows {
            let _ = writeln!(text, "{row:width$}  # {origin}");
        }
        text.push_str(&consequences(&fleet, instance));
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}

/// What there is instead: the nearest name if one was meant, and the others as far as there is room.
fn remedy(name: &str, names: &[&str]) -> String {
    let mut listed = names
        .iter()
        .take(MOST)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MOST {
        let _ = write!(listed, " and {} more", names.len() - MOST);
    }
    match (nearest(name, names.iter().copied()), names) {
        (_, []) => "coop.toml has none yet: see `coop add instance --help`".to_owned(),
        (Some(near), _) => format!("did you mean {near}? There are {listed}"),
        (None, [only]) => format!("there is only {only}"),
        (None, _) => format!("there are {listed}"),
    }
}

fn leaves(fleet: &Fleet, path: &mut Vec<&str>, value: &Json, rows: &mut Vec<(String, String)>) {
    match value {
        Json::Null => {}
        Json::Object(inner) => {
            for (key, value) in inner {
                // The borrow of `key` ends with this call.
                let mut path: Vec<&str> = path.clone();
                path.push(key);
                leaves(fleet, &mut path, value, rows);
            }
        }
        value => {
            let origin = match fleet.tree.get(path) {
                Some(node) => fleet.sources.describe(node.at),
                None => "default".into(),
            };
            let shown = match value {
                Json::Array(items) => {
                    format!(
                        "[{}]",
                        items
                            .iter()
                            .map(Json::to_string)
                            .collect::<Vec<_>>()
                            .join(", ")
                    )
                }
                other => other.to_string(),
            };
            rows.push((format!("{} = {shown}", path[2..].join(".")), origin));
        }
    }
}

/// What follows from the values: the list in the service's dialect, the blocks.
fn consequences(fleet: &Fleet, instance: &Instance) -> String {
    let mut text = String::new();
    if !instance.signup.join.is_empty() {
        match fleet.domains_of(&instance.signup.join) {
            None => text.push_str("\n# Anyone may join.\n"),
            Some(domains) => {
                let names: Vec<String> = domains.keys().map(ToString::to_string).collect();
                let wildcards = || {
                    domains.iter().flat_map(|(domain, admission)| {
                        std::iter::once(domain.to_string())
                            .chain(admission.subdomains.then(|| format!("*.{domain}")))
                    })
                };
                let dialect = match instance.service {
                    Service::Mastodon => format!("EMAIL_DOMAIN_ALLOWLIST={}", names.join("|")),
                    Service::Forgejo => format!(
                        "EMAIL_DOMAIN_ALLOWLIST = {}",
                        wildcards().collect::<Vec<_>>().join(",")
                    ),
                    Service::Discourse => format!("allowed_email_domains: {}", names.join("|")),
                    Service::Mattermost => {
                        format!("RestrictCreationToDomains: {}", names.join(","))
                    }
                    Service::Gitlab => format!(
                        "gitlab-rails runner 'ApplicationSetting.current.update!(domain_allowlist: %w[{}])'",
                        wildcards().collect::<Vec<_>>().join(" ")
                    ),
                    Service::Prosody | Service::Gotosocial => "it has no allow list".into(),
                };
                let _ = write!(
                    text,
                    "\n# Its allow list, as the service writes it:\n{dialect}\n"
                );
            }
        }
    }
    let mut blocks = fleet.blocks_of(instance);
    if instance.service != Service::Mastodon {
        blocks.clear();
    }
    if !blocks.is_empty() {
        text.push_str("\n# Blocks that hold for it:\n");
        for (domain, blocked) in blocks {
            let severity = crate::fleet::word(blocked.block.severity);
            let ground = blocked.block.ground.map_or_else(String::new, |ground| {
                format!(", {}", crate::fleet::word(ground))
            });
            let _ = writeln!(
                text,
                "{severity} {domain}{ground}  # {} ({})",
                blocked.policy,
                fleet.sources.describe(blocked.at)
            );
        }
    }
    text
}
