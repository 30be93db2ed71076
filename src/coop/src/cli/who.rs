//! `coop who ADDRESS`: where may this address join or apply, and through which hole else.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;

use super::{Context, Verdict};
use crate::fleet::{self, Fleet, Instance, Service};

/// Say for every instance whether an address may join, apply, or neither
#[derive(Args)]
pub(super) struct Who {
    /// An e-mail address, such as ann@students.webarch.net
    address: String,
}

impl Who {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let address = match fleet::parse_text("coop-email", &self.address) {
            Ok(address) => address,
            Err(refusal) => bail!("{}; {}", refusal.message, refusal.help),
        };
        let Some(fleet) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let domain = address.rsplit('@').next().unwrap_or_default();
        let mut text = String::new();
        for (name, instance) in &fleet.model.instances {
            let (verdict, why) = verdict(&fleet, instance, domain);
            let _ = writeln!(text, "{name} ({}): {verdict}, {why}", instance.domain);
            for hole in holes(&fleet, instance, domain, verdict) {
                let _ = writeln!(text, "  {hole}");
            }
        }
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}

fn verdict(fleet: &Fleet, instance: &Instance, domain: &str) -> (&'static str, String) {
    if let Some(why) = fleet
        .admits(&instance.signup.join, domain)
        .filter(|_| !instance.signup.join.is_empty())
    {
        return ("may join", format!("by {why}"));
    }
    if let Some(why) = fleet
        .admits(&instance.signup.apply, domain)
        .filter(|_| !instance.signup.apply.is_empty())
    {
        return ("may apply", format!("by {why}"));
    }
    if instance.signup.join.is_empty() && instance.signup.apply.is_empty() {
        return ("neither", "its sign-up is closed".into());
    }
    ("neither", "it is on none of its lists".into())
}

/// Ways past the list that the service leaves open.
fn holes(fleet: &Fleet, instance: &Instance, domain: &str, verdict: &str) -> Vec<String> {
    let mut holes = Vec::new();
    if verdict != "neither" {
        return holes;
    }
    if instance.invites {
        holes.push("but any member can invite it: `invites = true` goes past every list".into());
    }
    if instance.external {
        holes.push("coop prints the list for its admins and cannot see whether it is set".into());
    }
    let exact = fleet.domains_of(&instance.signup.join).unwrap_or_default();
    let below = exact.keys().find(|entry| {
        domain
            .strip_suffix(&***entry)
            .is_some_and(|rest| rest.ends_with('.'))
    });
    if let (Some(entry), Service::Mastodon) = (below, instance.service) {
        holes.push(if instance.external {
            format!("but Mastodon's own list matches subdomains of {entry} too")
        } else {
            // The mode is then approval, and only exact matches are approved by themselves.
            format!(
                "but Mastodon's own list matches subdomains of {entry} too: it may ask, and a moderator decides"
            )
        });
    }
    holes
}
