//! A flake opened for evaluation: what a program calls that wants a value out of a flake.
//!
//! ```no_run
//! use nix_flake::session::{Options, Source, derivation_path};
//! use nix_flake::{FlakeRef, ParseOptions};
//!
//! let nixpkgs = FlakeRef::parse("path:/srv/nixpkgs", ParseOptions::default())?;
//! let mut options = Options::default();
//! options.replace(&["nixpkgs"], nixpkgs);
//! let host = ["nixosConfigurations", "web1", "config", "system", "build", "toplevel"];
//! let drv = derivation_path(&Source::Folder("/srv/fleet".into()), &host, &options)?;
//! # Ok::<(), nix_flake::session::Failure>(())
//! ```

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use nix_eval::eval::{Detail, R};
use nix_eval::world::{LockedFlake, World};
use nix_eval::{Evaluator, Settings, Value, with_stack};
use nix_store::nar::MemoryTree;

use crate::asking::Recording;
use crate::error::{Error, Result};
use crate::fetch::Fetcher;
use crate::fetch::cache::Cache;
use crate::input::Attributes;
use crate::later::Later;
use crate::lock::{LockOptions, Locked, lock_flake};
use crate::page_map::note_written_pages;
use crate::record::{Pending, Recorder};
use crate::reference::FlakeRef;
use crate::resident::Allowance;
use crate::system::System;

/// Where a flake is.
#[derive(Clone)]
pub enum Source {
    /// What a reference leads to.
    Reference(FlakeRef),
    /// All files of a folder, tracked by Git or not.
    Folder(PathBuf),
    /// Files in memory.
    Memory(Arc<MemoryTree>),
}

/// How a flake is evaluated. Unless told otherwise nothing is written, and evaluation is pure.
#[derive(Clone)]
pub struct Options {
    /// How its inputs are locked.
    pub lock: LockOptions,
    /// Whether the environment and all files may be read.
    pub impure: bool,
    /// Everything else; purity and the feature `flakes` are set from here.
    pub settings: Settings,
    /// Whether warnings and traces are said on standard error.
    pub warn: bool,
    /// How much a report says.
    pub detail: Detail,
    /// Whether what earlier evaluations worked out is used. Their derivations are known then too,
    /// whether this evaluation needs them or not.
    pub share: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock: LockOptions {
                write: false,
                ..LockOptions::default()
            },
            impure: false,
            settings: Settings::default(),
            warn: false,
            detail: Detail::Short,
            share: true,
        }
    }
}

impl Options {
    /// Replaces an input, named by the path to it, as `--override-input` does.
    pub fn replace(&mut self, input: &[&str], reference: FlakeRef) {
        let path = input.iter().map(|&name| name.to_owned()).collect();
        self.lock.overrides.insert(path, reference);
    }

    /// The settings that hold for a flake.
    #[must_use]
    pub fn flake_settings(&self) -> Settings {
        let mut settings = self.settings.clone();
        settings.flakes = true;
        if !self.impure {
            settings.pure = true;
            settings.allowed_paths = Some(Vec::new());
            settings.search_path.clear();
            settings.home = None;
        }
        settings
    }
}

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The flake, or an input, cannot be had.
    #[error(transparent)]
    Flake(#[from] Error),
    /// Evaluation failed.
    #[error("{report}")]
    Evaluation {
        /// The cause alone.
        message: String,
        /// All of it for people, lines ending in newlines.
        report: String,
    },
    /// The machine has not what evaluation needs: address space, a thread, heap.
    #[error("{0}")]
    Resources(String),
    /// An answer from a record was held against one that was evaluated, and differs.
    #[error("the record of {0} is not what evaluation gives")]
    Stale(String),
}

/// A flake with its inputs, fetched and locked once: it can be evaluated often, and side by side.
#[derive(Clone)]
pub struct Opened {
    pub(crate) fetcher: Fetcher,
    pub(crate) locked: Locked,
    /// Records that are not written yet.
    pub(crate) pending: Arc<Mutex<Vec<Pending>>>,
    /// Values that are not saved yet.
    pub(crate) later: Later,
    /// How much may be kept for edits.
    pub(crate) allowance: Arc<Allowance>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.locked_url()).finish()
    }
}

