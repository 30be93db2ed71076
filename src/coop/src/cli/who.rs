//! `coop who ADDRESS`: where may this address join or apply, and through which hole else.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;

use super::{Context, Verdict};
use crate::fleet::{self, Fleet, Instance};

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
            if verdict == "neither" {
                for hole in fleet.holes_of(instance) {
                    if let Some(words) = hole.for_domain(domain) {
                        let _ = writeln!(text, "  {words}");
                    }
                }
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
