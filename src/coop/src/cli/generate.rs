//! `coop generate`: settles what is new in coop.lock and writes what follows from coop.toml.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Verdict};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::fleet::{Files as _, Folder};
use crate::generate::{self, Action, Plan, Surroundings};
use crate::lock::Lock;

/// Write the flake: hosts, modules, tests, policies, and coop.lock
#[derive(Args)]
pub(super) struct Generate {
    /// Write nothing; say whether everything is up to date
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change
    #[arg(long, conflicts_with = "check")]
    diff: bool,
    /// Overwrite files that were edited by hand
    #[arg(long)]
    force: bool,
    /// Where to write, if not beside coop.toml
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Generate {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let Some(fleet) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let out = self.out.clone().unwrap_or_else(|| context.dir.clone());
        // A lock is memory: it is read where it will be written.
        let text = match Folder(out.clone()).read("coop.lock") {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context("coop.lock cannot be read"),
        };
        let lock = match Lock::parse(text.as_deref()) {
            Ok(lock) => lock,
            Err(finding) => {
                context.report(&fleet.sources, &[*finding])?;
                return Ok(Verdict::Findings);
            }
        };
        let (lock, findings) = lock.settle(&fleet);
        context.report(&fleet.sources, &findings)?;
        if findings
            .iter()
            .any(|finding| finding.severity() == Severity::Error)
        {
            return Ok(Verdict::Findings);
        }
        let around = Surroundings::find(&Folder(out.clone()), &fleet);
        let generated = generate::generate(&fleet, &lock, &around)?;
        let plan = Plan::new(&out, generated, &generate::model(&fleet))?;
        let edited: Vec<&String> = plan
            .actions()
            .iter()
            .filter(|(_, action)| **action == Action::EditedByHand)
            .map(|(path, _)| path)
            .collect();
        if self.diff {
            io::stdout().write_all(difference(&plan).as_bytes())?;
            return Ok(if plan.actions().is_empty() {
                Verdict::Fine
            } else {
                Verdict::Findings
            });
        }
        if !edited.is_empty() && !self.force {
            let findings: Vec<Diagnostic> = edited
                .iter()
                .map(|path| {
                    Diagnostic::new(Code::EditedByHand, format!("{path} was edited by hand"))
                        .help("see `coop generate --diff`; overwrite it with --force")
                })
                .collect();
            context.report(&fleet.sources, &findings)?;
            return Ok(Verdict::Findings);
        }
        if self.check {
            let stale: Vec<Diagnostic> = plan
                .actions()
                .keys()
                .map(|path| {
                    Diagnostic::new(Code::Stale, format!("{path} is not up to date"))
                        .help("run `coop generate`")
                })
                .collect();
            context.report(&fleet.sources, &stale)?;
            return Ok(if stale.is_empty() {
                Verdict::Fine
            } else {
                Verdict::Findings
            });
        }
        plan.write()?;
        io::stdout().write_all(done(&plan).as_bytes())?;
        Ok(Verdict::Fine)
    }
}

fn done(plan: &Plan) -> String {
    let mut text = String::new();
    let mut add = BTreeSet::new();
    let mut machines = Vec::new();
    for (path, action) in plan.actions() {
        let (mark, is_new) = match action {
            Action::Create => ("+", true),
            Action::Change | Action::EditedByHand => ("~", false),
            Action::Delete => ("-", false),
        };
        let _ = writeln!(text, "{mark} {path}");
        if is_new {
            add.insert(path.split('/').next().unwrap_or(path));
            if path.ends_with("/hardware.nix") {
                machines.push(path.as_str());
            }
        }
    }
    if text.is_empty() {
        text.push_str("everything is up to date\n");
    }
    if !machines.is_empty() {
        let _ = writeln!(
            text,
            "next: put each machine's own disks and boot loader in {}",
            machines.join(", ")
        );
    }
    if !add.is_empty() {
        // A flake does not see what git does not know.
        let add: Vec<_> = add.into_iter().collect();
        let _ = writeln!(text, "next: git add {}", add.join(" "));
    }
    text
}

fn difference(plan: &Plan) -> String {
    let mut text = String::new();
    for path in plan.actions().keys() {
        let (old, new) = plan.texts(path);
        let diff = similar::TextDiff::from_lines(old.as_str(), new);
        let _ = write!(text, "{}", diff.unified_diff().header(path, path));
    }
    text
}
