//! What came of an evaluation, as findings about lines of coop.toml.

use super::evaluation::{Evaluation, Target};
use crate::diagnostics::{Code, Diagnostic};
use crate::fleet::Fleet;
use crate::lock::Lock;

/// The findings of an evaluation.
#[must_use]
pub fn findings(_fleet: &Fleet, _lock: &Lock, evaluation: &Evaluation) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for record in &evaluation.records {
        let name = match &record.target {
            Target::Host(name) | Target::Test { name, .. } => name,
        };
        if let Err(report) = &record.outcome {
            findings.push(Diagnostic::new(
                Code::NotEvaluated,
                format!("{name}: {report}"),
            ));
        }
        for warning in &record.warnings {
            findings.push(Diagnostic::new(
                Code::LeftBehind,
                format!("{name}: {warning}"),
            ));
        }
    }
    findings
}
