//! What single values cannot show: names that dangle, promises that exceed a host, rules of policy.
//!
//! A file below for each kind of thing that has rules of its own.

mod demands;
mod instances;
mod lists;
mod options;
mod policies;

use std::collections::{BTreeMap, BTreeSet};

pub use demands::account_refusal;

use super::model::Instance;
use super::text::Name;
use super::{Fleet, shape};
use crate::diagnostics::{Code, Diagnostic, Origin};

/// Memory that a host keeps for itself, in GB.
pub const HOST_MEMORY: u32 = 1;
/// Disk that a host keeps for its system, databases and members' media, in GB.
pub const HOST_DISK: u32 = 20;

/// Looks at a fleet as a whole.
pub(super) fn validate(fleet: &mut Fleet) {
    let mut check = Check {
        fleet,
        findings: Vec::new(),
        used: BTreeSet::new(),
    };
    check.people_and_hosts();
    check.lists();
    check.policies();
    check.instances();
    check.demands();
    check.capacity();
    check.nixos_options();
    check.unused();
    let findings = check.findings;
    fleet.findings.extend(findings);
}

struct Check<'a> {
    fleet: &'a Fleet,
    findings: Vec<Diagnostic>,
    used: BTreeSet<(&'static str, String)>,
}

impl Check<'_> {
    fn say(&mut self, code: Code, at: Origin, message: impl Into<String>, help: impl Into<String>) {
        self.findings
            .push(Diagnostic::new(code, message).at(at, "").help(help));
    }

    fn place(&self, path: &[&str]) -> Origin {
        self.fleet.tree.place(path)
    }

    /// Whether a name that is used is declared, and may be used from there.
    fn uses(&mut self, section: &'static str, name: &str, at: Origin) -> bool {
        self.used.insert((section, name.to_owned()));
        let Some(declaration) = self.fleet.declared.get(&(section, name.to_owned())) else {
            let names = self.fleet.declared.keys();
            let names: Vec<&str> = names
                .filter(|(known, _)| *known == section)
                .map(|(_, name)| name.as_str())
                .collect();
            let help = match shape::nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("declare it: [{section}.{name}]"),
            };
            self.say(
                Code::NotDeclared,
                at,
                format!("there is no [{section}.{name}]"),
                help,
            );
            return false;
        };
        let owner = self.fleet.owners.get(&declaration.file);
        if owner.is_some() && owner != self.fleet.owners.get(&at.file) {
            self.findings.push(
                Diagnostic::new(
                    Code::TenantBoundary,
                    format!("[{section}.{name}] belongs to a tenant"),
                )
                .at(at, "used here")
                .also(*declaration, "declared in the tenant's own file")
                .help("declare it in coop.toml if it is to be shared"),
            );
            return false;
        }
        true
    }

    fn people_and_hosts(&mut self) {
        let model = &self.fleet.model;
        let mut addresses: BTreeMap<String, (&Name, Origin)> = BTreeMap::new();
        for (name, host) in &model.hosts {
            for (number, person) in host.operators.iter().enumerate() {
                let at = self.place(&["hosts", name, "operators", &number.to_string()]);
                if self.uses("people", person, at)
                    && model
                        .people
                        .get(person)
                        .is_some_and(|person| person.ssh_keys.is_empty())
                {
                    self.say(
                        Code::MissingKey,
                        at,
                        format!("{person} operates {name} but has no SSH key to log in with"),
                        format!("add to [people.{person}]: ssh_keys = [\"ssh-ed25519 AAAA…\"]"),
                    );
                }
            }
            let both = [
                ("ipv4", host.ipv4.as_ref().map(ToString::to_string)),
                ("ipv6", host.ipv6.as_ref().map(ToString::to_string)),
            ];
            for (key, address) in both {
                let Some(address) = address else { continue };
                let at = self.place(&["hosts", name, key]);
                if let Some((other, first)) = addresses.get(&address) {
                    self.findings.push(
                        Diagnostic::new(
                            Code::AddressTaken,
                            format!("{address} is also {other}'s address"),
                        )
                        .at(at, "again here")
                        .also(*first, "first here")
                        .help("give each host an address of its own"),
                    );
                } else {
                    addresses.insert(address, (name, at));
                }
            }
        }
    }

    fn capacity(&mut self) {
        for (name, host) in &self.fleet.model.hosts {
            let instances: Vec<(&Name, &Instance)> = self
                .fleet
                .model
                .instances
                .iter()
                .filter(|(_, instance)| {
                    instance.host.as_ref() == Some(name) && instance.is_deployed()
                })
                .collect();
            if !instances.is_empty() {
                self.used.insert(("hosts", name.to_string()));
            }
            let sum = |of: fn(&Instance) -> u32| {
                instances
                    .iter()
                    .map(|(_, instance)| u64::from(of(instance)))
                    .sum::<u64>()
            };
            self.promise(
                name,
                host.ram_gb,
                "ram_gb",
                sum(|instance| instance.memory_gb),
                HOST_MEMORY,
            );
            self.promise(
                name,
                host.disk_gb,
                "disk_gb",
                sum(|instance| instance.cache.budget_gb),
                HOST_DISK,
            );
        }
    }

    fn promise(&mut self, name: &Name, has: Option<u32>, key: &str, promised: u64, kept: u32) {
        let Some(has) = has else { return };
        if promised == 0 || promised + u64::from(kept) <= u64::from(has) {
            return;
        }
        let at = self.place(&["hosts", name, key]);
        if key == "ram_gb" {
            self.say(Code::MemoryPromised, at, format!("{name} has {has} GB of memory, its instances are promised {promised} GB and the host keeps {kept}"), "lower `memory_gb`, or move what is not yet settled to another host");
        } else {
            self.say(Code::DiskPromised, at, format!("{name} has {has} GB of disk, its caches are promised {promised} GB and {kept} GB are kept for all else"), "lower `budget_gb` in `cache`");
        }
    }

    fn unused(&mut self) {
        for ((section, name), at) in &self.fleet.declared {
            if matches!(*section, "instances" | "tenants" | "hosts" | "people")
                || self.used.contains(&(section, name.clone()))
            {
                continue;
            }
            if *section == "allowlists" && name == "anyone" {
                continue;
            }
            self.findings.push(
                Diagnostic::new(Code::Unused, format!("nothing uses [{section}.{name}]"))
                    .at(*at, "")
                    .help("use it, or take it out"),
            );
        }
    }
}

/// A word of the model as it is written in TOML.
pub fn word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn is_at_or_below(domain: &str, above: &str) -> bool {
    domain == above
        || domain
            .strip_suffix(above)
            .is_some_and(|rest| rest.ends_with('.'))
}

fn is_public_suffix(domain: &str) -> bool {
    psl::suffix(domain.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == domain.as_bytes())
}

/// Domains reserved for documentation and tests (RFC 2606) count as known.
fn has_known_suffix(domain: &str) -> bool {
    let reserved = ["example", "test", "invalid", "localhost"];
    let last = domain.rsplit('.').next().unwrap_or_default();
    reserved.contains(&last)
        || psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known())
}
