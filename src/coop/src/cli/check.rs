//! `coop check`: how sound the fleet is, and how far coop looked.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};

use super::{Context, Verdict};
use crate::diagnostics::{Code, Diagnostic, Format, Renderer, Severity};
use crate::fleet::Fleet;

/// Say how sound the fleet is, and how far coop looked
#[derive(Args)]
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

impl Check {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let fleet = context.load();
        let mut findings = fleet.findings.clone();
        if matches!(self.require, Some(Require::Evaluation)) {
            findings.push(
                Diagnostic::new(Code::NotEvaluated, "the hosts were not evaluated")
                    .help("leave --require evaluation out"),
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
        if self.format == Format::Human {
            io::stderr().write_all(text.as_bytes())?;
            io::stdout().write_all(summary(&fleet, errors, warnings, failed).as_bytes())?;
        } else {
            io::stdout().write_all(text.as_bytes())?;
        }
        Ok(if failed {
            Verdict::Findings
        } else {
            Verdict::Fine
        })
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

fn summary(fleet: &Fleet, errors: usize, warnings: usize, failed: bool) -> String {
    let model = &fleet.model;
    let found = match (errors, warnings) {
        (0, 0) => "nothing to say".to_owned(),
        (0, warnings) => many(warnings, "warning"),
        (errors, 0) => many(errors, "error"),
        (errors, warnings) => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    };
    if failed {
        return format!("NOT SOUND · {found} · NOT EVALUATED\n");
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
    format!(
        "{name}sound as far as coop looked · NOT EVALUATED\n\
         \x20 {}, {}, {external} external, {}\n\
         \x20 {}, {}, {}\n\
         \x20 looked at: TOML, names, lists, policies, capacity · {found}\n",
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
    )
}
