//! Instances: their domains and names, who comes in, what their stage demands.

use std::collections::BTreeMap;

use super::{Check, is_public_suffix, word};
use crate::diagnostics::{Code, Diagnostic, Origin};
use crate::fleet::holes;
use crate::fleet::model::{FederationMode, Instance, Service, Stage};
use crate::fleet::text::{Domain, Name};

impl Check<'_> {
    pub(super) fn instances(&mut self) {
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
            Service::Prosody | Service::Gotosocial => holes::no_list(instance.service),
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
        for key in hosting {
            // A profile's hosting keys are no mistake: it is shared with instances that are run here.
            if self.says_itself(name, instance, key) {
                let at = self.fleet.tree.key(&["instances", name, key]);
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
}
