//! `coop check`: how sound the fleet is, and how far coop looked.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use nix_flake::record::Records;

use super::{Context, Verdict};
use crate::catalogue::{self, Shelf};
use crate::check::{self, Choice, Evaluation, NotEvaluated, Resident, Target, Unavailable};
use crate::diagnostics::{self, Code, Diagnostic, Format, Renderer, Severity};
use crate::fleet::{Files as _, Fleet, Folder};
use crate::lock::Lock;

/// Say how sound the fleet is, and how far coop looked
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct Check {
    /// How findings are written
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Format,
    /// Findings that count as errors
    #[arg(long, value_name = "KIND")]
    deny: Option<Deny>,
    /// What the check must have done, for CI
    #[arg(long, value_name = "WHAT")]
    require: Option<Require>,
    /// The nixpkgs to evaluate with, in place of the one that flake.lock pins
    #[arg(long, value_name = "FOLDER|FLAKEREF", conflicts_with = "quick")]
    nixpkgs: Option<String>,
    /// Download the nixpkgs that flake.lock pins, if it is not on this machine
    #[arg(long, conflicts_with = "quick")]
    download: bool,
    /// Evaluate nothing
    #[arg(long, conflicts_with = "require")]
    quick: bool,
    /// Evaluate everything anew, also what did not change since an earlier check
    #[arg(long, conflicts_with = "quick")]
    fresh: bool,
    /// Save what was evaluated, from which files, and what came of it
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    save_record: Option<PathBuf>,
    /// Show what was saved, and say whether the fleet is still that one; evaluate nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "save_record", "require", "fresh", "deny"])]
    show_record: Option<PathBuf>,
    /// Hold every answer from a record against a fresh one
    #[arg(long, hide = true, conflicts_with_all = ["quick", "fresh"])]
    verify_records: bool,
    /// Why nothing is evaluated, where it was not asked for.
    #[arg(skip)]
    why: Option<&'static str>,
    /// What earlier checks of this process left.
    #[arg(skip)]
    resident: Option<Arc<Resident>>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
}

#[derive(Clone, Copy, ValueEnum)]
enum Require {
    /// A full evaluation of every host
    Evaluation,
}

/// So many differences from a saved record are shown.
const SHOWN: usize = 20;

/// How far the check went beyond coop.toml.
enum Proof {
    /// It evaluated the hosts.
    Evaluated(Box<Evaluation>, Duration),
    /// It did not, for this reason.
    Not(String),
}

/// What a check has to say.
pub(super) struct Answer {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) verdict: Verdict,
    evaluation: Option<Box<Evaluation>>,
}

impl Answer {
    /// Does what is left to do once the answer is shown.
    pub(super) fn finish(&self) {
        if let Some(evaluation) = &self.evaluation {
            evaluation.finish();
        }
    }
}

