//! `coop plan`: what changes for people, against a git revision.

use std::io::{self, Write as _};

use clap::Args;

use super::{Context, Verdict};
use crate::diagnostics::{Code, Diagnostic};
use crate::fleet::{self, Revision};
use crate::plan;

/// Say what changes for people since a git revision
#[derive(Args)]
pub(super) struct Plan {
    /// The revision to compare with, as git names it
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    against: String,
}

impl Plan {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let Some(new) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let revision = match Revision::find(&context.dir, &self.against) {
            Ok(revision) => revision,
            Err(why) => {
                let finding = Diagnostic::new(Code::NoRevision, format!("{}: {why}", self.against))
                    .help("name a branch, tag or commit: coop plan --against main");
                context.report(&new.sources, &[finding])?;
                return Ok(Verdict::Findings);
            }
        };
        let old = fleet::load(&revision);
        let short: String = revision.commit().chars().take(12).collect();
        let words = plan::in_words(&old, &new);
        let mut text = format!("Against {} ({short}), in people's words:\n", self.against);
        if old.has_errors() {
            text.push_str(
                "  that revision has errors of its own, so that some of it is missing here\n",
            );
        }
        text.push_str(if words.is_empty() {
            "  nothing changes for anybody\n"
        } else {
            &words
        });
        text.push_str("What changes on the hosts themselves is NOT EVALUATED.\n");
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}
