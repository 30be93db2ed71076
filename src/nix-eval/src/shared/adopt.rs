//! Using saved values: everything they refer to is put where it was when they were saved.

use std::mem::take;
use std::rc::Rc;

use super::Call;
use super::demand::Demand;
use super::file::Layout;
use super::tables::{Below, Place, Tables, take_code_table, take_derivation};
use crate::builtins::INTERNAL_SOURCES;
use crate::eval::{DerivationRecord, Evaluator};
use crate::heap::{ContextTable, Value};
use crate::position::Origin;
use crate::saved::{Digest, ends_of};
use crate::world::Saved;

use nix_store::StorePath;
use nix_store::hash::{Algorithm, Hash};
use rustc_hash::FxHashMap;

/// Saved values that are in use.
pub(crate) struct Adopted {
    derivations: SavedDerivations,
    /// How many parsed files there were beside, and which.
    pub(super) parsed: (u32, Digest),
    pub(super) calls: Vec<Call>,
    pub(super) demands: Vec<Demand>,
    /// A hash of all that was saved.
    hash: Option<[u8; 32]>,
    /// What the evaluator had once it had adopted them.
    below: Below,
}

/// Derivations that are read when somebody asks for them.
pub(super) struct SavedDerivations {
    saved: Rc<dyn Saved>,
    /// Where the tables end.
    more: u64,
    places: FxHashMap<StorePath, Place>,
}

impl SavedDerivations {
    fn get(&self, path: &StorePath) -> Option<DerivationRecord> {
        let place = *self.places.get(path)?;
        take_derivation(&read(&*self.saved, self.more, place)?)
    }
}

impl Evaluator {
    /// Uses values that were saved, in an evaluator that has not evaluated anything yet; `None` and
    /// nothing done where they do not fit.
    pub(super) fn adopt(&mut self, saved: Box<dyn Saved>) -> Option<()> {
        let saved: Rc<dyn Saved> = saved.into();
        let layout = Layout::read(&*saved)?;
        let mut bytes = vec![0; layout.tables];
        saved
            .read_at(super::file::HEADER_BYTES as u64, &mut bytes)
            .ok()?;
        let mut tables = Tables::parse(&bytes)?;
        let own = ends_of(self);
        if tables.start != own || !self.world.is_as_noted(&tables.notes) {
            return None;
        }
        let below = Below {
            start: tables.end,
            positions: own.positions,
            elements: tables.elements.len(),
            sets: tables.sets.len(),
            has_values: true,
        };
        let data = (layout.data, own.data);
        let code = (layout.code, own.code);
        // From here on there is no way back, and nothing that can fail but the system.
        self.heap.adopt(&*saved, data, code).ok()?;
        self.contexts = ContextTable::restored(take(&mut tables.elements), take(&mut tables.sets));
        let place = tables.code_table;
        let (from, more) = (saved.clone(), layout.more());
        self.code_table.restore_saved(Box::new(move || {
            let bytes = read(&*from, more, place).unwrap_or_default();
            take_code_table(&bytes).unwrap_or_default()
        }));
        self.shared.saved_imports = tables.imports.len();
        self.restore_known(&mut tables, &saved, layout.more());
        self.restore_sources_hashed(tables.hashed);
        self.shared.adopted = Some(Adopted {
            hash: saved.hash(),
            derivations: SavedDerivations {
                saved,
                more: layout.more(),
                places: tables.derivations.into_iter().collect(),
            },
            parsed: tables.parsed,
            calls: tables.calls,
            demands: tables.demands,
            below,
        });
        Some(())
    }

    /// What this evaluation began with, as who adds to it has to know it, and a hash of that: values that were
    /// adopted, or nothing but what every evaluator has; `None` where nobody can tell.
    pub(crate) fn base(&self) -> Option<([u8; 32], Below)> {
        if let Some(adopted) = &self.shared.adopted {
            return Some((adopted.hash?, adopted.below));
        }
        let name = self.shared.name.as_ref()?;
        let hash = Hash::of(Algorithm::Blake3, name.as_bytes());
        Some((
            hash.bytes().try_into().ok()?,
            Below::nothing(self.shared.start),
        ))
    }

    /// The word of data where values end that were adopted.
    pub(super) fn adopted_data(&self) -> u32 {
        let adopted = self.shared.adopted.as_ref();
        adopted.map_or(0, |adopted| adopted.below.start.data)
    }

    /// Notes which pages of adopted values this evaluation wrote to, for those that begin with the same ones, while
    /// memory is kept for them at all ([`crate::heap::KeptMemory`]). `page_map` is Linux's map of this process's pages.
    pub fn note_written_pages(&self, page_map: impl FnOnce() -> Option<Box<dyn Saved>>) {
        if let Some(hash) = self.adopted_hash()
            && !self.was_awoken()
        {
            self.heap.note_written(hash, page_map);
        }
    }

