//! What members may see, and nothing else: the page for members is made of these types alone.
//!
//! **Invariant.** A fact is public because it is named here. Never here: notes, people, addresses of
//! hosts or their names, secrets, repositories, relays, buckets, memory, plans, sealed copies, and
//! what a tenant decides for itself.

use std::collections::BTreeSet;

use serde::Serialize;

use super::drawing::Drawing;
use super::policies::{PublicBlock, ShownAllow, allows};
use super::signup::{List, Who, lists, within};
use super::words::{self, Count, Link, anchor, keep, often};
use super::{instances, members};
use crate::fleet::{Day, Fleet, Instance, Name, Stage};

/// The page for members.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) contact: String,
    today: String,
    day: String,
    counts: Vec<Count>,
    drawing: Drawing,
    /// The co-operative's own, run here or elsewhere.
    own: Vec<Own>,
    managed: Vec<Managed>,
    lists: Vec<List>,
    policies: Vec<Policy>,
}

/// A service of the co-operative's own.
#[derive(Debug, Serialize)]
pub(super) struct Own {
    pub(super) anchor: String,
    pub(super) domain: String,
    /// Where it answers, if elsewhere.
    pub(super) web_domain: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) service: &'static str,
    pub(super) stage: &'static str,
    pub(super) is_production: bool,
    pub(super) elsewhere: bool,
    pub(super) who: Who,
    /// With whom it talks.
    federation: Option<String>,
    policies: Vec<Link>,
    kept: Option<Kept>,
}

/// What is kept how long.
#[derive(Debug, Serialize)]
struct Kept {
    /// How long other servers' media are kept.
    media: String,
    backup: Option<BackedUp>,
}

#[derive(Debug, Serialize)]
struct BackedUp {
    often: &'static str,
    kept: String,
    tried: &'static str,
}

/// A service that is run for another organisation.
#[derive(Debug, Serialize)]
pub(super) struct Managed {
    pub(super) domain: String,
    pub(super) web_domain: Option<String>,
    pub(super) service: &'static str,
    pub(super) organisation: String,
}

/// Blocked and allowed servers.
#[derive(Debug, Serialize)]
struct Policy {
    name: String,
    anchor: String,
    everywhere: bool,
    grounds: Vec<&'static str>,
    used_by: Vec<Link>,
    blocks: Vec<PublicBlock>,
    allows: Vec<ShownAllow>,
}

impl Page {
    pub(super) fn of(fleet: &Fleet, today: &Day) -> Self {
        let info = fleet.model.fleet.as_ref();
        let name = info.map_or_else(String::new, |info| info.name.to_string());
        let seen: Vec<(&Name, &Instance)> = fleet
            .model
            .instances
            .iter()
            .filter(|(_, instance)| instance.tenant.is_none() && instance.stage != Stage::Staging)
            .collect();
        let own: Vec<Own> = seen
            .iter()
            .map(|(name, instance)| Own::of(fleet, name, instance))
            .collect();
        let managed: Vec<Managed> = fleet
            .model
            .instances
            .values()
            .filter_map(|instance| Managed::of(fleet, instance))
            .collect();
        let lists = shared_lists(fleet, &seen);
        let policies = shared_policies(fleet, &seen, today);
        let elsewhere = own.iter().filter(|own| own.elsewhere).count();
        Self {
            contact: info.map_or_else(String::new, |info| info.contact.to_string()),
            today: today.to_string(),
            day: words::day(today),
            counts: Count::some([
                Count::of(own.len() - elsewhere, "service", "services"),
                Count::of(elsewhere, "elsewhere", "elsewhere"),
                Count::of(managed.len(), "run for others", "run for others"),
                Count::of(
                    policies.iter().map(|policy| policy.blocks.len()).sum(),
                    "blocked server",
                    "blocked servers",
                ),
            ]),
            drawing: members::drawing(&name, &own, &managed, &lists),
            name,
            own,
            managed,
            lists,
            policies,
        }
    }
}

