//! What changes for people between two states of a fleet.
//!
//! Only what `coop.toml` decides: who may join, who is blocked and why, what is kept how long,
//! which DNS records to set. What changes on a host is worked out elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Section;
use crate::fleet::{FederationMode, Fleet, Instance, word};

/// The difference in people's words; empty where nothing changes for anybody.
#[must_use]
pub fn in_words(old: &Fleet, new: &Fleet) -> Vec<Section> {
    let mut sections = Vec::new();
    let names: BTreeSet<_> = old
        .model
        .instances
        .keys()
        .chain(new.model.instances.keys())
        .collect();
    for name in names {
        let before = old.model.instances.get(name);
        let after = new.model.instances.get(name);
        let lines = match (before, after) {
            (None, Some(after)) => arrived(new, after),
            (Some(before), None) => left(before),
            (Some(before), Some(after)) => changed((old, before), (new, after)),
            (None, None) => Vec::new(),
        };
        section(&mut sections, name, lines);
    }
    let records = records(new);
    let known = self::records(old);
    let mut lines: Vec<String> = records
        .difference(&known)
        .map(|record| format!("set {record}"))
        .collect();
    lines.extend(
        known
            .difference(&records)
            .map(|record| format!("may be removed: {record}")),
    );
    section(&mut sections, "DNS", lines);
    sections
}

fn section(sections: &mut Vec<Section>, title: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        sections.push(Section {
            title: title.to_owned(),
            lines,
        });
    }
}

fn arrived(fleet: &Fleet, instance: &Instance) -> Vec<String> {
    let mut lines = vec![format!(
        "is new: {} at {}",
        word(instance.service),
        instance.domain
    )];
    for (domain, list) in who(fleet, instance) {
        lines.push(format!("{domain} {list}"));
    }
    if instance.is_deployed() {
        lines.extend(blocks(fleet, instance).into_values());
    }
    lines
}

fn left(instance: &Instance) -> Vec<String> {
    let mut lines = vec![format!("is gone: {} no longer answers", instance.domain)];
    if let Some(host) = instance.host.as_ref().filter(|_| instance.is_deployed()) {
        lines.push(format!(
            "its data stays on {host} until somebody deletes it by hand"
        ));
    }
    lines
}

fn changed((old, before): (&Fleet, &Instance), (new, after): (&Fleet, &Instance)) -> Vec<String> {
    let mut lines = Vec::new();
    let (had, has) = (who(old, before), who(new, after));
    for (domain, may) in &has {
        if had.get(domain) != Some(may) {
            lines.push(format!("{domain} {may}"));
        }
    }
    for domain in had.keys().filter(|domain| !has.contains_key(*domain)) {
        lines.push(format!(
            "{domain} can no longer come in; who is a member stays one"
        ));
    }
    if before.invites != after.invites {
        lines.push(
            if after.invites {
                "members may invite others, past every list"
            } else {
                "members may no longer invite"
            }
            .into(),
        );
    }
    if after.is_deployed() {
        let (had, has) = (blocks(old, before), blocks(new, after));
        let suspends: Vec<_> = new
            .blocks_of(after)
            .into_iter()
            .filter(|(domain, blocked)| {
                word(blocked.block.severity) == "suspend"
                    && old
                        .blocks_of(before)
                        .get(domain)
                        .is_none_or(|known| word(known.block.severity) != "suspend")
            })
            .collect();
        lines.extend(
            has.iter()
                .filter(|(domain, line)| had.get(*domain) != Some(line))
                .map(|(_, line)| line.clone()),
        );
        if !suspends.is_empty() {
            lines.push("ALARM: a suspension severs follows in both directions for good; lifting it brings none back".into());
        }
        lines.extend(
            had.keys()
                .filter(|domain| !has.contains_key(*domain))
                .map(|domain| format!("{domain} is no longer blocked")),
        );
        keeping(before, after, &mut lines);
    }
    lines
}

fn keeping(before: &Instance, after: &Instance, lines: &mut Vec<String>) {
    let (old, new) = (&before.cache, &after.cache);
    if old.keep_days != new.keep_days || old.budget_gb != new.budget_gb {
        lines.push(format!(
            "other servers' media are kept {} days and at most {} GB (were {} days, {} GB)",
            new.keep_days, new.budget_gb, old.keep_days, old.budget_gb
        ));
    }
    let backup = |instance: &Instance| {
        instance
            .backup
            .as_ref()
            .map(|plan| format!("to {} at {}, tried out {}", plan.to, plan.at, plan.drill))
    };
    if backup(before) != backup(after) {
        lines.push(match backup(after) {
            Some(plan) => format!("is backed up {plan}"),
            None => "is no longer backed up".into(),
        });
    }
    if before.federation_mode() != after.federation_mode() {
        lines.push(match after.federation_mode() {
            FederationMode::Open => "talks to every server that is not blocked".into(),
            FederationMode::Limited => "talks to allowed servers only".into(),
        });
    }
    if before.stage != after.stage {
        lines.push(format!(
            "is now {} (was {})",
            word(after.stage),
            word(before.stage)
        ));
    }
}

/// What each domain may do, `anyone` included.
fn who(fleet: &Fleet, instance: &Instance) -> BTreeMap<String, &'static str> {
    let mut found = BTreeMap::new();
    for (lists, may) in [
        (&instance.signup.apply, "may apply"),
        (&instance.signup.join, "may join"),
    ] {
        match fleet.domains_of(lists) {
            None => {
                found.insert("anyone".to_owned(), may);
            }
            Some(domains) => {
                for (domain, admission) in domains {
                    let below = if admission.subdomains {
                        " and its subdomains"
                    } else {
                        ""
                    };
                    found.insert(format!("{domain}{below}"), may);
                }
            }
        }
    }
    found
}

fn blocks(fleet: &Fleet, instance: &Instance) -> BTreeMap<String, String> {
    let blocks = fleet.blocks_of(instance).into_iter();
    blocks
        .map(|(domain, blocked)| {
            let how = match word(blocked.block.severity).as_str() {
                "suspend" => "is blocked",
                "silence" => "is silenced",
                _ => "is watched",
            };
            let ground = blocked
                .block
                .ground
                .map_or_else(String::new, |ground| format!(" for {}", word(ground)));
            let reason = blocked
                .block
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| format!(": {reason}"));
            (
                domain.to_string(),
                format!("{domain} {how}{ground} by {}{reason}", blocked.policy),
            )
        })
        .collect()
}

fn records(fleet: &Fleet) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for instance in fleet
        .model
        .instances
        .values()
        .filter(|instance| instance.is_deployed())
    {
        let Some(host) = instance
            .host
            .as_ref()
            .and_then(|host| fleet.model.hosts.get(host))
        else {
            continue;
        };
        for domain in std::iter::once(&instance.domain).chain(&instance.web_domain) {
            if let Some(address) = &host.ipv4 {
                found.insert(format!("{domain}. A {address}"));
            }
            if let Some(address) = &host.ipv6 {
                found.insert(format!("{domain}. AAAA {address}"));
            }
        }
    }
    found
}
