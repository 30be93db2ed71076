//! What single values cannot show: names that dangle, promises that exceed a host, rules of policy.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{FederationMode, Host, Instance, Service, Stage};
use super::text::{Domain, Name};
use super::{Fleet, shape};
use crate::diagnostics::{Code, Diagnostic, Origin};

/// Memory that a host keeps for itself, in GB.
const HOST_MEMORY: u32 = 1;
/// Disk that a host keeps for its system, databases and members' media, in GB.
const HOST_DISK: u32 = 20;
/// Mail providers where anybody has an address within a minute.
const PERSONAL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
];

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
    check.capacity();
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

    fn lists(&mut self) {
        let model = &self.fleet.model;
        if let Some(at) = self
            .fleet
            .declared
            .get(&("allowlists", "anyone".to_owned()))
        {
            self.say(
                Code::Reserved,
                *at,
                "the list `anyone` always exists",
                "give the list another name",
            );
        }
        for (name, list) in &model.allowlists {
            for (number, inner) in list.lists.iter().enumerate() {
                let at = self.place(&["allowlists", name, "lists", &number.to_string()]);
                if &**inner == "anyone" {
                    self.say(
                        Code::Reserved,
                        at,
                        "a list that contains `anyone` is `anyone`",
                        "use \"anyone\" itself in `signup`",
                    );
                } else if self.uses("allowlists", inner, at) && self.reaches(inner, name) {
                    self.say(
                        Code::Cycle,
                        at,
                        format!("the list {name} contains itself by way of {inner}"),
                        "take one of the two out",
                    );
                }
            }
            for (domain, at) in &self.fleet.lists[name] {
                self.listed_domain(domain, *at);
            }
        }
    }

    fn reaches(&self, from: &Name, to: &Name) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(name) = waiting.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name)
                && let Some(list) = self.fleet.model.allowlists.get(name)
            {
                waiting.extend(&list.lists);
            }
        }
        false
    }

    fn listed_domain(&mut self, domain: &Domain, at: Origin) {
        if is_public_suffix(domain) {
            self.say(
                Code::PublicSuffix,
                at,
                format!("anybody can register a domain below {domain}"),
                "name the organisation's own domain",
            );
        } else if PERSONAL.contains(&&**domain) {
            self.say(
                Code::PersonalProvider,
                at,
                format!("anybody can have an address at {domain}"),
                "if that is meant, let them apply: apply = [\"anyone\"]",
            );
        } else if !has_known_suffix(domain) {
            self.say(
                Code::NotPublicDomain,
                at,
                format!("{domain} ends in no public suffix"),
                "look for a typing mistake in its last part",
            );
        }
    }

    fn policies(&mut self) {
        let today = jiff::Zoned::now().date().to_string();
        let own: Vec<&Domain> = self
            .fleet
            .model
            .instances
            .values()
            .flat_map(|instance| std::iter::once(&instance.domain).chain(&instance.web_domain))
            .collect();
        for (name, policy) in &self.fleet.model.policies {
            if policy.everywhere {
                self.used.insert(("policies", name.to_string()));
                let at = self.place(&["policies", name, "everywhere"]);
                if self.fleet.owners.contains_key(&at.file) {
                    self.say(
                        Code::TenantEverywhere,
                        at,
                        format!("{name} is a tenant's policy and cannot hold for everybody"),
                        "take `everywhere` out, and name the policy in the tenant's instances",
                    );
                }
            }
            let mut seen: BTreeMap<&Domain, Origin> = BTreeMap::new();
            for (block, at) in &self.fleet.blocks[name] {
                let at = *at;
                let domain = &block.domain;
                if let Some(first) = seen.insert(domain, at) {
                    self.findings.push(
                        Diagnostic::new(Code::BlockedTwice, format!("{domain} is blocked twice"))
                            .at(at, "again here")
                            .also(first, "first here")
                            .help("keep one of the two"),
                    );
                }
                if is_public_suffix(domain) {
                    self.say(
                        Code::PublicSuffix,
                        at,
                        format!("a block of {domain} shuts out everybody below it"),
                        "name the server's own domain",
                    );
                }
                if let Some(own) = own.iter().find(|own| is_at_or_below(own, domain)) {
                    self.say(
                        Code::OwnDomain,
                        at,
                        format!("{own} is an instance of this fleet"),
                        "take the block out",
                    );
                }
                if !policy.grounds.is_empty() {
                    let words: Vec<String> =
                        policy.grounds.iter().map(|ground| word(*ground)).collect();
                    let listed = words.join(", ");
                    match block.ground {
                        None => self.say(
                            Code::NoGround,
                            at,
                            format!("the block of {domain} states no ground"),
                            format!("add ground = \"{}\" (the policy allows {listed})", words[0]),
                        ),
                        Some(ground) if !policy.grounds.contains(&ground) => {
                            let grounds = self.place(&["policies", name, "grounds"]);
                            self.findings.push(
                                Diagnostic::new(Code::GroundNotAllowed, format!("{domain} is blocked on the ground \"{}\", which {name} does not allow", word(ground)))
                                    .at(at, "")
                                    .also(grounds, "the policy's own rule")
                                    .help(format!("blocks here are for {listed} only: take it out, or move it to a policy of those who want it")),
                            );
                        }
                        Some(_) => {}
                    }
                }
                if let (Some(since), Some(review)) = (&block.since, &block.review)
                    && review < since
                {
                    self.say(
                        Code::DatesSwapped,
                        at,
                        format!("the block of {domain} is reviewed before it begins"),
                        format!("set `review` after {since}"),
                    );
                }
                if let Some(review) = &block.review
                    && **review < *today.as_str()
                {
                    self.say(Code::ReviewDue, at, format!("the block of {domain} was due for review on {review}"), "see whether the reason still holds, then move `review` or take the block out");
                }
            }
        }
    }

    fn instances(&mut self) {
        let mut domains: BTreeMap<&Domain, Origin> = BTreeMap::new();
        for (name, instance) in &self.fleet.model.instances {
            for (key, domain) in [
                ("domain", Some(&instance.domain)),
                ("web_domain", instance.web_domain.as_ref()),
            ] {
                let Some(domain) = domain else { continue };
                let at = self.place(&["instances", name, key]);
                if key == "web_domain" && *domain == instance.domain {
                    self.say(
                        Code::SameWebDomain,
                        at,
                        "`web_domain` repeats `domain`",
                        "leave `web_domain` out",
                    );
                    continue;
                }
                if let Some(first) = domains.get(domain) {
                    self.findings.push(
                        Diagnostic::new(
                            Code::DomainTaken,
                            format!("{domain} is another instance's domain"),
                        )
                        .at(at, "again here")
                        .also(*first, "first here")
                        .help("give each instance a domain of its own"),
                    );
                } else {
                    domains.insert(domain, at);
                }
                if is_public_suffix(domain) {
                    self.say(
                        Code::PublicSuffix,
                        at,
                        format!("{domain} is a public suffix, not one's own domain"),
                        "use a domain that is registered",
                    );
                }
            }
            self.names(name, instance);
            self.signup(name, instance);
            self.federation(name, instance);
            if instance.external {
                self.external(name, instance);
            } else if instance.service == Service::Mastodon {
                self.deployed(name, instance);
            } else {
                let at = self.place(&["instances", name, "service"]);
                self.say(
                    Code::NotDeployable,
                    at,
                    format!("coop has no module to run {}", word(instance.service)),
                    format!("add external = true to [instances.{name}] if it is run elsewhere"),
                );
            }
        }
    }

    fn names(&mut self, name: &Name, instance: &Instance) {
        let single: [(&'static str, &[&str], Option<&Name>); 8] = [
            ("profiles", &["profile"], instance.profile.as_ref()),
            ("hosts", &["host"], instance.host.as_ref()),
            ("tenants", &["tenant"], instance.tenant.as_ref()),
            ("people", &["owner"], instance.owner.as_ref()),
            ("relays", &["mail", "relay"], instance.mail.relay.as_ref()),
            (
                "buckets",
                &["media", "bucket"],
                instance.media.bucket.as_ref(),
            ),
            (
                "backups",
                &["backup", "to"],
                instance.backup.as_ref().map(|backup| &backup.to),
            ),
            ("instances", &["copy_of"], instance.copy_of.as_ref()),
        ];
        for (section, path, used) in single {
            if let Some(used) = used {
                let path: Vec<&str> = ["instances", name]
                    .into_iter()
                    .chain(path.iter().copied())
                    .collect();
                let at = self.place(&path);
                self.uses(section, used, at);
            }
        }
        for (number, policy) in instance.policies.iter().enumerate() {
            let at = self.place(&["instances", name, "policies", &number.to_string()]);
            self.uses("policies", policy, at);
        }
        for (key, lists) in [
            ("join", &instance.signup.join),
            ("apply", &instance.signup.apply),
        ] {
            for (number, list) in lists.iter().enumerate() {
                let at = self.place(&["instances", name, "signup", key, &number.to_string()]);
                if &**list != "anyone" {
                    self.uses("allowlists", list, at);
                }
            }
        }
        if let Some(old) = &instance.renamed_from
            && self
                .fleet
                .declared
                .contains_key(&("instances", old.to_string()))
        {
            let at = self.place(&["instances", name, "renamed_from"]);
            self.say(
                Code::BadRename,
                at,
                format!("[instances.{old}] is still there"),
                "rename the table itself, or leave `renamed_from` out",
            );
        }
    }

    fn signup(&mut self, name: &Name, instance: &Instance) {
        let signup = &instance.signup;
        let at = self.place(&["instances", name, "signup"]);
        if signup.join.is_empty() && signup.apply.is_empty() {
            return;
        }
        let join = self.fleet.domains_of(&signup.join);
        let apply = self.fleet.domains_of(&signup.apply);
        if !signup.join.is_empty()
            && join.as_ref().is_some_and(BTreeMap::is_empty)
            && signup.join.iter().all(|list| {
                self.fleet
                    .declared
                    .contains_key(&("allowlists", list.to_string()))
            })
        {
            self.say(
                Code::NobodyJoins,
                at,
                format!("nobody can join {name}: its lists are empty"),
                "add a domain to the list",
            );
        }
        let covered = match (&join, &apply) {
            (None, _) => !signup.apply.is_empty(),
            (Some(join), Some(apply)) => {
                !apply.is_empty() && apply.keys().all(|domain| join.contains_key(domain))
            }
            (Some(_), None) => false,
        };
        if covered {
            self.say(
                Code::JoinCoversApply,
                at,
                format!("everybody who may apply to {name} may join it at once"),
                "leave `apply` out",
            );
        }
        let subdomains = join
            .iter()
            .flatten()
            .any(|(_, admission)| admission.subdomains);
        let why = match instance.service {
            Service::Prosody => Some(
                "Prosody has no allow list for addresses: close its registration and make accounts by hand",
            ),
            Service::Gotosocial => {
                Some("GoToSocial has no allow list for addresses: use its approved registration")
            }
            Service::Mattermost if subdomains => Some(
                "Mattermost's RestrictCreationToDomains takes exact domains only: list each subdomain",
            ),
            Service::Gitlab if subdomains => Some(
                "GitLab's allow list takes subdomains only as a wildcard entry of its own: set it there",
            ),
            _ => None,
        };
        if let Some(why) = why {
            self.say(
                Code::ListNotKept,
                at,
                format!("{} cannot keep this list", word(instance.service)),
                why,
            );
        }
    }

    fn federation(&mut self, name: &Name, instance: &Instance) {
        let federation = &instance.federation;
        let at = self.place(&["instances", name, "federation"]);
        let limited = instance.federation_mode() == FederationMode::Limited;
        if !limited && !federation.allow.is_empty() {
            let at = self.place(&["instances", name, "federation", "allow"]);
            self.say(
                Code::Federation,
                at,
                "`allow` has no meaning in an open federation",
                "add mode = \"limited\", or take `allow` out",
            );
        }
        if federation.mode == Some(FederationMode::Limited)
            && self.fleet.allows_of(instance).is_empty()
            && instance.stage == Stage::Production
        {
            self.say(
                Code::Federation,
                at,
                "a limited federation with nobody",
                "add allow = [\"social.example\"]",
            );
        }
        if limited && !instance.policies.is_empty() && instance.stage == Stage::Production {
            let at = self.place(&["instances", name, "policies"]);
            if instance.policies.iter().any(|policy| {
                self.fleet
                    .blocks
                    .get(policy)
                    .is_some_and(|blocks| !blocks.is_empty())
            }) {
                self.say(
                    Code::PolicyWithoutEffect,
                    at,
                    "blocks have no effect under limited federation",
                    "leave the policy out, or federate openly",
                );
            }
        }
    }

    fn external(&mut self, name: &Name, instance: &Instance) {
        let written = |key: &str| self.fleet.tree.get(&["instances", name, key]).is_some();
        let hosting = [
            "host",
            "owner",
            "backup",
            "cache",
            "media",
            "copy_of",
            "memory_gb",
            "nixos",
            "renamed_from",
            "policies",
            "federation",
        ];
        let extra: Vec<&str> = hosting.into_iter().filter(|key| written(key)).collect();
        for key in extra {
            // A profile's hosting keys are no mistake: it is shared with instances that are run here.
            let at = self.fleet.tree.key(&["instances", name, key]);
            let own = self.fleet.tree.get(&["profiles"]).is_none()
                || instance.profile.as_ref().is_none_or(|profile| {
                    self.fleet.tree.get(&["profiles", profile, key]).is_none()
                });
            if own {
                self.say(
                    Code::ExternalKey,
                    at,
                    format!("{name} is run elsewhere, so `{key}` has no meaning"),
                    format!("take `{key}` out"),
                );
            }
        }
    }

    fn deployed(&mut self, name: &Name, instance: &Instance) {
        let declared_at = self.fleet.declared[&("instances", name.to_string())];
        let Some(host) = &instance.host else {
            self.say(
                Code::NoHost,
                declared_at,
                format!("{name} has no host"),
                "add host = \"web1\", or external = true where it is run elsewhere",
            );
            return;
        };
        if instance.stage == Stage::Production {
            let mut needs = Vec::new();
            if instance.backup.is_none()
                && self
                    .fleet
                    .tree
                    .get(&["instances", name, "backup"])
                    .is_none()
            {
                needs.push("backup = { to = \"offsite\" }");
            }
            if instance.owner.is_none() {
                needs.push("owner = \"chris\"");
            }
            for need in needs {
                let key = need.split(' ').next().unwrap_or_default();
                self.say(
                    Code::ProductionNeeds,
                    declared_at,
                    format!("{name} is in production and has no `{key}`"),
                    format!("add {need}, or say stage = \"development\""),
                );
            }
            if self
                .fleet
                .model
                .hosts
                .get(host)
                .is_some_and(|host| host.operators.is_empty())
            {
                let at = self.place(&["hosts", host]);
                self.say(
                    Code::ProductionNeeds,
                    self.fleet
                        .declared
                        .get(&("hosts", host.to_string()))
                        .copied()
                        .unwrap_or(at),
                    format!("{host} carries {name} in production and nobody can log in"),
                    "add operators = [\"chris\"]",
                );
            }
        }
        if let Some(original) = &instance.copy_of {
            let at = self.place(&["instances", name, "copy_of"]);
            if instance.stage != Stage::Staging {
                self.say(
                    Code::BadCopy,
                    at,
                    "a copy is sealed, so it is staging",
                    "add stage = \"staging\"",
                );
            }
            if original == name {
                self.say(
                    Code::BadCopy,
                    at,
                    "an instance cannot be a copy of itself",
                    "name another instance",
                );
            } else if let Some(original) = self.fleet.model.instances.get(original) {
                if original.copy_of.is_some() {
                    self.say(
                        Code::BadCopy,
                        at,
                        "the original is a copy itself",
                        "name the instance it is a copy of",
                    );
                } else if original.backup.is_none() {
                    self.say(
                        Code::BadCopy,
                        at,
                        "the original has no backup to restore from",
                        "give the original a `backup`",
                    );
                }
            }
        } else if instance.stage == Stage::Staging {
            let at = self.place(&["instances", name, "stage"]);
            self.say(
                Code::HasState,
                at,
                format!("{name} is staging, but a copy of nothing"),
                "add copy_of = \"…\", or say stage = \"development\"",
            );
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
                host,
            );
            self.promise(
                name,
                host.disk_gb,
                "disk_gb",
                sum(|instance| instance.cache.budget_gb),
                HOST_DISK,
                host,
            );
        }
    }

    fn promise(
        &mut self,
        name: &Name,
        has: Option<u32>,
        key: &str,
        promised: u64,
        kept: u32,
        _host: &Host,
    ) {
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