impl Opened {
    /// Fetches and locks a flake.
    ///
    /// # Errors
    /// Where it, or an input, cannot be had.
    pub fn new(source: &Source, options: &LockOptions) -> Result<Self> {
        Self::with_cache(source, options, Cache::default())
    }

    /// The same with another cache than the user's.
    ///
    /// # Errors
    /// Where it, or an input, cannot be had.
    pub fn with_cache(source: &Source, options: &LockOptions, cache: Cache) -> Result<Self> {
        let mut fetcher = Fetcher::default();
        fetcher.cache = cache;
        let (fetcher, locked) = open_by(fetcher, source, options)?;
        Ok(Self {
            fetcher,
            locked,
            pending: Arc::default(),
            later: Later::default(),
            allowance: Arc::default(),
        })
    }

    /// The same for other files in memory, with what was fetched already.
    ///
    /// # Errors
    /// Where an input cannot be had.
    pub fn with(&self, tree: Arc<MemoryTree>, options: &LockOptions) -> Result<Self> {
        let mut fetcher = self.fetcher.clone();
        let reference = path_reference(&fetcher.add_memory(tree))?;
        let locked = lock_flake(&mut fetcher, &reference, options)?;
        Ok(Self {
            fetcher,
            locked,
            pending: Arc::default(),
            later: Later::default(),
            allowance: Arc::default(),
        })
    }

    /// The reference that names just this state of the flake, as a URL.
    #[must_use]
    pub fn locked_url(&self) -> String {
        self.locked.flake.locked.show()
    }

    /// What an input is locked to, by the path to it, if there is such an input.
    #[must_use]
    pub fn input(&self, path: &[&str]) -> Option<&FlakeRef> {
        let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
        let file = &self.locked.lock_file;
        let node = file.find(&path).ok()??;
        Some(&file.nodes.get(node)?.source.as_ref()?.locked)
    }

    /// Evaluates the flake and does `work` on its value, the set of its outputs and what else it has.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn evaluate<T: Send>(
        &self,
        options: &Options,
        work: impl FnOnce(&mut Evaluator, Value) -> R<T> + Send,
    ) -> std::result::Result<T, Failure> {
        on_a_stack(|| self.clone().run(options, None, work))
    }

    /// The world of an evaluation of the flake, and the flake as it is shown to it.
    pub(crate) fn world(
        self,
        options: &Options,
        recording: Option<Recording>,
    ) -> (Box<dyn World>, LockedFlake) {
        let Self {
            mut fetcher,
            locked,
            ..
        } = self;
        if !options.warn {
            fetcher.warnings.clear();
        }
        let mut system = System::new(fetcher, !options.warn);
        system.tell_warnings();
        match recording {
            Some(Recording { flake, own, notes }) => {
                let cache = system.fetcher.cache.clone();
                let recorder = Recorder::new(system, &flake, &cache, own, notes);
                (Box::new(recorder), flake)
            }
            None => (Box::new(system), locked.to_evaluator()),
        }
    }

    /// An evaluator for the flake, which has not evaluated anything yet, and the flake as it is shown
    /// to it. Where it `is_alone` it uses nothing that was saved, to go on from an evaluation that
    /// hibernated whole.
    pub(crate) fn begin(
        self,
        options: &Options,
        recording: Option<Recording>,
        is_alone: bool,
    ) -> std::result::Result<(Evaluator, LockedFlake), Failure> {
        let (world, flake) = self.world(options, recording);
        let mut evaluator = Evaluator::new(options.flake_settings(), world)
            .map_err(|error| Failure::Resources(format!("cannot reserve the heap: {error}")))?;
        evaluator.start_on_this_stack();
        // What may be read depends on what is locked.
        let hint = format!("flake {}", flake.lock);
        match (options.share, is_alone) {
            (true, false) => evaluator.share_calls(&hint),
            (true, true) => evaluator.share_calls_alone(&hint),
            (false, false) => evaluator.use_saved_files(),
            (false, true) => {}
        }
        Ok((evaluator, flake))
    }

    pub(crate) fn run<T>(
        self,
        options: &Options,
        recording: Option<&Recording>,
        work: impl FnOnce(&mut Evaluator, Value) -> R<T>,
    ) -> std::result::Result<T, Failure> {
        let notes = recording.map(|recording| recording.notes.clone());
        let later = self.later.clone();
        let cache = self.fetcher.cache.clone();
        let make = || self.clone().begin(options, recording.cloned(), false);
        let ((mut evaluator, flake), turn) =
            later.begin(&cache, make, |(evaluator, _)| evaluator)?;
        let result = evaluator
            .call_flake(&flake)
            .and_then(|flake| work(&mut evaluator, flake));
        let result = result.map_err(|raised| {
            let error = evaluator.take_error(raised);
            Failure::Evaluation {
                report: evaluator.render(&error, options.detail),
                message: error.message,
            }
        });
        if let Some(notes) = &notes {
            notes.borrow_mut().is_seen = evaluator.saw_hidden_path();
        }
        if result.is_ok() {
            note_written_pages(&evaluator);
        }
        // Who records asks to save when the answers are shown, and others may hibernate over what is there.
        let useful = if notes.is_some() {
            later.take_beside(&mut evaluator, &turn)
        } else {
            later.take(&mut evaluator, &turn).files_or_values()
        };
        drop(evaluator);
        if notes.is_some() {
            later.put(useful, &cache);
        } else {
            // It is waited for.
            later.save_now(useful, &cache);
        }
        result
    }
}

