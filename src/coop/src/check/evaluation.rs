//! Evaluating every host and every VM test, side by side; one that fails hides no other.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix_eval::eval::R;
use nix_eval::{Evaluator, Value};
use nix_flake::Fetcher;
use nix_flake::lock::LockFile;
use nix_flake::session::{Failure, Opened, Options, Source};
use nix_store::nar::MemoryTree;

use super::source::{Choice, Nixpkgs, Unavailable, choose};
use crate::fleet::{Fleet, word};

/// The input that packages and NixOS come from.
const NIXPKGS: &str = "nixpkgs";

/// Something that is evaluated to a derivation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A host's whole system.
    Host(String),
    /// A VM test, with the kind of machine that it runs on.
    Test {
        /// `x86_64-linux`
        system: String,
        /// Its name among the flake's checks.
        name: String,
    },
}

/// What came of a target.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was evaluated.
    pub target: Target,
    /// The path of its derivation, or the evaluator's report.
    pub outcome: Result<String, String>,
    /// What NixOS warns about.
    pub warnings: Vec<String>,
}

/// All that was evaluated.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Hosts first, then tests, each by name.
    pub records: Vec<Record>,
    /// Which nixpkgs it was: a folder, a reference, or the revision that is pinned.
    pub nixpkgs: String,
    /// Whether it is the one that `flake.lock` pins.
    pub is_pinned: bool,
}

/// Why nothing was evaluated.
#[derive(Debug, thiserror::Error)]
pub enum NotEvaluated {
    /// There is no nixpkgs.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The flake, or one of its inputs, cannot be had.
    #[error("{0}")]
    Inputs(String),
}

/// Evaluates what a tree says of a fleet.
///
/// # Errors
/// Where there is nothing to evaluate with: what fails in evaluation is in the records.
pub fn evaluate(
    fleet: &Fleet,
    tree: MemoryTree,
    choice: &Choice,
) -> Result<Evaluation, NotEvaluated> {
    let pinned = pinned(&tree);
    let is_at_hand = || {
        pinned
            .as_ref()
            .is_some_and(|(_, locked)| Fetcher::default().is_at_hand(locked))
    };
    let nixpkgs = choose(choice, is_at_hand)?;
    let mut options = Options::default();
    let (shown, is_pinned) = match &nixpkgs {
        Nixpkgs::Other { reference, shown } => {
            options.replace(&[NIXPKGS], reference.clone());
            (shown.clone(), false)
        }
        Nixpkgs::Pinned => {
            let revision = pinned.map_or_else(String::new, |(revision, _)| revision);
            (format!("revision {revision}"), true)
        }
    };
    let opened = Opened::new(&Source::Memory(Arc::new(tree)), &options.lock)
        .map_err(|error| NotEvaluated::Inputs(error.to_string()))?;
    let mut targets: Vec<Target> = fleet
        .model
        .hosts
        .keys()
        .map(|name| Target::Host(name.to_string()))
        .collect();
    let systems: BTreeSet<String> = fleet
        .model
        .hosts
        .values()
        .map(|host| word(host.system))
        .collect();
    for system in systems {
        // Where the list itself fails, so does the evaluation of the hosts, which says why.
        let names = opened.evaluate(&options, |evaluator, flake| {
            names(evaluator, flake, &["checks", &system])
        });
        targets.extend(names.into_iter().flatten().map(|name| Target::Test {
            system: system.clone(),
            name,
        }));
    }
    Ok(Evaluation {
        records: side_by_side(&opened, &options, &targets),
        nixpkgs: shown,
        is_pinned,
    })
}