impl Own {
    fn of(fleet: &Fleet, name: &Name, instance: &Instance) -> Self {
        let is_deployed = instance.is_deployed();
        let policies = fleet.policies_of(instance).into_iter();
        Self {
            anchor: anchor("instance", name),
            domain: instance.domain.to_string(),
            web_domain: instance.web_domain.as_ref().map(ToString::to_string),
            title: instance.site.title.as_ref().map(ToString::to_string),
            description: instance.site.description.as_ref().map(ToString::to_string),
            service: words::service(instance.service),
            stage: words::stage(instance.stage),
            is_production: instance.stage == Stage::Production,
            elsewhere: !is_deployed,
            who: Who::of(fleet, instance),
            federation: is_deployed.then(|| instances::federation(fleet, instance)),
            policies: policies
                .filter(|(name, _)| is_deployed && !is_tenants(fleet, "policies", name))
                .map(|(name, _)| Link::to("policy", name))
                .collect(),
            kept: is_deployed.then(|| Kept {
                media: days(instance.cache.keep_days),
                backup: instance.backup.as_ref().and_then(|plan| {
                    let place = fleet.model.backups.get(&plan.to)?;
                    Some(BackedUp {
                        often: often(&plan.at),
                        kept: keep(&place.keep),
                        tried: often(&plan.drill),
                    })
                }),
            }),
        }
    }
}

impl Managed {
    fn of(fleet: &Fleet, instance: &Instance) -> Option<Self> {
        let tenant = fleet.model.tenants.get(instance.tenant.as_ref()?)?;
        (instance.stage == Stage::Production).then(|| Self {
            domain: instance.domain.to_string(),
            web_domain: instance.web_domain.as_ref().map(ToString::to_string),
            service: words::service(instance.service),
            organisation: tenant.name.to_string(),
        })
    }
}

fn days(number: u32) -> String {
    if number == 1 {
        "one day".to_owned()
    } else {
        format!("{number} days")
    }
}

/// Lists that the co-operative's own services use, with those they contain; no tenant's.
fn shared_lists(fleet: &Fleet, seen: &[(&Name, &Instance)]) -> Vec<List> {
    let used: BTreeSet<&Name> = seen
        .iter()
        .flat_map(|(_, instance)| [&instance.signup.join, &instance.signup.apply])
        .flat_map(|names| within(fleet, names))
        .filter(|name| !is_tenants(fleet, "allowlists", name))
        .collect();
    lists(
        fleet,
        seen.iter().copied(),
        |name| used.contains(name),
        |_, instance| instance.domain.to_string(),
    )
}

/// Policies that hold everywhere or for the co-operative's own services; no tenant's.
fn shared_policies(fleet: &Fleet, seen: &[(&Name, &Instance)], today: &Day) -> Vec<Policy> {
    let users = |policy: &Name| -> Vec<Link> {
        let users = seen
            .iter()
            .filter(|(_, instance)| instance.is_deployed() && instance.policies.contains(policy));
        users
            .map(|(name, instance)| Link {
                text: instance.domain.to_string(),
                anchor: Some(anchor("instance", name)),
            })
            .collect()
    };
    let policies = fleet.model.policies.iter();
    policies
        .filter(|(name, _)| !is_tenants(fleet, "policies", name))
        .map(|(name, policy)| (name, policy, users(name)))
        .filter(|(_, policy, users)| policy.everywhere || !users.is_empty())
        .map(|(name, policy, used_by)| Policy {
            name: name.to_string(),
            anchor: anchor("policy", name),
            everywhere: policy.everywhere,
            grounds: policy.grounds.iter().copied().map(words::ground).collect(),
            used_by,
            blocks: fleet
                .blocks
                .get(name)
                .into_iter()
                .flatten()
                .map(|(block, _)| {
                    let domain = if block.obfuscate {
                        words::obfuscated(&block.domain)
                    } else {
                        block.domain.to_string()
                    };
                    PublicBlock::of(block, domain, today)
                })
                .collect(),
            allows: allows(policy),
        })
        .collect()
}

/// Whether it is declared in a tenant's own file.
fn is_tenants(fleet: &Fleet, section: &'static str, name: &Name) -> bool {
    fleet
        .declared
        .get(&(section, name.to_string()))
        .is_some_and(|at| fleet.owners.contains_key(&at.file))
}
