//! Making the values that are saved: the noted calls once more, in an evaluator that does nothing
//! else, and the derivations that were asked of their results.

use std::io;
use std::rc::Rc;

use nix_store::StorePath;
use rustc_hash::FxHashSet;

use super::demand::Demand;
use super::file::Layout;
use super::tables::{Below, Tables};
use super::tree::Source;
use super::{Call, NOT_SHARED};
use crate::eval::{Evaluator, R, Settings, with_stack};
use crate::heap::Value;
use crate::saved::{Digest, digest, ends_of, image_name};
use crate::symbol::known;
use crate::world::{Saved, World};

/// Bytes of data that may be saved.
const MOST_BYTES: usize = 1 << 30;
/// Bytes of data that one derivation may take: a VM test is one too, but hardly asked for again.
const MOST_BYTES_EACH: usize = 64 << 20;
/// New derivations that are worth saving values anew: this part of those that were saved already.
const PART_WORTH_SAVING: usize = 8;
/// Fewer derivations than this are made faster than saved.
const WORTH_SAVING: usize = 20;
/// From so many calls on, those are left out that the last evaluation did not need.
const MOST_CALLS: usize = 24;
/// Calls that later evaluations need not make, once their results are saved.
pub struct Unshared {
    name: String,
    settings: Settings,
    calls: Vec<Call>,
    /// What was asked now, then what was saved before: where there is no room for all, that goes.
    demands: Vec<Demand>,
    /// How many of them were asked now.
    new: usize,
    /// Whether most of what was asked of results that were used had not been saved before.
    is_mostly_new: bool,
    /// Demands that are in the way: what warns, since it has to be evaluated each time, and what is
    /// very large.
    refused: FxHashSet<Demand>,
    mounts: Vec<(StorePath, Vec<u8>)>,
    /// Files that were imported.
    files: Vec<Vec<u8>>,
    /// Folders that were hashed.
    sources: Vec<Source>,
    /// Whether values are saved that still hold.
    has_values: bool,
}

/// What making values came to.
enum Made {
    /// They are saved, or could be another time.
    Values,
    /// They are saved, less what there was no room for though it was asked now.
    Part,
    /// Nothing, but there would be something without these.
    Without(FxHashSet<Demand>),
    /// Nothing that can be saved.
    Nothing,
}

/// What is saved where there is nothing to save; after it, when that was found.
const NONE: &[u8; 8] = b"no-value";
/// Seconds after which it is tried again.
const PATIENCE: i64 = 24 * 60 * 60;
/// How often values are made, each time without what was in the way before: what two derivations
/// have in common warns, or takes room, only in the first of them.
const MOST_TURNS: usize = 4;

impl Evaluator {
    /// Uses files that were saved, and shares calls of a few functions, whose results may have been
    /// saved too. `hint` tells one kind of work from another: what it saves is kept apart. Has an
    /// effect only before anything was evaluated.
    pub fn share_calls(&mut self, hint: &str) {
        let Some((image, name)) = self.begin_sharing(hint) else {
            return self.use_saved_files();
        };
        if let Some(saved) = self.world.saved_values(&name) {
            self.shared.is_hopeless = self.is_fresh_mark(&*saved);
            self.adopt(saved);
        }
        if self.shared.adopted.is_some()
            && let Some(mark) = self.world.saved_values(&more_name(&name))
        {
            self.shared.is_hopeless = self.is_fresh_mark(&*mark);
        }
        self.use_image(image);
    }

    /// Shares calls as [`Self::share_calls`] does, and uses nothing that was saved: for an evaluator that is to
    /// go on from an evaluation that hibernated whole.
    pub fn share_calls_alone(&mut self, hint: &str) {
        self.begin_sharing(hint);
    }

    /// The names of the image and of the values that fit; `None` where calls are not shared.
    fn begin_sharing(&mut self, hint: &str) -> Option<(String, String)> {
        // Where values are shown unforced, it can be seen what another evaluation forced.
        if !self.settings.lints.is_silent() || self.settings.exact_laziness {
            return None;
        }
        let image = image_name(self);
        let text = format!("{image} {hint} {:?}", self.settings);
        let name = digest(text.as_bytes());
        let name = format!("{:032x}", u128::from_le_bytes(name));
        self.shared.start = ends_of(self);
        self.shared.name = Some(name.clone());
        Some((image, name))
    }