/// The revision of nixpkgs in `flake.lock`, shortened, and the whole reference.
fn pinned(tree: &MemoryTree) -> Option<(String, nix_flake::FlakeRef)> {
    let Some(MemoryTree::File { contents, .. }) = tree.get(b"flake.lock") else {
        return None;
    };
    let lock = LockFile::parse(std::str::from_utf8(contents).ok()?, "flake.lock").ok()?;
    let node = lock.find(&[NIXPKGS.to_owned()]).ok()??;
    let locked = lock.nodes.get(node)?.source.as_ref()?.locked.clone();
    let revision = locked.input.revision().ok().flatten();
    let shown = revision.unwrap_or_else(|| locked.show());
    Some((shown.chars().take(12).collect(), locked))
}

fn side_by_side(opened: &Opened, options: &Options, targets: &[Target]) -> Vec<Record> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(targets.len()));
    thread::scope(|scope| {
        for _ in 0..workers.min(targets.len()) {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The heap of one target is given back before the next begins.
                    let record = record(opened, options, target);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(record);
                }
            });
        }
    });
    let mut records = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    records.sort_by(|one, other| one.target.cmp(&other.target));
    records
}

/// Evaluates one target.
fn record(opened: &Opened, options: &Options, target: &Target) -> Record {
    let outcome = opened.evaluate(options, |evaluator, flake| match target {
        Target::Host(name) => host(evaluator, flake, name),
        Target::Test { system, name } => {
            let test = select(evaluator, flake, &["outputs", "checks", system, name])?;
            Ok((derivation(evaluator, test)?, Vec::new()))
        }
    });
    let (outcome, warnings) = match outcome {
        Ok((path, warnings)) => (Ok(path), warnings),
        Err(Failure::Evaluation(report)) => (Err(report), Vec::new()),
        Err(failure) => (Err(format!("error: {failure}\n")), Vec::new()),
    };
    Record {
        target: target.clone(),
        outcome,
        warnings,
    }
}

fn host(evaluator: &mut Evaluator, flake: Value, name: &str) -> R<(String, Vec<String>)> {
    let config = select(
        evaluator,
        flake,
        &["outputs", "nixosConfigurations", name, "config"],
    )?;
    let system = select(evaluator, config, &["system", "build", "toplevel"])?;
    let path = derivation(evaluator, system)?;
    let warnings = select(evaluator, config, &["warnings"])?;
    let mut texts = Vec::new();
    for warning in evaluator.heap.list_items(warnings) {
        let text = evaluator.text_of(warning, "while evaluating a warning")?;
        texts.push(String::from_utf8_lossy(&text).into_owned());
    }
    Ok((path, texts))
}

fn derivation(evaluator: &mut Evaluator, value: Value) -> R<String> {
    let path = select(evaluator, value, &["drvPath"])?;
    let text = evaluator.text_of(path, "while evaluating the path of a derivation")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn select(evaluator: &mut Evaluator, value: Value, path: &[&str]) -> R<Value> {
    let shown = path.join(".");
    let mut value = value;
    for name in path {
        value = evaluator.select_by_text(value, name.as_bytes(), &shown)?;
    }
    evaluator.force(value)
}

/// The names in a set of the flake's outputs; none where there is no such set.
fn names(evaluator: &mut Evaluator, flake: Value, path: &[&str]) -> R<Vec<String>> {
    let mut value = select(evaluator, flake, &["outputs"])?;
    for name in path {
        let symbol = evaluator.symbols.intern(name.as_bytes());
        let Some(found) = value
            .is_attrs()
            .then(|| evaluator.heap.attr(value, symbol))
            .flatten()
        else {
            return Ok(Vec::new());
        };
        value = evaluator.force(found)?;
    }
    if !value.is_attrs() {
        return Ok(Vec::new());
    }
    let (_, shape) = evaluator.heap.flat(value);
    let mut names: Vec<String> = (0..evaluator.heap.shape_length(shape))
        .map(|index| {
            let name = evaluator.heap.shape_name(shape, index);
            String::from_utf8_lossy(evaluator.symbols.name(name)).into_owned()
        })
        .collect();
    names.sort();
    Ok(names)
}
