//! `coop schema`: the JSON Schema for editors, and the reference page for people.

use std::io::{self, Write as _};

use clap::Args;

use super::Verdict;
use crate::check::PROOF_SCHEMA;
use crate::fleet::{SCHEMA, reference};
use crate::plan::PLAN_SCHEMA;

/// Print the JSON Schema of coop.toml, for `#:schema ./coop.schema.json`
#[derive(Args)]
pub(super) struct Schema {
    /// Print the reference page in Markdown instead
    #[arg(long)]
    markdown: bool,
    /// Print the JSON Schema of `coop plan --format json` instead
    #[arg(long, conflicts_with = "markdown")]
    plan: bool,
    /// Print the JSON Schema of `coop check --save-record` instead
    #[arg(long, conflicts_with_all = ["markdown", "plan"])]
    record: bool,
}

impl Schema {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let text = if self.markdown {
            reference()
        } else if self.plan {
            serde_json::to_string_pretty(&*PLAN_SCHEMA)? + "\n"
        } else if self.record {
            serde_json::to_string_pretty(&*PROOF_SCHEMA)? + "\n"
        } else {
            serde_json::to_string_pretty(&*SCHEMA)? + "\n"
        };
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}
