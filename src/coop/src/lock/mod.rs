//! `coop.lock`: facts that must not change once an instance lives, and the refusal to change them.
//!
//! **Invariant.** What is settled for one instance never depends on which others come or go: a
//! number is given once, in order of arrival, and never given again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostics::{Code, Diagnostic};
use crate::fleet::{Fleet, Instance, Name, Service, Stage, word};

/// The file's form that this coop writes.
const VERSION: u32 = 1;
/// The user that runs Mastodon inside its container, the same in each.
const UID: u32 = 900;
/// The longest name of a container whose network interface (`ve-` and the name) the kernel takes.
const LONGEST_CONTAINER: usize = 11;
/// Networks of four addresses in 10.233.0.0/16.
const MOST: u32 = (1 << 14) - 1;

/// All that is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The file's form.
    pub version: u32,
    /// By name, hosts that are gone too.
    #[serde(default)]
    pub hosts: BTreeMap<Name, SettledHost>,
    /// By name, instances that are gone too.
    #[serde(default)]
    pub instances: BTreeMap<Name, Settled>,
}

/// What is settled for a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledHost {
    /// The release whose ways of keeping state it follows.
    pub state_version: String,
}

/// What is settled for an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Its place in the order of arrival, from 1.
    pub number: u32,
    /// Its kind.
    pub service: Service,
    /// The domain in people's handles.
    pub domain: String,
    /// The host that has its state.
    pub host: Name,
    /// Its container's name on the host.
    pub container: String,
    /// The container's address on the host's side.
    pub host_address: String,
    /// The container's own address.
    pub local_address: String,
    /// The release whose ways of keeping state the container follows.
    pub state_version: String,
    /// The major version of its database, `PostgreSQL`.
    pub postgresql: u32,
    /// The service's user inside the container.
    pub uid: u32,
    /// It left `coop.toml`; its data is still on the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

impl Lock {
    /// Reads the file's text; an absent file is an empty one.
    ///
    /// # Errors
    /// A finding, where it is not what coop writes.
    pub fn parse(text: Option<&str>) -> Result<Self, Box<Diagnostic>> {
        let Some(text) = text else {
            return Ok(Self {
                version: VERSION,
                ..Self::default()
            });
        };
        let unreadable = |why: &str| {
            Box::new(
                Diagnostic::new(
                    Code::LockUnreadable,
                    format!("coop.lock cannot be understood: {why}"),
                )
                .help("take it from version control again: git checkout coop.lock"),
            )
        };
        let lock: Self = toml::from_str(text).map_err(|error| unreadable(error.message()))?;
        if lock.version != VERSION {
            return Err(unreadable("it comes from another version of coop"));
        }
        let mut numbers = BTreeSet::new();
        if !lock
            .instances
            .values()
            .all(|settled| numbers.insert(settled.number))
        {
            return Err(unreadable("two instances have one number"));
        }
        Ok(lock)
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!(
            "# Written by coop; commit it. What stands here must not change once an instance lives.\n{body}"
        )
    }

    /// Settles what is new in a fleet. Refuses what would break something that lives.
    #[must_use]
    pub fn settle(&self, fleet: &Fleet) -> (Self, Vec<Diagnostic>) {
        let mut new = self.clone();
        let mut findings = Vec::new();
        let release = fleet
            .model
            .fleet
            .as_ref()
            .map(|fleet| fleet.nixos.to_string());
        let release = release.unwrap_or_default();
        for name in fleet.model.hosts.keys() {
            new.hosts
                .entry(name.clone())
                .or_insert_with(|| SettledHost {
                    state_version: release.clone(),
                });
        }
        let deployed = || {
            fleet
                .model
                .instances
                .iter()
                .filter(|(_, instance)| instance.is_deployed())
        };
        for (name, instance) in deployed() {
            if let Some(old) = instance
                .renamed_from
                .as_ref()
                .filter(|_| !new.instances.contains_key(name))
            {
                match new.instances.remove(old) {
                    Some(settled) => {
                        new.instances.insert(name.clone(), settled);
                    }
                    None => findings.push(
                        Diagnostic::new(
                            Code::BadRename,
                            format!("coop.lock knows no instance {old}"),
                        )
                        .at(fleet.tree.place(&["instances", name, "renamed_from"]), "")
                        .help("leave `renamed_from` out: the instance is new"),
                    ),
                }
            }
        }
        for (name, settled) in &mut new.instances {
            match fleet
                .model
                .instances
                .get(name)
                .filter(|instance| instance.is_deployed())
            {
                Some(instance) => {
                    let broken = broken(fleet, name, instance, settled);
                    settled.removed &= !broken.is_empty();
                    findings.extend(broken);
                }
                None if settled.removed => {}
                None => {
                    settled.removed = true;
                    let (host, container) = (&settled.host, &settled.container);
                    findings.push(
                        Diagnostic::new(
                            Code::LeftBehind,
                            format!("the data of {name} stays on {host}"),
                        )
                        .note(format!(
                            "it is in /var/lib/nixos-containers/{container} there"
                        ))
                        .help("delete it by hand once nobody wants it back"),
                    );
                }
            }
        }
        for (name, instance) in deployed() {
            if !new.instances.contains_key(name)
                && let Some(host) = &instance.host
            {
                match new.arrive(name, instance, host, &release) {
                    Some(settled) => {
                        new.instances.insert(name.clone(), settled);
                    }
                    None => findings.push(
                        Diagnostic::new(
                            Code::LockUnreadable,
                            format!("coop.lock has no number left for {name}"),
                        )
                        .help("start another fleet: one has room for 16,383 instances"),
                    ),
                }
            }
        }
        (new, findings)
    }

