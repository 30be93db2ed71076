//! A plan from beginning to end: the fleet as it is, what it is compared with, and the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::difference;
use super::evaluation::{Hosts, describe};
use super::remote::{self, Running};
use super::report::{Against, HostPlan, Report, State, SystemPlan};
use super::revision;
use super::saved::{Noting, Saved};
use super::snapshot::Host;
use super::words::in_words;
use crate::check::{Choice, Failed, NotEvaluated, Prepared, Record, Target, Unavailable, tree_of};
use crate::diagnostics::{Code, Diagnostic};
use crate::fleet::{self, Fleet, Folder, Revision};
use crate::lock::Lock;

/// Commits that are looked through for what a host runs.
const COMMITS: usize = 20;

/// What the fleet is compared with.
#[derive(Clone, Debug)]
pub enum Baseline {
    /// A revision in git, by its name.
    Revision(String),
    /// A saved plan.
    File(PathBuf),
    /// What every host says it runs.
    Deployed,
}

/// What is to be planned.
pub struct Request<'a> {
    /// The fleet as it is, without errors.
    pub fleet: &'a Fleet,
    /// Its lock, settled.
    pub lock: &'a Lock,
    /// The folder of `coop.toml`.
    pub folder: &'a Path,
    /// What it is compared with.
    pub baseline: Baseline,
    /// What the user says about nixpkgs; none where nothing is to be evaluated.
    pub nixpkgs: Option<Choice>,
    /// The hosts in question; none means all.
    pub hosts: BTreeSet<String>,
    /// Where to save the fleet and its hosts.
    pub save: Option<PathBuf>,
}