/// This machine, without a word to whoever watches.
#[must_use]
pub fn quiet_system() -> System {
    System::new(Fetcher::default(), true)
}

pub(crate) fn on_a_stack<T: Send>(
    work: impl FnOnce() -> std::result::Result<T, Failure> + Send,
) -> std::result::Result<T, Failure> {
    with_stack(work)
        .map_err(|error| Failure::Resources(format!("cannot start a thread: {error}")))?
        .ok_or_else(|| Failure::Resources("the evaluation needs more than 4 GiB".to_owned()))?
}

fn path_reference(path: &str) -> Result<FlakeRef> {
    let attributes = Attributes::of_texts(&[("type", "path"), ("path", path)]);
    FlakeRef::from_attributes(&attributes)
}

/// Fetches and locks a flake.
///
/// # Errors
/// Where it, or an input, cannot be had.
pub fn open(source: &Source, options: &LockOptions) -> Result<(Fetcher, Locked)> {
    open_by(Fetcher::default(), source, options)
}

fn open_by(
    mut fetcher: Fetcher,
    source: &Source,
    options: &LockOptions,
) -> Result<(Fetcher, Locked)> {
    let reference = match source {
        Source::Reference(reference) => reference.clone(),
        Source::Folder(folder) => {
            let folder = std::path::absolute(folder)
                .map_err(Error::io(format!("cannot find '{}'", folder.display())))?;
            path_reference(&folder.to_string_lossy())?
        }
        Source::Memory(tree) => path_reference(&fetcher.add_memory(tree.clone()))?,
    };
    let locked = lock_flake(&mut fetcher, &reference, options)?;
    Ok((fetcher, locked))
}

/// Fetches, locks and evaluates a flake; see [`Opened::evaluate`].
///
/// # Errors
/// [`Failure`].
pub fn evaluate<T: Send>(
    source: &Source,
    options: &Options,
    work: impl FnOnce(&mut Evaluator, Value) -> R<T> + Send,
) -> std::result::Result<T, Failure> {
    on_a_stack(|| Opened::new(source, &options.lock)?.run(options, None, work))
}

/// The path of the derivation at an attribute path of a flake.
///
/// # Errors
/// [`Failure`].
pub fn derivation_path(
    source: &Source,
    attributes: &[&str],
    options: &Options,
) -> std::result::Result<String, Failure> {
    let shown = attributes.join(".");
    evaluate(source, options, |evaluator, flake| {
        let mut value = flake;
        for name in attributes {
            value = evaluator.select_by_text(value, name.as_bytes(), &shown)?;
        }
        let value = evaluator.select_by_text(value, b"drvPath", &shown)?;
        let text = evaluator.text_of(value, "while evaluating the path of a derivation")?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    })
}