    /// Makes the pages that were noted.
    pub(crate) fn make_written_pages(&self) {
        if let Some(hash) = self.adopted_hash() {
            self.heap.make_written(hash);
        }
    }

    fn adopted_hash(&self) -> Option<[u8; 32]> {
        self.shared.adopted.as_ref()?.hash
    }

    /// Whether this evaluation goes on from one that hibernated.
    #[must_use]
    pub fn was_awoken(&self) -> bool {
        self.shared.awoken.is_some()
    }

    /// Puts what tables hold over what this evaluation began with, where their values were put just now.
    pub(crate) fn restore_beyond(&mut self, mut tables: Tables, saved: &Rc<dyn Saved>, more: u64) {
        let (elements, sets) = (take(&mut tables.elements), take(&mut tables.sets));
        if self.shared.adopted.is_some() {
            self.contexts.extend(elements, sets);
        } else {
            self.contexts = ContextTable::restored(elements, sets);
        }
        let code_table = read(&**saved, more, tables.code_table).unwrap_or_default();
        self.code_table
            .restore_unsaved(take_code_table(&code_table).unwrap_or_default());
        self.restore_known(&mut tables, saved, more);
        self.shared.awoken = Some(SavedDerivations {
            saved: saved.clone(),
            more,
            places: tables.derivations.into_iter().collect(),
        });
    }

    /// Puts in place what is known beside values: names, sources, files imported, functions and calls, what is
    /// in the store.
    fn restore_known(&mut self, tables: &mut Tables, saved: &Rc<dyn Saved>, more: u64) {
        let appeared = take(&mut tables.appeared);
        self.symbols.restore(tables.names.iter(), appeared);
        self.positions.reserve(tables.end.positions);
        self.restore_sources(tables, saved, more);
        let imports = take(&mut tables.imports).into_iter();
        self.imports
            .extend(imports.map(|(path, word)| (path.into(), Value::from_word(word))));
        let strings = take(&mut tables.symbol_strings).into_iter();
        self.symbol_strings = strings.map(Value::from_word).collect();
        let shared = &mut self.shared;
        shared.functions.extend(take(&mut tables.functions));
        shared.flake = (tables.flake != 0).then(|| Value::from_word(tables.flake));
        for (digest, word) in take(&mut tables.known) {
            shared.known.insert(digest, Value::from_word(word));
            shared.digests.insert(Value::from_word(word), digest);
        }
        shared.mounts = take(&mut tables.mounts);
        for (path, content) in take(&mut tables.contents) {
            self.mount_content(path, content);
        }
        let copied = take(&mut tables.copied).into_iter();
        self.store
            .restore_copied(copied.map(|(source, stored)| (source.into(), stored)));
        for path in take(&mut tables.allowed) {
            self.allow(&path);
        }
    }

    fn restore_sources(&mut self, tables: &Tables, saved: &Rc<dyn Saved>, more: u64) {
        for source in &tables.sources {
            let origin = if source.is_internal {
                let mut known = INTERNAL_SOURCES.iter();
                match known.find(|name| name.as_bytes() == source.path) {
                    Some(name) => Origin::Internal(name),
                    None => continue,
                }
            } else {
                Origin::File(source.path.as_slice().into())
            };
            let range = (source.base, source.text.length);
            let text = (saved.clone(), more + source.text.offset);
            self.positions.restore_saved(origin, range, text);
        }
    }

    /// Which parsed files have their places among the values that are in use.
    pub(crate) fn parsed_beside_values(&self) -> Option<(u32, Digest)> {
        let adopted = self.shared.adopted.as_ref()?;
        Some(adopted.parsed)
    }

    /// A derivation that was saved.
    pub(crate) fn saved_derivation(&self, path: &StorePath) -> Option<DerivationRecord> {
        let mut layers = self.saved_layers();
        layers.find_map(|derivations| derivations.get(path))
    }

    /// The paths of all derivations that were saved.
    pub(crate) fn saved_derivations(&self) -> Vec<StorePath> {
        let layers = self.saved_layers();
        layers
            .flat_map(|derivations| derivations.places.keys().cloned())
            .collect()
    }

    fn saved_layers(&self) -> impl Iterator<Item = &SavedDerivations> {
        let adopted = self.shared.adopted.iter();
        let awoken = self.shared.awoken.iter();
        adopted.map(|adopted| &adopted.derivations).chain(awoken)
    }
}

fn read(saved: &dyn Saved, more: u64, place: Place) -> Option<Vec<u8>> {
    let start = more.checked_add(place.offset)?;
    // A length that was never written is noticed before so much memory is asked for.
    if start.checked_add(u64::from(place.length))? > saved.length() {
        return None;
    }
    let mut bytes = vec![0; place.length as usize];
    saved.read_at(start, &mut bytes).ok()?;
    Some(bytes)
}
