//! Instances, for those who run the fleet.

use serde::Serialize;

use super::signup::Who;
use super::words::{self, Link, anchor, when};
use crate::fleet::{FederationMode, Fleet, Instance, Name, Stage};
use crate::lock::Lock;

/// An instance.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    name: String,
    anchor: String,
    domain: String,
    /// Where it answers, if elsewhere.
    web_domain: Option<String>,
    title: Option<String>,
    service: &'static str,
    stage: &'static str,
    external: bool,
    host: Option<Link>,
    container: Option<Container>,
    tenant: Option<Link>,
    owner: Option<Link>,
    /// Whom a sealed copy is of, and when it is made.
    copy: Option<Copy>,
    who: Who,
    federation: Option<String>,
    policies: Vec<Link>,
    /// Other servers' media.
    cache: Option<String>,
    /// How many NixOS options of its own it sets.
    options: usize,
}

#[derive(Debug, Serialize)]
struct Container {
    name: String,
    address: String,
    state_version: String,
    postgresql: u32,
}

#[derive(Debug, Serialize)]
struct Copy {
    of: Link,
    when: String,
}

pub(super) fn all(fleet: &Fleet, lock: &Lock) -> Vec<Shown> {
    let instances = fleet.model.instances.iter();
    instances
        .map(|(name, instance)| shown(fleet, lock, name, instance))
        .collect()
}

fn shown(fleet: &Fleet, lock: &Lock, name: &Name, instance: &Instance) -> Shown {
    let is_deployed = instance.is_deployed();
    // A sealed copy has none of what its profile says of owners and sign-up.
    let is_live = is_deployed && instance.copy_of.is_none();
    let settled = lock.instances.get(name).filter(|_| is_deployed);
    let link = |kind: &'static str| move |name: &Name| Link::to(kind, name);
    Shown {
        name: name.to_string(),
        anchor: anchor("instance", name),
        domain: instance.domain.to_string(),
        web_domain: instance.web_domain.as_ref().map(ToString::to_string),
        title: instance.site.title.as_ref().map(ToString::to_string),
        service: words::service(instance.service),
        stage: words::stage(instance.stage),
        external: !is_deployed,
        host: instance
            .host
            .as_ref()
            .filter(|_| is_deployed)
            .map(link("host")),
        container: settled.map(|settled| Container {
            name: settled.container.clone(),
            address: settled.local_address.clone(),
            state_version: settled.state_version.clone(),
            postgresql: settled.postgresql,
        }),
        tenant: instance.tenant.as_ref().map(|tenant| {
            let known = fleet.model.tenants.get(tenant);
            Link {
                text: known.map_or_else(|| tenant.to_string(), |tenant| tenant.name.to_string()),
                anchor: known.map(|_| anchor("tenant", tenant)),
            }
        }),
        owner: instance
            .owner
            .as_ref()
            .filter(|_| is_live)
            .map(link("person")),
        copy: instance.copy_of.as_ref().map(|of| Copy {
            of: Link::to("instance", of),
            when: when(instance.copy_at.as_deref().unwrap_or("Mon 05:00")),
        }),
        who: if instance.copy_of.is_some() {
            Who::default()
        } else {
            Who::of(fleet, instance)
        },
        federation: is_deployed.then(|| federation(fleet, instance)),
        policies: fleet
            .policies_of(instance)
            .into_iter()
            .filter(|_| is_deployed)
            .map(|(name, _)| Link::to("policy", name))
            .collect(),
        cache: is_deployed.then(|| cache(instance)),
        options: instance.nixos.len(),
    }
}

/// Which servers it talks to, in words.
pub(super) fn federation(fleet: &Fleet, instance: &Instance) -> String {
    if instance.stage == Stage::Staging {
        return "with no other server: it is sealed".to_owned();
    }
    match instance.federation_mode() {
        FederationMode::Open => "with every server that is not blocked".to_owned(),
        FederationMode::Limited => match fleet.allows_of(instance).len() {
            0 => "with no other server".to_owned(),
            1 => "with one allowed server only".to_owned(),
            number => format!("with {number} allowed servers only"),
        },
    }
}

/// How long other servers' media are kept, in words.
pub(super) fn cache(instance: &Instance) -> String {
    let cache = &instance.cache;
    let days = if cache.keep_days == 1 { "day" } else { "days" };
    format!("{} {days}, at most {} GB", cache.keep_days, cache.budget_gb)
}
