//! Evaluating every host and every VM test, side by side; one that fails hides no other.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use nix_eval::eval::{Detail, R};
use nix_eval::heap::KeptMemory;
use nix_eval::{Evaluator, Value};
use nix_flake::Fetcher;
use nix_flake::record::Records;
use nix_flake::resident::{Edits, Residents};
use nix_flake::session::{Failure, Opened, Options, Source};
use nix_store::hash::Encoding;
use nix_store::nar::MemoryTree;

use super::proof::{Packages, Sources, hashes};
use super::report;
use super::source::{Choice, NIXPKGS, Nixpkgs, Unavailable, choose, pinned};
use super::tree::of_folder;
use crate::diagnostics::Diagnostic;
use crate::fleet::{Fleet, Folder, word};
use crate::generate::{self, GenerateError, Surroundings};
use crate::lock::Lock;

/// What the answers mean is settled here: a record of another text of this file is none.
const PROGRAM: &str = include_str!("evaluation.rs");

/// Where the tree has what coop.toml says.
const EDITED: [&str; 3] = ["flake.nix", "hosts", "tests"];

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

impl Target {
    /// What is asked about it.
    fn question(&self) -> [&str; 3] {
        match self {
            Self::Host(name) => ["host", name, ""],
            Self::Test { system, name } => ["test", system, name],
        }
    }
}

/// What came of a target.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was evaluated.
    pub target: Target,
    /// The path of its derivation, or why there is none.
    pub outcome: Result<String, Failed>,
    /// What NixOS warns about.
    pub warnings: Vec<String>,
    /// When it was evaluated, where that was in an earlier check.
    pub recorded: Option<SystemTime>,
}

/// Why something has no derivation.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The cause.
    pub message: String,
    /// All that the evaluator has to say.
    pub report: String,
}

/// Evaluations that stay between checks that follow each other.
pub type Resident = Residents<(String, Vec<String>)>;

/// All that was evaluated.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Hosts first, then tests, each by name.
    pub records: Vec<Record>,
    /// Which nixpkgs it was: a folder, a reference, or the revision that is pinned.
    pub nixpkgs: String,
    /// Whether it is the one that `flake.lock` pins.
    pub is_pinned: bool,
    /// What is wrong, about lines of coop.toml.
    pub findings: Vec<Diagnostic>,
    /// What it was made from.
    pub sources: Sources,
    opened: Opened,
}

impl Evaluation {
    /// Records the answers for later checks, and saves what makes them faster: to be called once the answers
    /// are shown, since that takes a while.
    pub fn finish(&self) {
        self.opened.finish();
    }
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
    /// The recorded list of tests is not the one that evaluation gives.
    #[error("{0}")]
    Stale(String),
    /// A file that belongs to the flake cannot be read.
    #[error("a file beside coop.toml cannot be read")]
    Files(#[from] std::io::Error),
    /// The tree cannot be generated.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

/// Evaluates what would be generated for a fleet in a folder. What did not change since an earlier
/// check is answered from its record; what did change, by an evaluation of the last check, where one
/// stayed.
///
/// # Errors
/// Where there is nothing to evaluate with: what fails in evaluation is in the records.
pub fn evaluate(
    fleet: &Fleet,
    lock: &Lock,
    folder: &Path,
    choice: &Choice,
    use_of_records: Records,
    resident: Option<&Resident>,
) -> Result<Evaluation, NotEvaluated> {
    let prepared = Prepared::new(tree(fleet, lock, folder)?, choice)?;
    if let Some(resident) = resident {
        resident.follow(&prepared.tree);
    }
    let Prepared {
        opened, options, ..
    } = &prepared;
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
        let question = ["names", "checks", system.as_str()];
        let names = opened.ask(
            options,
            use_of_records,
            PROGRAM,
            &question,
            |evaluator, flake| names(evaluator, flake, &["checks", &system]),
        );
        if let Err(failure @ Failure::Stale(_)) = &names {
            return Err(NotEvaluated::Stale(failure.to_string()));
        }
        let names = names.into_iter().flat_map(|answer| answer.value);
        targets.extend(names.map(|name| Target::Test {
            system: system.clone(),
            name,
        }));
    }
    in_order(&mut targets);
    side_by_side(&targets, |target| {
        opened.announce(options, use_of_records, PROGRAM, &target.question());
    });
    let edits = edits(fleet, lock);
    // The heap of one target is given back before the next begins.
    let mut records = side_by_side(&targets, |target| {
        record(opened, options, use_of_records, target, resident, &edits)
    });
    records.sort_by(|one, other| one.target.cmp(&other.target));
    Ok(Evaluation {
        findings: prepared.findings(fleet, lock, folder, &records),
        sources: prepared.sources(),
        records,
        nixpkgs: prepared.nixpkgs,
        is_pinned: prepared.is_pinned,
        opened: prepared.opened,
    })
}

/// What a check of a fleet in a folder would be made from.
///
/// # Errors
/// Where there is nothing to evaluate with.
pub fn sources(
    fleet: &Fleet,
    lock: &Lock,
    folder: &Path,
    choice: &Choice,
) -> Result<Sources, NotEvaluated> {
    Ok(Prepared::new(tree(fleet, lock, folder)?, choice)?.sources())
}

/// A tree with the nixpkgs that it is evaluated with.
pub(crate) struct Prepared {
    tree: Arc<MemoryTree>,
    opened: Opened,
    options: Options,
    /// Which nixpkgs it is: a folder, a reference, or the revision that is pinned.
    pub(crate) nixpkgs: String,
    is_pinned: bool,
}

impl Prepared {
    /// Finds nixpkgs for a tree.
    ///
    /// # Errors
    /// Where there is none, or an input cannot be had.
    pub(crate) fn new(tree: MemoryTree, choice: &Choice) -> Result<Self, NotEvaluated> {
        let tree = Arc::new(tree);
        let pinned = locked(&tree).and_then(pinned);
        let is_at_hand = || {
            pinned
                .as_ref()
                .is_some_and(|(_, locked)| Fetcher::default().is_at_hand(locked))
        };
        let nixpkgs = choose(choice, is_at_hand)?;
        let mut options = Options {
            // The trace is looked through for the administrator's own files.
            detail: Detail::Trace,
            ..Options::default()
        };
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
        let opened = Opened::new(&Source::Memory(tree.clone()), &options.lock)
            .map_err(|error| NotEvaluated::Inputs(error.to_string()))?;
        Ok(Self {
            tree,
            opened,
            options,
            nixpkgs: shown,
            is_pinned,
        })
    }