impl Check {
    /// One that evaluates nothing, for people, and why.
    pub(super) fn quick(why: Option<&'static str>) -> Self {
        Self {
            format: Format::Human,
            deny: None,
            require: None,
            nixpkgs: None,
            download: false,
            quick: true,
            fresh: false,
            save_record: None,
            show_record: None,
            verify_records: false,
            why,
            resident: None,
        }
    }

    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        if let Some(path) = &self.show_record {
            return self.show(context, path);
        }
        let answer = self.answer(context)?;
        io::stderr().write_all(answer.stderr.as_bytes())?;
        io::stdout().write_all(answer.stdout.as_bytes())?;
        answer.finish();
        Ok(answer.verdict)
    }

    /// One for people that follows others.
    pub(super) fn next(nixpkgs: Option<String>, resident: Arc<Resident>) -> Self {
        Self {
            nixpkgs,
            quick: false,
            resident: Some(resident),
            ..Self::quick(None)
        }
    }

    /// Checks, and prints nothing but progress.
    pub(super) fn answer(&self, context: &Context) -> anyhow::Result<Answer> {
        let fleet = context.load();
        let mut findings = fleet.findings.clone();
        let proof = if fleet.has_errors() {
            Proof::Not("mend these first".to_owned())
        } else {
            self.prove(context, &fleet, &mut findings)?
        };
        let options = catalogue::findings(&fleet, &Folder(context.dir.clone()), &Shelf::of_user());
        match &proof {
            // What evaluation says is certain; the catalogue has words for it.
            Proof::Evaluated(..) => catalogue::enrich(&mut findings, &options),
            Proof::Not(_) => {
                findings.extend(options);
                diagnostics::sort(&mut findings);
            }
        }
        if matches!(self.require, Some(Require::Evaluation))
            && let Proof::Not(why) = &proof
        {
            findings.push(
                Diagnostic::new(Code::NotEvaluated, "the hosts were not evaluated")
                    .help(why.clone()),
            );
        }
        let deny_warnings = self.deny.is_some();
        let renderer = Renderer {
            sources: &fleet.sources,
            format: self.format,
            color: context.color,
            deny_warnings,
        };
        let text = renderer.render(&findings);
        let errors = count(&findings, Severity::Error);
        let warnings = count(&findings, Severity::Warning);
        let failed = errors > 0 || (deny_warnings && warnings > 0);
        let (stdout, stderr) = if self.format == Format::Human {
            (summary(&fleet, &proof, errors, warnings, failed), text)
        } else {
            (text, String::new())
        };
        Ok(Answer {
            stdout,
            stderr,
            verdict: if failed {
                Verdict::Findings
            } else {
                Verdict::Fine
            },
            evaluation: match proof {
                Proof::Evaluated(evaluation, _) => Some(evaluation),
                Proof::Not(_) => None,
            },
        })
    }

    /// Shows a saved record, and holds it against the fleet.
    fn show(&self, context: &Context, path: &Path) -> anyhow::Result<Verdict> {
        let named = || format!("{}", path.display());
        let text = fs::read_to_string(path).with_context(named)?;
        let proof = check::Proof::parse(&text).with_context(named)?;
        let fleet = context.load();
        if fleet.has_errors() {
            bail!("the fleet has errors: run coop check");
        }
        let lock = match fs::read_to_string(context.dir.join("coop.lock")) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(anyhow::Error::new(error).context("coop.lock cannot be read")),
        };
        let Ok(lock) = Lock::parse(lock.as_deref()) else {
            bail!("coop.lock has errors: run coop check");
        };
        let (lock, _) = lock.settle(&fleet);
        let choice = Choice {
            named: self.nixpkgs.clone(),
            download: self.download,
        };
        let now = check::sources(&fleet, &lock, &context.dir, &choice)?;
        let found = proof.sources.differences(&now);
        let mut text = proof.show();
        if found.is_empty() {
            text.push_str("the fleet is still this one\n");
        } else {
            text.push_str("the fleet is not this one any more:\n");
            for line in found.iter().take(SHOWN) {
                text.extend(["  ", line, "\n"]);
            }
            if found.len() > SHOWN {
                text.extend(["  and ", &(found.len() - SHOWN).to_string(), " more\n"]);
            }
        }
        io::stdout().write_all(text.as_bytes())?;
        Ok(if found.is_empty() {
            Verdict::Fine
        } else {
            Verdict::Findings
        })
    }

    /// Evaluates what would be generated.
    fn prove(
        &self,
        context: &Context,
        fleet: &Fleet,
        findings: &mut Vec<Diagnostic>,
    ) -> anyhow::Result<Proof> {
        let folder = Folder(context.dir.clone());
        let text = match folder.read("coop.lock") {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(anyhow::Error::new(error).context("coop.lock cannot be read")),
        };
        let lock = match Lock::parse(text.as_deref()) {
            Ok(lock) => lock,
            Err(finding) => {
                findings.push(*finding);
                return Ok(Proof::Not("mend coop.lock first".to_owned()));
            }
        };
        let (lock, settled) = lock.settle(fleet);
        let is_refused = count(&settled, Severity::Error) > 0;
        findings.extend(settled);
        if is_refused {
            return Ok(Proof::Not("mend these first".to_owned()));
        }
        if self.quick {
            let why = self
                .why
                .unwrap_or("leave --quick out to evaluate every host");
            return Ok(Proof::Not(why.to_owned()));
        }
        if fleet.model.hosts.is_empty() {
            return Ok(Proof::Not("there is no host yet".to_owned()));
        }
        let choice = Choice {
            named: self.nixpkgs.clone(),
            download: self.download,
        };
        if io::stderr().is_terminal() && self.format == Format::Human && self.resident.is_none() {
            write!(
                io::stderr(),
                "evaluating {} …\r",
                many(fleet.model.hosts.len(), "host")
            )?;
        }
        let start = Instant::now();
        let records = match (self.fresh, self.verify_records) {
            (true, _) => Records::Renew,
            (_, true) => Records::Verify,
            _ => Records::Use,
        };
        let resident = self.resident.as_deref();
        match check::evaluate(fleet, &lock, &context.dir, &choice, records, resident) {
            Ok(evaluation) => {
                findings.extend(evaluation.findings.iter().cloned());
                if let Some(path) = &self.save_record {
                    save(&evaluation, path)?;
                }
                Ok(Proof::Evaluated(Box::new(evaluation), start.elapsed()))
            }
            Err(NotEvaluated::Unavailable(Unavailable::Nowhere)) => Ok(Proof::Not(
                "nixpkgs is not on this machine: name one with --nixpkgs or COOP_NIXPKGS, or fetch \
                 the pinned one with --download"
                    .to_owned(),
            )),
            Err(NotEvaluated::Inputs(why)) => Ok(Proof::Not(why)),
            Err(error) => Err(error.into()),
        }
    }
}

