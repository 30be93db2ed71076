//! Allow lists: cycles, and domains that mean everybody or nobody.

use std::collections::BTreeSet;

use super::{Check, has_known_suffix, is_public_suffix};
use crate::diagnostics::{Code, Origin};
use crate::fleet::text::{Domain, Name};

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

impl Check<'_> {
    pub(super) fn lists(&mut self) {
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
}
