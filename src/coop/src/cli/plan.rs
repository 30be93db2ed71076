//! `coop plan`: what changes for people and on every host.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Context, Verdict};
use crate::check::Choice;
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::fleet::{Files as _, Folder};
use crate::lock::Lock;
use crate::plan::{self, Baseline, PlanError, Request};

/// Say what the fleet would change, for people and on every host
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Plan {
    /// The git revision to compare with
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    against: String,
    /// A saved plan to compare with
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    against_file: Option<PathBuf>,
    /// Compare with what each host runs, asked over ssh as root@HOST
    #[arg(long, conflicts_with_all = ["against", "against_file", "quick"])]
    deployed: bool,
    /// Write the fleet and its hosts as they are to a file, to compare with later
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "hosts"])]
    save: Option<PathBuf>,
    /// How the plan is written
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Form,
    /// Leave nothing out
    #[arg(long)]
    full: bool,
    /// This host alone; may be given several times
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// End with 1 if anything changes
    #[arg(long)]
    fail_on_change: bool,
    /// The nixpkgs to evaluate with, in place of the one that flake.lock pins
    #[arg(long, value_name = "FOLDER|FLAKEREF", conflicts_with = "quick")]
    nixpkgs: Option<String>,
    /// Download the nixpkgs that flake.lock pins, if it is not on this machine
    #[arg(long, conflicts_with = "quick")]
    download: bool,
    /// Evaluate nothing
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal
    Human,
    /// One JSON document, of the form that `coop schema --plan` prints
    Json,
    /// For a pull request
    Markdown,
}

impl Plan {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let Some(fleet) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let unknown = self
            .hosts
            .iter()
            .find(|name| !fleet.model.hosts.keys().any(|known| **known == ***name));
        if let Some(name) = unknown {
            let finding = Diagnostic::new(Code::NotDeclared, format!("there is no host {name}"))
                .help("`coop plan` without --host takes all of them");
            context.report(&fleet.sources, &[finding])?;
            return Ok(Verdict::Findings);
        }
        let text = Folder(context.dir.clone()).read("coop.lock").ok();
        let (lock, settled) = match Lock::parse(text.as_deref()) {
            Ok(lock) => lock.settle(&fleet),
            Err(finding) => {
                context.report(&fleet.sources, &[*finding])?;
                return Ok(Verdict::Findings);
            }
        };
        let errors: Vec<Diagnostic> = settled
            .into_iter()
            .filter(|finding| finding.severity() == Severity::Error)
            .collect();
        if !errors.is_empty() {
            context.report(&fleet.sources, &errors)?;
            return Ok(Verdict::Findings);
        }
        let baseline = match (self.deployed, self.against_file) {
            (true, _) => Baseline::Deployed,
            (false, Some(file)) => Baseline::File(file),
            (false, None) => Baseline::Revision(self.against),
        };
        let request = Request {
            fleet: &fleet,
            lock: &lock,
            folder: &context.dir,
            baseline,
            nixpkgs: (!self.quick).then_some(Choice {
                named: self.nixpkgs,
                download: self.download,
            }),
            hosts: self.hosts.into_iter().collect::<BTreeSet<_>>(),
            save: self.save,
        };
        let outcome = match plan::plan(&request) {
            Ok(outcome) => outcome,
            Err(PlanError::Baseline(finding)) => {
                context.report(&fleet.sources, &[*finding])?;
                return Ok(Verdict::Findings);
            }
            Err(error) => return Err(error.into()),
        };
        context.report(&fleet.sources, &outcome.findings)?;
        let text = match self.format {
            Form::Human => plan::human(&outcome.report, self.full),
            Form::Markdown => plan::markdown(&outcome.report, self.full),
            Form::Json => serde_json::to_string_pretty(&outcome.report)? + "\n",
        };
        io::stdout().write_all(text.as_bytes())?;
        let failed =
            outcome.report.has_failures() || (self.fail_on_change && outcome.report.changes);
        Ok(if failed {
            Verdict::Findings
        } else {
            Verdict::Fine
        })
    }
}