    /// The calls that were made, where they are worth saving.
    pub fn take_unshared(&mut self) -> Option<Unshared> {
        let name = self.shared.name.clone()?;
        if self.shared.is_hopeless {
            return None;
        }
        let mut demands = self.demands();
        demands.sort_unstable();
        demands.dedup();
        let (files, has_new_files) = self.shared_files();
        let (sources, has_new_sources) = self.shared_sources();
        let mut calls = self.shared.calls.clone();
        let (mut new, mut used) = (demands.len(), 0);
        if let Some(adopted) = &self.shared.adopted {
            let known: FxHashSet<&Demand> = adopted.demands.iter().collect();
            demands.retain(|demand| !known.contains(demand));
            new = demands.len();
            let before = adopted.demands.len();
            let is_used = |demand: &&Demand| self.shared.used.contains(&demand.call);
            used = adopted.demands.iter().filter(is_used).count();
            demands.extend(adopted.demands.iter().cloned());
            let is_worth_it = new >= WORTH_SAVING.max(before / PART_WORTH_SAVING)
                || has_new_files
                || has_new_sources;
            if !is_worth_it && !self.has_displaced_files() {
                return None;
            }
            let kept = |call: &&Call| {
                adopted.calls.len() < MOST_CALLS || self.shared.used.contains(&call.digest())
            };
            let before = adopted.calls.iter().filter(kept);
            calls = before.chain(&calls).cloned().collect();
        } else if new < WORTH_SAVING && !has_new_files {
            return None;
        }
        let mut settings = self.settings.clone();
        settings.allowed_paths = settings.allowed_paths.map(|_| Vec::new());
        Some(Unshared {
            name,
            settings,
            calls,
            demands,
            new,
            is_mostly_new: new * 4 >= used * 3,
            refused: FxHashSet::default(),
            mounts: self.shared.mounts.iter().map(to_vec).collect(),
            files,
            sources,
            has_values: self.shared.adopted.is_some(),
        })
    }
}

impl Evaluator {
    /// Whether there was nothing to save not long ago.
    fn is_fresh_mark(&mut self, saved: &dyn Saved) -> bool {
        let mut mark = [0; 16];
        if saved.length() != 16 || saved.read_at(0, &mut mark).is_err() {
            return false;
        }
        let found = mark.strip_prefix(NONE);
        let found = found.and_then(|time| time.try_into().ok().map(i64::from_le_bytes));
        found.is_some_and(|found| (found..found + PATIENCE).contains(&self.world.time_of_saving()))
    }
}

/// Where it stands that nothing can be added to the values of this name.
fn more_name(name: &str) -> String {
    let digest = crate::saved::digest(format!("more {name}").as_bytes());
    format!("{:032x}", u128::from_le_bytes(digest))
}

fn to_vec((path, real): &(StorePath, Rc<[u8]>)) -> (StorePath, Vec<u8>) {
    (path.clone(), real.to_vec())
}

impl Unshared {
    /// Whether most of what was asked of results that were used had not been saved before.
    #[must_use]
    pub fn is_mostly_new(&self) -> bool {
        self.is_mostly_new
    }

