//! The last plan: read from what `coop plan --format json` printed, and put in short.

use std::io;
use std::path::Path;

use serde::Serialize;
use thiserror::Error;

use crate::plan::{self, Report};

/// Why a file is no plan.
#[derive(Debug, Error)]
pub enum PlanFileError {
    /// The system refused.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is a fleet that `coop plan --save` wrote.
    #[error(
        "{0} is a saved fleet, not a plan; make the plan with `coop plan --against-file {0} --format json`"
    )]
    Saved(String),
    /// It is one of another fleet.
    #[error(
        "{path} is a plan of the fleet \"{found}\", and this one is \"{expected}\"; make one here with \
         `coop plan --format json`"
    )]
    Other {
        /// The file.
        path: String,
        /// The fleet it is of.
        found: String,
        /// The fleet that it should be of.
        expected: String,
    },
    /// It is something else.
    #[error("{path} is no plan; make one with `coop plan --format json`")]
    Form {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads what `coop plan --format json` printed of the fleet of this name.
///
/// # Errors
/// Where the file cannot be read, or is something else.
pub fn read_of(fleet: &str, path: &Path) -> Result<Report, PlanFileError> {
    let plan = read(path)?;
    match plan.fleet {
        Some(found) if found != fleet => Err(PlanFileError::Other {
            path: path.display().to_string(),
            found,
            expected: fleet.to_owned(),
        }),
        _ => Ok(plan),
    }
}

fn read(path: &Path) -> Result<Report, PlanFileError> {
    let shown = path.display().to_string();
    let text = std::fs::read(path).map_err(|source| PlanFileError::Read {
        path: shown.clone(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| {
        let is_saved = serde_json::from_slice::<serde_json::Value>(&text)
            .is_ok_and(|value| value.get("version").is_some() && value.get("files").is_some());
        if is_saved {
            PlanFileError::Saved(shown)
        } else {
            PlanFileError::Form {
                path: shown,
                source,
            }
        }
    })
}

/// A plan, in short.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    against: String,
    nixpkgs: Option<String>,
    not_evaluated: Option<String>,
    people: Vec<plan::Section>,
    hosts: Vec<Host>,
}

#[derive(Debug, Serialize)]
struct Host {
    name: String,
    /// What becomes of it.
    state: &'static str,
    alarms: Vec<String>,
    blocks: Vec<plan::Block>,
    diffs: Vec<Diff>,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct Diff {
    title: String,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    /// `added`, `removed` or nothing.
    kind: &'static str,
    text: String,
}

impl Shown {
    pub(super) fn of(report: &Report) -> Self {
        let hosts = report.hosts.iter().map(|(name, host)| {
            let outline = plan::of_host(host, false);
            Host {
                name: name.clone(),
                state: plan::state_words(host),
                alarms: outline.alarms,
                blocks: outline.blocks,
                diffs: outline
                    .diffs
                    .into_iter()
                    .map(|diff| Diff {
                        title: diff.title,
                        lines: diff.text.lines().map(line).collect(),
                    })
                    .collect(),
                left_out: outline.left_out,
            }
        });
        Self {
            against: plan::against(&report.against),
            nixpkgs: report.nixpkgs.clone(),
            not_evaluated: report.not_evaluated.clone(),
            people: report.people.clone(),
            hosts: if report.not_evaluated.is_some() {
                Vec::new()
            } else {
                hosts.collect()
            },
        }
    }
}

fn line(text: &str) -> Line {
    Line {
        kind: match text.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            _ => "",
        },
        text: text.to_owned(),
    }
}