    fn sources(&self) -> Sources {
        let input = self.opened.input(&[NIXPKGS]).map(|locked| &locked.input);
        let nar_hash = input.and_then(|input| input.nar_hash().ok().flatten());
        Sources {
            coop: env!("CARGO_PKG_VERSION").to_owned(),
            nixpkgs: Packages {
                from: self.nixpkgs.clone(),
                nar_hash: nar_hash.map(|hash| hash.encode(Encoding::Sri)),
                revision: input.and_then(|input| input.revision().ok().flatten()),
            },
            files: hashes(&self.tree),
        }
    }

    /// Does `work` on the configuration of each host, side by side.
    pub(crate) fn each_host<T: Send>(
        &self,
        hosts: &[String],
        work: impl Fn(&mut Evaluator, Value) -> R<T> + Sync,
    ) -> Vec<(String, Result<T, Failed>)> {
        side_by_side(hosts, |name| {
            let outcome = self.opened.evaluate(&self.options, |evaluator, flake| {
                let path = ["outputs", "nixosConfigurations", name, "config"];
                let config = select(evaluator, flake, &path)?;
                work(evaluator, config)
            });
            (name.clone(), outcome.map_err(failed))
        })
    }

    /// What is wrong, about lines of coop.toml.
    pub(crate) fn findings(
        &self,
        fleet: &Fleet,
        lock: &Lock,
        folder: &Path,
        records: &[Record],
    ) -> Vec<Diagnostic> {
        let bench = Bench {
            fleet,
            lock,
            folder,
            tree: &self.tree,
            opened: &self.opened,
            options: &self.options,
        };
        report::findings(&bench, records)
    }
}

/// The tree that would be there.
pub(crate) fn tree(fleet: &Fleet, lock: &Lock, folder: &Path) -> Result<MemoryTree, NotEvaluated> {
    let around = Surroundings::find(&Folder(folder.to_owned()), fleet);
    let generated = generate::generate(fleet, lock, &around)?;
    Ok(of_folder(folder, &generated)?)
}

/// The tree's `flake.lock`.
fn locked(tree: &MemoryTree) -> Option<&str> {
    match tree.get(b"flake.lock")? {
        MemoryTree::File { contents, .. } => std::str::from_utf8(contents).ok(),
        _ => None,
    }
}

/// What it takes to evaluate a target again, of a fleet that differs.
pub(super) struct Bench<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) lock: &'a Lock,
    folder: &'a Path,
    tree: &'a MemoryTree,
    opened: &'a Opened,
    options: &'a Options,
}

