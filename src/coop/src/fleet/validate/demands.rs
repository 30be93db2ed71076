//! What the Mastodon modules assert (`modules/mastodon/`), said here about the lines of coop.toml:
//! nobody should meet these in an evaluation.

use std::collections::BTreeMap;

use super::{Check, is_at_or_below};
use crate::diagnostics::{Code, Diagnostic, Origin};
use crate::fleet::model::{Bucket, FederationMode, Instance, Stage};
use crate::fleet::text::Name;

/// Names that Mastodon keeps for itself (`config/settings.yml`, `reserved_usernames`).
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "help",
    "mod",
    "moderator",
    "root",
    "support",
    "webmaster",
];
/// The longest user name (`app/models/account.rb`, `USERNAME_LENGTH_LIMIT`), in characters.
const LONGEST_ACCOUNT: usize = 30;

/// Why Mastodon would not make an account for a person of this name.
#[must_use]
pub fn account_refusal(name: &str) -> Option<&'static str> {
    if RESERVED.contains(&name) {
        Some("it is reserved")
    } else if name.len() > LONGEST_ACCOUNT {
        Some("it has more than 30 characters")
    } else {
        None
    }
}

impl Check<'_> {
    pub(super) fn demands(&mut self) {
        let fleet = self.fleet;
        let mut buckets: BTreeMap<(&str, &str), (&Name, Origin)> = BTreeMap::new();
        for (name, instance) in &fleet.model.instances {
            if !instance.is_deployed() {
                continue;
            }
            if instance.copy_of.is_some() {
                if instance.stage == Stage::Staging {
                    self.sealed(name, instance);
                }
                continue;
            }
            if self
                .fleet
                .tree
                .get(&["instances", name, "copy_at"])
                .is_some()
            {
                let at = self.fleet.tree.key(&["instances", name, "copy_at"]);
                self.say(
                    Code::BadCopy,
                    at,
                    format!("{name} is a copy of nothing, so `copy_at` has no meaning"),
                    "take `copy_at` out, or add copy_of = \"…\"",
                );
            }
            self.owner_has_an_account(name, instance);
            self.owner_is_listed(name, instance);
            let bucket = instance.media.bucket.as_ref();
            if let Some(bucket) = bucket.and_then(|bucket| fleet.model.buckets.get(bucket)) {
                let at = self.place(&["instances", name, "media", "bucket"]);
                let place = (&*bucket.endpoint, &*bucket.bucket);
                if let Some((other, first)) = buckets.get(&place) {
                    self.findings.push(
                        Diagnostic::new(
                            Code::BadBucket,
                            format!("{name} and {other} would keep their media in one bucket"),
                        )
                        .at(at, "again here")
                        .also(*first, "first here")
                        .help("give each a bucket of its own: each would delete the other's files"),
                    );
                } else {
                    buckets.insert(place, (name, at));
                }
                self.alias_is_its_own(instance, bucket, at);
            }
        }
        for (name, bucket) in &fleet.model.buckets {
            self.bucket(name, bucket);
        }
        for (name, backup) in &fleet.model.backups {
            let keep = &backup.keep;
            if keep.daily == 0 && keep.weekly == 0 && keep.monthly == 0 {
                let at = self.place(&["backups", name, "keep"]);
                self.say(
                    Code::KeepsNothing,
                    at,
                    format!("{name} keeps no backup at all"),
                    "add keep = { daily = 7, weekly = 4 }",
                );
            }
        }
    }

    fn owner_has_an_account(&mut self, name: &Name, instance: &Instance) {
        let Some(owner) = &instance.owner else { return };
        if let Some(why) = account_refusal(owner) {
            let at = self.place(&["instances", name, "owner"]);
            self.say(
                Code::NoAccount,
                at,
                format!("Mastodon gives nobody the account {owner}: {why}"),
                format!("call the person otherwise: [people.{owner}] is where the name comes from"),
            );
        }
    }

    /// Mastodon holds the address of an administrator, too, against its list.
    fn owner_is_listed(&mut self, name: &Name, instance: &Instance) {
        let owner = instance.owner.as_ref();
        let Some(person) = owner.and_then(|owner| self.fleet.model.people.get(owner)) else {
            return;
        };
        let lists = [&instance.signup.join, &instance.signup.apply];
        let mut listed = Vec::new();
        for lists in lists {
            match self.fleet.domains_of(lists) {
                // With `anyone` there is no list to be on.
                None => return,
                Some(domains) => listed.extend(domains.into_keys()),
            }
        }
        let Some((_, domain)) = person.email.rsplit_once('@') else {
            return;
        };
        if listed.is_empty() || listed.iter().any(|listed| is_at_or_below(domain, listed)) {
            return;
        }
        let at = self.place(&["instances", name, "owner"]);
        let mut shown: Vec<String> = listed.iter().take(3).map(ToString::to_string).collect();
        if listed.len() > shown.len() {
            shown.push("…".to_owned());
        }
        self.say(
            Code::OwnerNotListed,
            at,
            format!(
                "Mastodon would refuse {} to {name}'s owner: {domain} is on none of its lists ({})",
                &*person.email,
                shown.join(", ")
            ),
            format!("add {domain} to a list in `signup`, or name an owner whose address is listed"),
        );
    }

    fn sealed(&mut self, name: &Name, instance: &Instance) {
        let signup = &instance.signup;
        let closed = signup.join.is_empty() && signup.apply.is_empty();
        let limited = instance.federation_mode() == FederationMode::Limited;
        let refused = [
            ("signup", !closed, "nobody signs up to it"),
            ("invites", instance.invites, "nobody signs up to it"),
            ("federation", !limited, "it would speak in another's name"),
            (
                "backup",
                instance.backup.is_some(),
                "it is made of a backup",
            ),
            ("mail", instance.mail.relay.is_some(), "it sends no mail"),
            (
                "media",
                instance.media.bucket.is_some(),
                "it would overwrite what is in the bucket",
            ),
        ];
        for (key, is_set, why) in refused {
            if is_set && self.says_itself(name, instance, key) {
                let at = self.fleet.tree.key(&["instances", name, key]);
                self.say(
                    Code::BadCopy,
                    at,
                    format!("{name} is a sealed copy: {why}"),
                    format!("take `{key}` out"),
                );
            }
        }
        let original = instance.copy_of.as_ref();
        let original =
            original.and_then(|original| self.fleet.model.instances.get_key_value(original));
        if let Some((original, settings)) = original
            && !settings.is_deployed()
        {
            let at = self.place(&["instances", name, "copy_of"]);
            self.say(
                Code::BadCopy,
                at,
                format!("{original} is run elsewhere, so coop has no backup of it"),
                "name an instance that coop deploys",
            );
        }
    }

    /// Whether the key is written in the instance's own table: what a profile says is for all who
    /// share it, and is left out where it has no meaning.
    pub(super) fn says_itself(&self, name: &Name, instance: &Instance, key: &str) -> bool {
        let Some(own) = self.fleet.tree.get(&["instances", name, key]) else {
            return false;
        };
        let profile = instance.profile.as_ref();
        let shared = profile.and_then(|profile| self.fleet.tree.get(&["profiles", profile, key]));
        shared.is_none_or(|shared| shared.at != own.at)
    }

    fn bucket(&mut self, name: &Name, bucket: &Bucket) {
        let host = bucket.endpoint.strip_prefix("https://");
        if host.is_none_or(|host| host.contains(['/', '@'])) {
            let at = self.place(&["buckets", name, "endpoint"]);
            self.say(
                Code::BadBucket,
                at,
                "an endpoint is https:// and a host, without a path",
                "write the bucket's name in `bucket`",
            );
        }
        if bucket.access_key.secret == bucket.secret_key.secret {
            let at = self.place(&["buckets", name, "secret_key"]);
            self.say(
                Code::BadBucket,
                at,
                "the identifier and the secret part of a key are two secrets",
                "give each a name of its own",
            );
        }
    }

    fn alias_is_its_own(&mut self, instance: &Instance, bucket: &Bucket, at: Origin) {
        let Some(alias) = &bucket.alias else { return };
        let answers = instance.web_domain.as_ref().unwrap_or(&instance.domain);
        if alias == answers || *alias == instance.domain {
            self.say(
                Code::BadBucket,
                at,
                format!("{alias} is the instance itself, and cannot be its bucket as well"),
                "give the bucket an `alias` of its own",
            );
        }
    }
}
