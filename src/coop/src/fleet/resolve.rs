//! What follows from the model: who a list admits, which blocks hold for an instance.

use std::collections::BTreeMap;

use super::model::{Block, FederationMode, Instance, Service, Stage};
use super::text::{Domain, Name};
use super::{Fleet, Policy};
use crate::diagnostics::Origin;

/// A domain on an allow list, with what admits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The list that names it.
    pub list: Name,
    /// Whether domains below it count too.
    pub subdomains: bool,
    /// Where it is written.
    pub at: Origin,
}

/// A block that holds for an instance, with the policy that says so.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// The block.
    pub block: Block,
    /// The policy.
    pub policy: Name,
    /// Where it is written.
    pub at: Origin,
}

impl Fleet {
    /// All domains of some lists and the lists they contain; nothing where `anyone` is among them.
    #[must_use]
    pub fn domains_of(&self, names: &[Name]) -> Option<BTreeMap<Domain, Admission>> {
        let mut found: BTreeMap<Domain, Admission> = BTreeMap::new();
        let mut seen: Vec<&Name> = Vec::new();
        let mut waiting: Vec<&Name> = names.iter().rev().collect();
        while let Some(name) = waiting.pop() {
            if &**name == "anyone" {
                return None;
            }
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let Some(list) = self.model.allowlists.get(name) else {
                continue;
            };
            for (domain, at) in self.lists.get(name).into_iter().flatten() {
                let admission = Admission {
                    list: name.clone(),
                    subdomains: list.subdomains,
                    at: *at,
                };
                found
                    .entry(domain.clone())
                    .and_modify(|known| known.subdomains |= list.subdomains)
                    .or_insert(admission);
            }
            waiting.extend(list.lists.iter().rev());
        }
        Some(found)
    }

    /// The admission of an address's domain by some lists: nothing, or why.
    #[must_use]
    pub fn admits(&self, names: &[Name], domain: &str) -> Option<String> {
        let Some(domains) = self.domains_of(names) else {
            return Some("the list anyone".into());
        };
        let (entry, admission) = domains.iter().find(|(entry, admission)| {
            ***entry == *domain
                || (admission.subdomains
                    && domain
                        .strip_suffix(&***entry)
                        .is_some_and(|rest| rest.ends_with('.')))
        })?;
        let below = if **entry == *domain {
            String::new()
        } else {
            format!(", which includes {entry}'s subdomains")
        };
        Some(format!(
            "the list {}{below} ({})",
            admission.list,
            self.sources.describe(admission.at)
        ))
    }

    /// The policies that hold for an instance, those everywhere first.
    #[must_use]
    pub fn policies_of(&self, instance: &Instance) -> Vec<(&Name, &Policy)> {
        let everywhere = self
            .model
            .policies
            .iter()
            .filter(|(_, policy)| policy.everywhere);
        let own = instance
            .policies
            .iter()
            .filter_map(|name| self.model.policies.get_key_value(name));
        let mut found: Vec<_> = everywhere.collect();
        for policy in own {
            if !found.iter().any(|(name, _)| *name == policy.0) {
                found.push(policy);
            }
        }
        found
    }

    /// The blocks that hold for an instance; where policies differ on a domain, the strictest.
    #[must_use]
    pub fn blocks_of(&self, instance: &Instance) -> BTreeMap<Domain, Blocked> {
        let mut found: BTreeMap<Domain, Blocked> = BTreeMap::new();
        for (policy, _) in self.policies_of(instance) {
            for (block, at) in self.blocks.get(policy).into_iter().flatten() {
                let new = Blocked {
                    block: block.clone(),
                    policy: policy.clone(),
                    at: *at,
                };
                match found.get_mut(&block.domain) {
                    None => {
                        found.insert(block.domain.clone(), new);
                    }
                    Some(known) => {
                        let media = known.block.reject_media || block.reject_media;
                        let reports = known.block.reject_reports || block.reject_reports;
                        if block.severity > known.block.severity {
                            *known = new;
                        }
                        known.block.reject_media = media;
                        known.block.reject_reports = reports;
                    }
                }
            }
        }
        found
    }

    /// The servers a limited federation talks to: its own list and its policies' allows.
    #[must_use]
    pub fn allows_of(&self, instance: &Instance) -> Vec<Domain> {
        let own = instance.federation.allow.iter();
        let policies = self.policies_of(instance);
        let shared = policies
            .iter()
            .flat_map(|(_, policy)| policy.allows.iter().map(|allow| &allow.domain));
        let mut found: Vec<Domain> = own.chain(shared).cloned().collect();
        found.sort();
        found.dedup();
        found
    }
}

impl Instance {
    /// The federation's mode, as said or as the stage has it.
    #[must_use]
    pub fn federation_mode(&self) -> FederationMode {
        self.federation.mode.unwrap_or(match self.stage {
            Stage::Production => FederationMode::Open,
            Stage::Staging | Stage::Development => FederationMode::Limited,
        })
    }

    /// Whether coop runs it: not elsewhere, and a service it has a module for.
    #[must_use]
    pub fn is_deployed(&self) -> bool {
        !self.external && self.service == Service::Mastodon
    }
}