fn count(findings: &[Diagnostic], severity: Severity) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity() == severity)
        .count()
}

/// `1 host`, `2 hosts`.
fn many(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

fn summary(fleet: &Fleet, proof: &Proof, errors: usize, warnings: usize, failed: bool) -> String {
    let model = &fleet.model;
    let found = match (errors, warnings) {
        (0, 0) => "nothing to say".to_owned(),
        (0, warnings) => many(warnings, "warning"),
        (errors, 0) => many(errors, "error"),
        (errors, warnings) => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    };
    let headline = match proof {
        Proof::Evaluated(..) => "EVALUATED",
        Proof::Not(_) => "NOT EVALUATED",
    };
    if failed {
        return format!("NOT SOUND · {found} · {headline}\n{}", how_far(proof));
    }
    let name = model
        .fleet
        .as_ref()
        .map_or(String::new(), |fleet| format!("{}: ", fleet.name));
    let deployed = model
        .instances
        .values()
        .filter(|instance| instance.is_deployed())
        .count();
    let external = model.instances.len() - deployed;
    let blocks: usize = fleet.blocks.values().map(Vec::len).sum();
    let sound = match proof {
        Proof::Evaluated(..) => "sound",
        Proof::Not(_) => "sound as far as coop looked",
    };
    format!(
        "{name}{sound} · {headline}\n\
         \x20 {}, {}, {external} external, {}\n\
         \x20 {}, {}, {}\n\
         \x20 looked at: TOML, names, lists, policies, capacity, options · {found}\n{}",
        many(model.hosts.len(), "host"),
        many(deployed, "instance"),
        many(model.tenants.len(), "tenant"),
        many(model.allowlists.len(), "allow list"),
        if model.policies.len() == 1 {
            "1 policy".to_owned()
        } else {
            format!("{} policies", model.policies.len())
        },
        many(blocks, "block"),
        how_far(proof),
    )
}

/// What was evaluated, or why nothing was.
fn how_far(proof: &Proof) -> String {
    match proof {
        Proof::Evaluated(evaluation, took) => {
            let of_kind = |is_host: bool| {
                let records = evaluation.records.iter();
                records
                    .filter(|record| matches!(record.target, Target::Host(_)) == is_host)
                    .count()
            };
            format!(
                "  evaluated: {}, {}{}, with nixpkgs from {} · {:.1} s\n",
                many(of_kind(true), "host"),
                many(of_kind(false), "VM test"),
                unchanged(evaluation),
                evaluation.nixpkgs,
                took.as_secs_f64(),
            )
        }
        Proof::Not(why) => format!("  not evaluated: {why}\n"),
    }
}

/// Saves what was evaluated.
fn save(evaluation: &Evaluation, path: &Path) -> anyhow::Result<()> {
    let date = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let sources = evaluation.sources.clone();
    let proof = check::Proof::new(sources, &evaluation.records, date.to_string());
    let text = serde_json::to_string_pretty(&proof)? + "\n";
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// How many answers are those of earlier checks, and since when they hold.
fn unchanged(evaluation: &Evaluation) -> String {
    let records = evaluation.records.iter();
    let recorded: Vec<Option<SystemTime>> = records.map(|record| record.recorded).collect();
    in_brackets(&recorded)
}

fn in_brackets(answers: &[Option<SystemTime>]) -> String {
    let recorded: Vec<&SystemTime> = answers.iter().flatten().collect();
    let Some(first) = recorded.iter().min() else {
        return String::new();
    };
    let number = if recorded.len() == answers.len() {
        "all".to_owned()
    } else {
        format!("{} of them", recorded.len())
    };
    let at = jiff::Timestamp::try_from(**first).map_or_else(
        |_| String::new(),
        |at| {
            let at = at.to_zoned(jiff::tz::TimeZone::system());
            format!(" since {}", at.strftime("%Y-%m-%d %H:%M"))
        },
    );
    format!(" ({number} unchanged{at})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_says_how_many_answers_are_recorded_and_since_when_the_oldest_is() {
        let at = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_hours(24 * day);
        assert_eq!(in_brackets(&[None, None]), "");
        let some = in_brackets(&[Some(at(700)), None, Some(at(400))]);
        assert!(
            some.starts_with(" (2 of them unchanged since 1971-02-0"),
            "{some}"
        );
        let all = in_brackets(&[Some(at(400))]);
        assert!(all.starts_with(" (all unchanged since 1971-02-0"), "{all}");
    }
}