impl Bench<'_> {
    /// Evaluates a target of another fleet in the same folder.
    pub(super) fn again(&self, fleet: &Fleet, target: &Target) -> Result<String, Failed> {
        let failed = |message: String| Failed {
            report: format!("error: {message}\n"),
            message,
        };
        let tree =
            tree(fleet, self.lock, self.folder).map_err(|error| failed(error.to_string()))?;
        let opened = self
            .opened
            .with(Arc::new(tree), &self.options.lock)
            .map_err(|error| failed(error.to_string()))?;
        let answer = opened.evaluate(self.options, |evaluator, flake| {
            answer(evaluator, flake, target)
        });
        answer.map(|(path, _)| path).map_err(self::failed)
    }

    /// A file as people know it: without the store path of the tree, or of nixpkgs.
    pub(super) fn place(&self, place: &str) -> Place {
        let Some(below) = place
            .strip_prefix("/nix/store/")
            .and_then(|rest| rest.split_once('/'))
            .map(|(_, below)| below)
        else {
            return Place::Other(place.to_owned());
        };
        let path = below.split(", via").next().unwrap_or(below);
        if self.tree.get(path.as_bytes()).is_some() {
            Place::Own(below.to_owned())
        } else {
            Place::Nixpkgs(below.to_owned())
        }
    }
}

/// Where a definition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of the fleet's tree.
    Own(String),
    /// A file of nixpkgs.
    Nixpkgs(String),
    /// What else Nix calls a place.
    Other(String),
}

/// Hosts before tests, but for one test that comes second: the first two make what all others use.
fn in_order(targets: &mut [Target]) {
    let is_test = |target: &Target| matches!(target, Target::Test { .. });
    if let Some(test) = targets.iter().position(is_test)
        && test > 1
    {
        targets[1..=test].rotate_right(1);
    }
}

/// Does `work` on all processors; what it returns is in no order.
fn side_by_side<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    // The heap of one is cleared for the next.
    let _memory = KeptMemory::default();
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(item);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn failed(failure: Failure) -> Failed {
    match failure {
        Failure::Evaluation { message, report } => Failed { message, report },
        failure => {
            let message = failure.to_string();
            let report = format!("error: {message}\n");
            Failed { message, report }
        }
    }
}

/// What of the tree is edited with coop.toml. Names, systems and what is settled in `coop.lock` hardly ever
/// are, and much depends on them.
fn edits(fleet: &Fleet, lock: &Lock) -> Edits {
    let systems = fleet.model.hosts.values().map(|host| word(host.system));
    let hosts = lock.hosts.iter();
    let hosts = hosts.flat_map(|(name, host)| [name.to_string(), host.state_version.clone()]);
    let instances = lock.instances.iter();
    let instances = instances.flat_map(|(name, one)| [name.to_string(), one.state_version.clone()]);
    Edits {
        places: EDITED.map(str::to_owned).to_vec(),
        steady: systems
            .chain(hosts)
            .chain(instances)
            .map(String::into_bytes)
            .collect(),
    }
}

/// Evaluates one target, or looks it up.
fn record(
    opened: &Opened,
    options: &Options,
    use_of_records: Records,
    target: &Target,
    resident: Option<&Resident>,
    edits: &Edits,
) -> Record {
    let question = target.question();
    let answer = match resident {
        Some(resident) => {
            let target = target.clone();
            let work = move |evaluator: &mut Evaluator, flake| answer(evaluator, flake, &target);
            opened.ask_resident(resident, options, use_of_records, PROGRAM, &question, work)
        }
        None => opened.ask_lasting(
            edits,
            options,
            use_of_records,
            PROGRAM,
            &question,
            |evaluator, flake| answer(evaluator, flake, target),
        ),
    };
    let (outcome, warnings, recorded) = match answer {
        Ok(answer) => {
            let (path, warnings) = answer.value;
            (Ok(path), warnings, answer.recorded)
        }
        Err(failure) => (Err(failed(failure)), Vec::new(), None),
    };
    Record {
        target: target.clone(),
        outcome,
        warnings,
        recorded,
    }
}

/// The path of a target's derivation, and what NixOS warns about.
fn answer(evaluator: &mut Evaluator, flake: Value, target: &Target) -> R<(String, Vec<String>)> {
    match target {
        Target::Host(name) => host(evaluator, flake, name),
        Target::Test { system, name } => {
            let test = select(evaluator, flake, &["outputs", "checks", system, name])?;
            Ok((derivation(evaluator, test)?, Vec::new()))
        }
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