    /// The next number and all that follows from it.
    fn arrive(
        &self,
        name: &Name,
        instance: &Instance,
        host: &Name,
        release: &str,
    ) -> Option<Settled> {
        let last = self
            .instances
            .values()
            .map(|settled| settled.number)
            .max()
            .unwrap_or(0);
        let number = last.checked_add(1).filter(|number| *number <= MOST)?;
        let network = 4 * number;
        let address = |offset: u32| {
            format!(
                "10.233.{}.{}",
                (network + offset) >> 8,
                (network + offset) & 255
            )
        };
        let taken = |candidate: &str| {
            self.instances
                .values()
                .any(|settled| settled.container == candidate)
        };
        let mut container = name.to_string();
        if container.len() > LONGEST_CONTAINER || taken(&container) {
            // No declared name ends in `x` and the number of another arrival.
            container = format!("c{number}x");
            while taken(&container) {
                container.push('x');
            }
        }
        Some(Settled {
            number,
            service: instance.service,
            domain: instance.domain.to_string(),
            host: host.clone(),
            container,
            host_address: address(1),
            local_address: address(2),
            state_version: release.to_owned(),
            postgresql: postgresql(release),
            uid: UID,
            removed: false,
        })
    }
}

/// The database's major by state version (nixpkgs, `nixos/modules/services/databases/postgresql.nix`).
fn postgresql(release: &str) -> u32 {
    // Releases sort as text: two digits, a point, two digits.
    match release {
        _ if release >= "25.11" => 17,
        _ if release >= "24.11" => 16,
        _ if release >= "23.11" => 15,
        _ => 14,
    }
}

/// What a change of a settled fact would break.
fn broken(fleet: &Fleet, name: &Name, instance: &Instance, settled: &Settled) -> Vec<Diagnostic> {
    let remedy = |key: &str, value: &str| {
        if instance.stage == Stage::Development {
            format!(
                "put {key} = \"{value}\" back; or, since it may be wiped, delete /var/lib/nixos-containers/{} \
                 on {} and [instances.{name}] in coop.lock",
                settled.container, settled.host
            )
        } else {
            format!("put {key} = \"{value}\" back")
        }
    };
    let place = |key: &str| fleet.tree.place(&["instances", name, key]);
    let mut findings = Vec::new();
    if *instance.domain != *settled.domain {
        findings.push(
            Diagnostic::new(
                Code::DomainChanged,
                format!("the domain of {name} cannot change"),
            )
            .at(
                place("domain"),
                format!("it is {} in coop.lock", settled.domain),
            )
            .note("everybody's handle, follower and signing key would be lost")
            .help(remedy("domain", &settled.domain)),
        );
    }
    if instance
        .host
        .as_ref()
        .is_some_and(|host| *host != settled.host)
    {
        findings.push(
            Diagnostic::new(Code::HostChanged, format!("{name} cannot move by an edit"))
                .at(place("host"), format!("its state is on {}", settled.host))
                .note("an empty instance with new keys would start under a domain that is in use")
                .help(remedy("host", &settled.host)),
        );
    }
    if instance.service != settled.service {
        findings.push(
            Diagnostic::new(
                Code::ServiceChanged,
                format!("{name} cannot become another service"),
            )
            .at(
                place("service"),
                format!("it is {} in coop.lock", word(settled.service)),
            )
            .note("its accounts and posts would be lost")
            .help(remedy("service", &word(settled.service))),
        );
    }
    findings
}