    /// Adds what another evaluation of the same kind made.
    pub fn join(&mut self, other: Self) {
        if self.name != other.name {
            return;
        }
        let known: FxHashSet<Digest> = self.calls.iter().map(Call::digest).collect();
        let calls = other.calls.into_iter();
        self.calls
            .extend(calls.filter(|call| !known.contains(&call.digest())));
        let known: FxHashSet<Demand> = self.demands.iter().cloned().collect();
        let (new, old) = other.demands.split_at(other.new);
        let is_unknown = |demand: &&Demand| !known.contains(*demand);
        let new: Vec<Demand> = new.iter().filter(is_unknown).cloned().collect();
        let old: Vec<Demand> = old.iter().filter(is_unknown).cloned().collect();
        let count = new.len();
        self.demands.splice(self.new..self.new, new);
        self.demands.extend(old);
        self.new += count;
        self.files.extend(other.files);
        self.files.sort_unstable();
        self.files.dedup();
        for source in other.sources {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
        for mount in other.mounts {
            if !self.mounts.contains(&mount) {
                self.mounts.push(mount);
            }
        }
        self.is_mostly_new |= other.is_mostly_new;
        self.has_values |= other.has_values;
    }

    /// Makes the calls once more and saves what came of them.
    ///
    /// # Errors
    /// As the system reports them. Nothing depends on its success but the speed of what follows.
    pub fn save<W: World + 'static>(
        mut self,
        world: impl Fn() -> W + Send + Sync,
    ) -> io::Result<()> {
        for _ in 0..MOST_TURNS {
            match self.make_in(&world)? {
                Made::Values => return Ok(()),
                Made::Without(refused) => self.refused.extend(refused),
                Made::Part => {
                    self.has_values = true;
                    break;
                }
                Made::Nothing => break,
            }
        }
        let mut world = world();
        let mark = [&NONE[..], &world.time_of_saving().to_le_bytes()].concat();
        // What is there is of use, though nothing can be added to it.
        if self.has_values {
            world.save_values(&more_name(&self.name), &[&mark])
        } else {
            world.save_values(&self.name, &[&mark])
        }
    }

    fn make_in<W: World + 'static>(
        &self,
        world: &(impl Fn() -> W + Send + Sync),
    ) -> io::Result<Made> {
        with_stack(|| self.make(Box::new(world())))?.unwrap_or(Ok(Made::Nothing))
    }

    /// Makes and saves values.
    fn make(&self, world: Box<dyn World>) -> io::Result<Made> {
        let mut evaluator = Evaluator::new(self.settings.clone(), world)?;
        evaluator.start_on_this_stack();
        let start = ends_of(&evaluator);
        evaluator.use_saved_files();
        // No image comes of this, and nobody is asked to lower ahead: what is saved lies together.
        evaluator.parsed = None;
        evaluator.shared.name = Some(self.name.clone());
        evaluator.has_spoken = false;
        evaluator.world.start_notes();
        let parsed = evaluator.saved_files_identity();
        for (store_path, real) in self.mounts_in_use() {
            evaluator.mount(store_path.clone(), real);
            let dir = evaluator.store_dir();
            if let Ok(dir) = dir {
                evaluator.allow(&dir.print(store_path));
            }
            evaluator.note_mount(store_path, real);
        }
        for call in &self.calls {
            evaluator.repeat(call);
        }
        if evaluator.has_spoken {
            return Ok(Made::Nothing);
        }
        for file in &self.files {
            if let Err(raised) = evaluator.preload(file) {
                evaluator.take_error(raised);
            }
        }
        for source in &self.sources {
            if let Err(raised) = evaluator.hash_again(source) {
                evaluator.take_error(raised);
            }
        }
        let is_first_turn = self.refused.is_empty();
        let mut refused = FxHashSet::default();
        let mut tried = 0;
        for demand in &self.demands {
            if evaluator.heap.data_bytes() > MOST_BYTES {
                break;
            }
            tried += 1;
            if self.refused.contains(demand) {
                continue;
            }
            let depth = evaluator.depth;
            let before = evaluator.heap.data_bytes();
            if let Err(raised) = evaluator.meet(demand) {
                evaluator.take_error(raised);
                evaluator.depth = depth;
            }
            let is_large = evaluator.heap.data_bytes() - before > MOST_BYTES_EACH;
            if std::mem::take(&mut evaluator.has_spoken) || is_large && is_first_turn {
                refused.insert(demand.clone());
            }
        }
        if !refused.is_empty() {
            return Ok(Made::Without(refused));
        }
        let mut sources = evaluator.positions.sources();
        let names_what_changes = sources.any(|source| {
            let own = source.range().0 < start.positions;
            !own && memchr::memmem::find(source.text(), NOT_SHARED).is_some()
        });
        drop(sources);
        if names_what_changes {
            return Ok(Made::Nothing);
        }
        // What was written just now can be noted next time.
        if let Some(notes) = evaluator.world.take_notes() {
            evaluator.save_values(&self.name, (start, parsed), notes, &self.demands[..tried])?;
        }
        Ok(if tried < self.new {
            Made::Part
        } else {
            Made::Values
        })
    }

    /// The trees that a call's argument names.
    fn mounts_in_use(&self) -> impl Iterator<Item = (&StorePath, &[u8])> {
        let mounts = self.mounts.iter();
        let in_use = mounts.filter(|(path, _)| {
            let name = path.base_name().as_bytes();
            let is_in = |bytes: &[u8]| memchr::memmem::find(bytes, name).is_some();
            self.calls
                .iter()
                .any(|call| is_in(&call.argument) || is_in(&call.function))
                || self.files.iter().any(|file| is_in(file))
        });
        in_use.map(|(path, real)| (path, &real[..]))
    }
}

