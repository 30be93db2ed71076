//! Allow lists: what is on them, where each is used, and through which holes others get in.

use std::collections::BTreeMap;

use serde::Serialize;

use super::words::{Link, anchor};
use crate::fleet::{Fleet, Instance, Name};

/// An allow list.
#[derive(Debug, Serialize)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) anchor: String,
    /// What is written in it, in order.
    pub(super) domains: Vec<String>,
    pub(super) subdomains: bool,
    /// Lists that it contains.
    pub(super) contains: Vec<Link>,
    /// All domains, those of lists in it too.
    pub(super) total: usize,
    pub(super) uses: Vec<Use>,
}

/// Instances that use a list in one way.
#[derive(Debug, Serialize)]
pub(super) struct Use {
    pub(super) instances: Vec<Link>,
    /// `join` or `apply`.
    pub(super) may: &'static str,
    pub(super) holes: Vec<&'static str>,
}

/// Who comes in, as links to lists; nobody by default.
#[derive(Debug, Default, Serialize)]
pub(super) struct Who {
    pub(super) join: Vec<Link>,
    pub(super) apply: Vec<Link>,
    pub(super) holes: Vec<&'static str>,
}

impl Who {
    pub(super) fn of(fleet: &Fleet, instance: &Instance) -> Self {
        Self {
            join: links(&instance.signup.join),
            apply: links(&instance.signup.apply),
            holes: holes(fleet, instance),
        }
    }
}

fn links(lists: &[Name]) -> Vec<Link> {
    if lists.iter().any(|list| &**list == "anyone") {
        return vec![Link::plain("anyone")];
    }
    lists.iter().map(|list| Link::to("list", list)).collect()
}

pub(super) fn holes(fleet: &Fleet, instance: &Instance) -> Vec<&'static str> {
    let holes = fleet.holes_of(instance);
    holes.iter().map(crate::fleet::Hole::in_general).collect()
}

/// Lists, each with those of the instances that use it, directly or by way of another list;
/// `called` says what an instance is called.
pub(super) fn lists<'a>(
    fleet: &'a Fleet,
    instances: impl Iterator<Item = (&'a Name, &'a Instance)>,
    shown: impl Fn(&Name) -> bool,
    called: impl Fn(&Name, &Instance) -> String,
) -> Vec<List> {
    let mut uses: BTreeMap<&Name, Vec<Use>> = BTreeMap::new();
    for (name, instance) in instances {
        let holes = holes(fleet, instance);
        for (may, lists) in [
            ("join", &instance.signup.join),
            ("apply", &instance.signup.apply),
        ] {
            for list in within(fleet, lists) {
                let link = Link {
                    text: called(name, instance),
                    anchor: Some(anchor("instance", name)),
                };
                let known = uses.entry(list).or_default();
                let alike = known
                    .iter_mut()
                    .find(|known| known.may == may && known.holes == holes);
                match alike {
                    Some(alike) => alike.instances.push(link),
                    None => known.push(Use {
                        instances: vec![link],
                        may,
                        holes: holes.clone(),
                    }),
                }
            }
        }
    }
    let lists = fleet.model.allowlists.iter();
    lists
        .filter(|(name, _)| shown(name))
        .map(|(name, list)| {
            let own = fleet.lists.get(name).into_iter().flatten();
            List {
                name: name.to_string(),
                anchor: anchor("list", name),
                domains: own.map(|(domain, _)| domain.to_string()).collect(),
                subdomains: list.subdomains,
                contains: links(&list.lists),
                total: fleet
                    .domains_of(std::slice::from_ref(name))
                    .map_or(0, |domains| domains.len()),
                uses: uses.remove(name).unwrap_or_default(),
            }
        })
        .collect()
}

/// Lists, and the lists they contain, each once.
pub(super) fn within<'a>(fleet: &'a Fleet, names: &'a [Name]) -> Vec<&'a Name> {
    let mut found: Vec<&Name> = Vec::new();
    let mut waiting: Vec<&Name> = names.iter().rev().collect();
    while let Some(name) = waiting.pop() {
        if let Some(list) = fleet.model.allowlists.get(name)
            && !found.contains(&name)
        {
            found.push(name);
            waiting.extend(list.lists.iter().rev());
        }
    }
    found
}
