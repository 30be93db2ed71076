//! Federation policies: the rules a fleet gave itself about blocking.

use std::collections::BTreeMap;

use super::{Check, is_at_or_below, is_public_suffix, word};
use crate::diagnostics::{Code, Diagnostic, Origin};
use crate::fleet::text::Domain;

impl Check<'_> {
    pub(super) fn policies(&mut self) {
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
                            if self.fleet.sources.path(at.file).extension().is_some_and(|end| end == "csv") {
                                format!("give it a word in the column #ground (the policy allows {listed})")
                            } else {
                                format!("add ground = \"{}\" (the policy allows {listed})", words[0])
                            },
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
}