impl Evaluator {
    /// Makes a noted call. Where it fails, nothing is known of it later.
    fn repeat(&mut self, call: &Call) {
        let depth = self.depth;
        let result = self.function_at(&call.function).and_then(|function| {
            let Some((function, argument)) = function.zip(self.argument_of(&call.argument)) else {
                return Ok(Value::NULL);
            };
            self.call(function, &[argument], crate::position::Position::NONE)
        });
        if let Err(raised) = result {
            self.take_error(raised);
            self.depth = depth;
        }
    }

    /// The function that a way leads to.
    fn function_at(&mut self, way: &[u8]) -> R<Option<Value>> {
        let Some((&kind, rest)) = way.split_first() else {
            return Ok(None);
        };
        let (mut value, names): (Value, &[&[u8]]) = match kind {
            b'F' => (self.import_file(rest)?, &[]),
            b'L' => (self.import_file(rest)?, &[b"systems", super::ELABORATE]),
            b'R' => {
                let digest = Digest::try_from(rest).unwrap_or_default();
                let Some(&result) = self.shared.known.get(&digest) else {
                    return Ok(None);
                };
                (result, &[b"lib", b"systems", super::ELABORATE])
            }
            _ => return self.flake_function().map(Some),
        };
        for name in names {
            let shown = String::from_utf8_lossy(name).into_owned();
            value = self.select_by_text(value, name, &shown)?;
        }
        self.force(value).map(Some)
    }

    /// Makes a derivation that was asked of a result.
    fn meet(&mut self, demand: &Demand) -> R<()> {
        let Some(&result) = self.shared.known.get(&demand.call) else {
            return Ok(());
        };
        let mut value = result;
        for name in &demand.path {
            value = self.select_by_text(value, name, "")?;
        }
        let value = self.force(value)?;
        for name in [known::DRV_PATH, known::OUT_PATH] {
            if value.is_attrs()
                && let Some(path) = self.heap.attr(value, name)
            {
                self.force(path)?;
            }
        }
        Ok(())
    }

    fn save_values(
        &mut self,
        name: &str,
        (start, parsed): (crate::saved::Ends, (u32, Digest)),
        notes: Vec<u8>,
        demands: &[Demand],
    ) -> io::Result<()> {
        let below = Below::nothing(start);
        let (tables, more) = Tables::of(self, below, parsed, notes, demands.to_vec());
        let tables = tables.to_bytes();
        let (data, code) = self.heap.bytes();
        let layout = Layout::new(tables.len(), more.len(), data.len(), code.len());
        let zeros = vec![0; layout.padding(more.len()).into_iter().max().unwrap_or(0)];
        let [before_data, before_code, at_end] = layout.padding(more.len());
        let header = layout.header();
        self.world.save_values(
            name,
            &[
                &header,
                &tables,
                &more,
                &zeros[..before_data],
                data,
                &zeros[..before_code],
                code,
                &zeros[..at_end],
            ],
        )
    }
}
