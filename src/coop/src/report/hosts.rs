//! Hosts: what each is, what it carries, and how its memory and disk are promised.

use serde::Serialize;

use super::words::{Link, anchor, when};
use crate::fleet::{Fleet, HOST_DISK, HOST_MEMORY, Host, Instance, Name, word};
use crate::lock::Lock;

/// The width of a bar, in units of its drawing.
const BAR: u64 = 300;

/// A host.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    name: String,
    anchor: String,
    addresses: Vec<String>,
    operators: Vec<Link>,
    system: String,
    reboot: Option<String>,
    state_version: Option<String>,
    carries: Vec<Link>,
    /// How many NixOS options of its own it sets.
    options: usize,
    memory: Budget,
    disk: Budget,
}

/// How much there is of something, and who is promised how much.
#[derive(Debug, Serialize)]
pub(super) struct Budget {
    /// In GB, where it is said.
    total: Option<u32>,
    /// What the host keeps for itself, in GB.
    own: u32,
    promised: u64,
    /// Nothing where it is not said how much there is.
    free: Option<i64>,
    shares: Vec<Share>,
    bar: Vec<Piece>,
}

/// What one instance is promised, in GB.
#[derive(Debug, Serialize)]
pub(super) struct Share {
    instance: Link,
    gb: u32,
}

/// A piece of a bar.
#[derive(Debug, Serialize)]
pub(super) struct Piece {
    kind: &'static str,
    x: u64,
    width: u64,
}

pub(super) fn all(fleet: &Fleet, lock: &Lock) -> Vec<Shown> {
    let hosts = fleet.model.hosts.iter();
    hosts
        .map(|(name, host)| shown(fleet, lock, name, host))
        .collect()
}

/// The instances that a host carries.
pub(super) fn carried<'a>(
    fleet: &'a Fleet,
    host: &'a Name,
) -> impl Iterator<Item = (&'a Name, &'a Instance)> {
    let instances = fleet.model.instances.iter();
    instances
        .filter(move |(_, instance)| instance.is_deployed() && instance.host.as_ref() == Some(host))
}

fn shown(fleet: &Fleet, lock: &Lock, name: &Name, host: &Host) -> Shown {
    let carries: Vec<(&Name, &Instance)> = carried(fleet, name).collect();
    let addresses = [
        host.ipv4.as_ref().map(ToString::to_string),
        host.ipv6.as_ref().map(ToString::to_string),
    ];
    let operators = host.operators.iter();
    Shown {
        name: name.to_string(),
        anchor: anchor("host", name),
        addresses: addresses.into_iter().flatten().collect(),
        operators: operators.map(|name| Link::to("person", name)).collect(),
        system: word(host.system),
        reboot: host.reboot.as_deref().map(when),
        state_version: lock
            .hosts
            .get(name)
            .map(|settled| settled.state_version.clone()),
        carries: carries
            .iter()
            .map(|(name, _)| Link::to("instance", name))
            .collect(),
        options: host.nixos.len(),
        memory: budget(host.ram_gb, HOST_MEMORY, &carries, |instance| {
            instance.memory_gb
        }),
        disk: budget(host.disk_gb, HOST_DISK, &carries, |instance| {
            instance.cache.budget_gb
        }),
    }
}

fn budget(
    total: Option<u32>,
    own: u32,
    carries: &[(&Name, &Instance)],
    of: fn(&Instance) -> u32,
) -> Budget {
    let promised: u64 = carries
        .iter()
        .map(|(_, instance)| u64::from(of(instance)))
        .sum();
    let needed = promised + u64::from(own);
    let full = u64::from(total.unwrap_or_default()).max(needed).max(1);
    let mut bar = Vec::new();
    let mut before = 0;
    let mut piece = |kind, gb: u64| {
        let (from, to) = (before * BAR / full, (before + gb) * BAR / full);
        before += gb;
        if to > from {
            bar.push(Piece {
                kind,
                x: from,
                // A gap tells one piece from the next.
                width: (to - from).saturating_sub(1).max(1),
            });
        }
    };
    piece("own", u64::from(own));
    for (_, instance) in carries {
        piece("share", u64::from(of(instance)));
    }
    Budget {
        total,
        own,
        promised,
        free: total.map(|total| i64::from(total) - i64::try_from(needed).unwrap_or(i64::MAX)),
        shares: carries
            .iter()
            .map(|(name, instance)| Share {
                instance: Link::to("instance", name),
                gb: of(instance),
            })
            .collect(),
        bar,
    }
}