/// What came of it.
pub struct Outcome {
    /// The plan.
    pub report: Report,
    /// What is wrong with the fleet as it is, by lines of coop.toml.
    pub findings: Vec<Diagnostic>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What the fleet is to be compared with is not there.
    #[error("{}", .0.message)]
    Baseline(Box<Diagnostic>),
    /// The plan cannot be saved.
    #[error("{} cannot be written", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is nothing to save.
    #[error("nothing is saved: {0}")]
    NothingToSave(String),
    /// Evaluation could not begin.
    #[error(transparent)]
    Evaluation(#[from] NotEvaluated),
}

/// The old side, before its hosts are evaluated.
enum Old {
    Revision { revision: Revision, name: String },
    File { saved: Saved, path: PathBuf },
    Deployed,
}

/// Works out a plan.
///
/// # Errors
/// [`PlanError`]; a host that does not evaluate is part of the report.
pub fn plan(request: &Request<'_>) -> Result<Outcome, PlanError> {
    let old = old(request)?;
    let mut findings = Vec::new();
    let (prepared, not_evaluated) = match &request.nixpkgs {
        None => (None, Some("--quick leaves evaluation out".to_owned())),
        Some(choice) => match prepare(request, choice) {
            Ok(prepared) => (Some((prepared, choice)), None),
            Err(NotEvaluated::Unavailable(Unavailable::Nowhere)) => (
                None,
                Some(
                    "nixpkgs is not on this machine: name one with --nixpkgs or COOP_NIXPKGS, or \
                     fetch the pinned one with --download"
                        .to_owned(),
                ),
            ),
            Err(NotEvaluated::Inputs(why)) => (None, Some(why)),
            Err(error) => return Err(error.into()),
        },
    };
    let Some((prepared, choice)) = prepared else {
        let why = not_evaluated.unwrap_or_default();
        if request.save.is_some() {
            return Err(PlanError::NothingToSave(why));
        }
        return Ok(Outcome {
            report: without_hosts(request, &old, why),
            findings,
        });
    };
    let names = wanted(request, request.fleet);
    let mut new = describe(&prepared, &names);
    findings.extend(failures(request, &prepared, &new));
    if let Some(path) = &request.save {
        save(request, path, &new)?;
    }
    let mut side = old_side(request, old, choice, &new)?;
    let mut hosts = BTreeMap::new();
    let all: BTreeSet<String> = side.hosts.keys().chain(new.keys()).cloned().collect();
    for name in all {
        let running = side.running.get(&name);
        let (before, after) = (side.hosts.remove(&name), new.remove(&name));
        hosts.insert(name, one(before, after, running));
    }
    let people = in_words(&side.fleet, request.fleet);
    let changes = !people.is_empty() || hosts.values().any(|host| host.state != State::Same);
    Ok(Outcome {
        report: Report {
            fleet: name_of(request.fleet),
            against: side.against,
            not_evaluated: None,
            nixpkgs: Some(prepared.nixpkgs.clone()),
            people,
            hosts,
            changes,
        },
        findings,
    })
}

fn prepare(request: &Request<'_>, choice: &Choice) -> Result<Prepared, NotEvaluated> {
    Prepared::new(
        tree_of(request.fleet, request.lock, request.folder)?,
        choice,
    )
}

/// Finds what the fleet is compared with.
fn old(request: &Request<'_>) -> Result<Old, PlanError> {
    let missing = |message: String, help: &str| {
        let finding = Diagnostic::new(Code::NoRevision, message).help(help);
        PlanError::Baseline(Box::new(finding))
    };
    match &request.baseline {
        Baseline::Revision(name) => match Revision::find(request.folder, name) {
            Ok(revision) => Ok(Old::Revision {
                revision,
                name: name.clone(),
            }),
            Err(why) => Err(missing(
                format!("{name}: {why}"),
                "name a branch, tag or commit: coop plan --against main",
            )),
        },
        Baseline::File(path) => match Saved::read(path) {
            Ok(saved) => Ok(Old::File {
                saved,
                path: path.clone(),
            }),
            Err(why) => Err(missing(
                format!("{}: {why}", path.display()),
                "name a file that `coop plan --save FILE` wrote",
            )),
        },
        Baseline::Deployed => Ok(Old::Deployed),
    }
}

/// A plan of what `coop.toml` says alone.
fn without_hosts(request: &Request<'_>, old: &Old, why: String) -> Report {
    let (against, people) = match old {
        Old::Revision { revision, name } => (
            Against::Revision {
                name: name.clone(),
                commit: revision.commit().to_owned(),
                generated: false,
            },
            in_words(&fleet::load(revision), request.fleet),
        ),
        Old::File { saved, path } => (
            of_file(saved, path),
            in_words(&saved.fleet(), request.fleet),
        ),
        Old::Deployed => (
            Against::Deployed {
                commits: BTreeMap::new(),
            },
            Vec::new(),
        ),
    };
    Report {
        fleet: name_of(request.fleet),
        against,
        not_evaluated: Some(why),
        nixpkgs: None,
        changes: !people.is_empty(),
        people,
        hosts: BTreeMap::new(),
    }
}

/// What a fleet is called.
fn name_of(fleet: &Fleet) -> Option<String> {
    let said = fleet.model.fleet.as_ref()?;
    Some(said.name.to_string())
}

fn of_file(saved: &Saved, path: &Path) -> Against {
    Against::File {
        path: path.display().to_string(),
        commit: saved.commit.clone(),
    }
}

/// The hosts of a fleet that are in question.
fn wanted(request: &Request<'_>, fleet: &Fleet) -> Vec<String> {
    fleet
        .model
        .hosts
        .keys()
        .map(ToString::to_string)
        .filter(|name| request.hosts.is_empty() || request.hosts.contains(name))
        .collect()
}

/// What fails on the new side, as `coop check` says it.
fn failures(request: &Request<'_>, prepared: &Prepared, hosts: &Hosts) -> Vec<Diagnostic> {
    let records: Vec<Record> = hosts
        .iter()
        .filter_map(|(name, outcome)| {
            let failed = outcome.as_ref().err()?;
            Some(Record {
                target: Target::Host(name.clone()),
                outcome: Err(failed.clone()),
                warnings: Vec::new(),
                recorded: None,
            })
        })
        .collect();
    prepared.findings(request.fleet, request.lock, request.folder, &records)
}

fn save(request: &Request<'_>, path: &Path, hosts: &Hosts) -> Result<(), PlanError> {
    let folder = Folder(request.folder.to_owned());
    let noting = Noting::new(&folder);
    let _ = fleet::load(&noting);
    let mut sound = BTreeMap::new();
    for (name, host) in hosts {
        match host {
            Ok(host) => sound.insert(name.clone(), host.clone()),
            Err(_) => {
                return Err(PlanError::NothingToSave(format!(
                    "{name} does not evaluate"
                )));
            }
        };
    }
    let saved = Saved::new(noting.files(), sound, revision::head(request.folder));
    saved.write(path).map_err(|source| PlanError::Save {
        path: path.to_owned(),
        source,
    })
}

/// The old side, evaluated.
struct Side {
    against: Against,
    fleet: Fleet,
    hosts: Hosts,
    /// What runs, where it was asked.
    running: BTreeMap<String, Running>,
}

fn old_side(
    request: &Request<'_>,
    old: Old,
    choice: &Choice,
    new: &Hosts,
) -> Result<Side, PlanError> {
    match old {
        Old::Revision { revision, name } => {
            let fleet = fleet::load(&revision);
            let (hosts, generated) = at(request, &revision, &fleet, choice)?;
            Ok(Side {
                against: Against::Revision {
                    name,
                    commit: revision.commit().to_owned(),
                    generated,
                },
                fleet,
                hosts,
                running: BTreeMap::new(),
            })
        }
        Old::File { saved, path } => Ok(Side {
            against: of_file(&saved, &path),
            fleet: saved.fleet(),
            hosts: saved
                .hosts
                .into_iter()
                .filter(|(name, _)| request.hosts.is_empty() || request.hosts.contains(name))
                .map(|(name, host)| (name, Ok(host)))
                .collect(),
            running: BTreeMap::new(),
        }),
        Old::Deployed => Ok(deployed(request, choice, new)),
    }
}

/// The hosts of a revision.
fn at(
    request: &Request<'_>,
    revision: &Revision,
    fleet: &Fleet,
    choice: &Choice,
) -> Result<(Hosts, bool), PlanError> {
    let names = wanted(request, fleet);
    if names.is_empty() {
        return Ok((Hosts::new(), false));
    }
    let (tree, generated) = revision::tree(request.folder, revision, fleet)?;
    Ok((describe(&Prepared::new(tree, choice)?, &names), generated))
}

/// Asks every host what it runs, and looks for the commit that gives it.
fn deployed(request: &Request<'_>, choice: &Choice, new: &Hosts) -> Side {
    let mut running = BTreeMap::new();
    let mut hosts = Hosts::new();
    for name in new.keys() {
        match remote::ask(&format!("root@{name}")) {
            Ok(answer) => {
                running.insert(name.clone(), answer);
            }
            Err(why) => {
                hosts.insert(name.clone(), Err(failed(why)));
            }
        }
    }
    let mut commits = BTreeMap::new();
    let mut oldest = None;
    let is_found = |hosts: &Hosts| running.keys().all(|name| hosts.contains_key(name));
    for (name, host) in new {
        if let (Ok(host), Some(running)) = (host, running.get(name))
            && host.system.toplevel == running.toplevel
        {
            hosts.insert(name.clone(), Ok(host.clone()));
        }
    }
    for commit in revision::commits(request.folder, COMMITS) {
        if is_found(&hosts) {
            break;
        }
        let Ok(revision) = Revision::find(request.folder, &commit) else {
            continue;
        };
        let fleet = fleet::load(&revision);
        // A commit that cannot be evaluated is not what a host runs.
        let Ok((described, _)) = at(request, &revision, &fleet, choice) else {
            continue;
        };
        for (name, host) in described {
            let Ok(host) = host else { continue };
            if hosts.contains_key(&name) {
                continue;
            }
            if running.get(&name).map(|running| &running.toplevel) == Some(&host.system.toplevel) {
                hosts.insert(name.clone(), Ok(host));
                commits.insert(name, commit.clone());
                oldest = Some(fleet.clone());
            }
        }
    }
    for (name, running) in &running {
        hosts.entry(name.clone()).or_insert_with(|| {
            Err(failed(format!(
                "it runs {}, which none of the last {COMMITS} commits gives with this nixpkgs: \
                 name what was deployed with --against or --against-file",
                super::store_text::name(&running.toplevel)
            )))
        });
    }
    Side {
        against: Against::Deployed { commits },
        fleet: oldest.unwrap_or_else(|| request.fleet.clone()),
        hosts,
        running,
    }
}

fn failed(message: String) -> Failed {
    Failed {
        report: format!("error: {message}\n"),
        message,
    }
}

/// What becomes of one host.
fn one(
    before: Option<Result<Host, Failed>>,
    after: Option<Result<Host, Failed>>,
    running: Option<&Running>,
) -> HostPlan {
    let failure = |side: &str, failed: &Failed| HostPlan {
        state: State::Failed,
        failure: Some(format!(
            "{side}: {}",
            failed.message.lines().next().unwrap_or_default()
        )),
        alarms: Vec::new(),
        reboot: Vec::new(),
        system: SystemPlan::default(),
        texts: Vec::new(),
    };
    match (before, after) {
        (_, Some(Err(failed))) => failure("it does not evaluate", &failed),
        (Some(Err(failed)), _) => failure("there is nothing to compare it with", &failed),
        (before, after) => {
            let (before, after) = (before.and_then(Result::ok), after.and_then(Result::ok));
            difference::host(
                before.as_ref(),
                after.as_ref(),
                running.map(|running| &running.units),
            )
        }
    }
}
