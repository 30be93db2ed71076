//! Using saved values: everything they refer to is put where it was when they were saved.

use std::rc::Rc;

use super::Call;
use super::demand::Demand;
use super::file::Layout;
use super::tables::{Place, Tables, take_code_table, take_derivation};
use crate::builtins::INTERNAL_SOURCES;
use crate::eval::{DerivationRecord, Evaluator};
use crate::heap::{ContextTable, Value};
use crate::position::Origin;
use crate::saved::{Digest, ends_of};
use crate::world::Saved;

use nix_store::StorePath;
use rustc_hash::FxHashMap;

/// Saved values that are in use.
pub(crate) struct Adopted {
    saved: Rc<dyn Saved>,
    /// Where the tables end.
    more: u64,
    derivations: FxHashMap<StorePath, Place>,
    /// How many parsed files there were beside, and which.
    pub(super) parsed: (u32, Digest),
    pub(super) calls: Vec<Call>,
    pub(super) demands: Vec<Demand>,
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
        let tables = Tables::parse(&bytes)?;
        let own = ends_of(self);
        if tables.start != own || !self.world.is_as_noted(&tables.notes) {
            return None;
        }
        let data = (layout.data, own.data);
        let code = (layout.code, own.code);
        // From here on there is no way back, and nothing that can fail but the system.
        self.heap.adopt(&*saved, data, code).ok()?;
        self.symbols
            .restore(tables.each_name(), tables.appeared.clone());
        self.positions.reserve(tables.end.positions);
        self.restore_sources(&tables, &saved, layout.more());
        self.contexts = ContextTable::restored(tables.elements, tables.sets);
        let place = tables.code_table;
        let (from, more) = (saved.clone(), layout.more());
        self.code_table.restore_saved(Box::new(move || {
            let bytes = read(&*from, more, place).unwrap_or_default();
            take_code_table(&bytes).unwrap_or_default()
        }));
        self.shared.saved_imports = tables.imports.len();
        let imports = tables.imports.into_iter();
        self.imports
            .extend(imports.map(|(path, word)| (path.into(), Value::from_word(word))));
        let strings = tables.symbol_strings.into_iter();
        self.symbol_strings = strings.map(Value::from_word).collect();
        let shared = &mut self.shared;
        shared.functions.extend(tables.functions);
        shared.flake = (tables.flake != 0).then(|| Value::from_word(tables.flake));
        for (digest, word) in tables.known {
            shared.known.insert(digest, Value::from_word(word));
            shared.digests.insert(Value::from_word(word), digest);
        }
        shared.mounts = tables.mounts;
        for (path, content) in tables.contents {
            self.mount_content(path, content);
        }
        let copied = tables.copied.into_iter();
        self.store
            .restore_copied(copied.map(|(source, stored)| (source.into(), stored)));
        self.restore_sources_hashed(tables.hashed);
        for path in tables.allowed {
            self.allow(&path);
        }
        self.shared.adopted = Some(Adopted {
            saved,
            more: layout.more(),
            derivations: tables.derivations.into_iter().collect(),
            parsed: tables.parsed,
            calls: tables.calls,
            demands: tables.demands,
        });
        Some(())
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
        let adopted = self.shared.adopted.as_ref()?;
        let place = *adopted.derivations.get(path)?;
        take_derivation(&read(&*adopted.saved, adopted.more, place)?)
    }

    /// The paths of all derivations that were saved.
    pub(crate) fn saved_derivations(&self) -> Vec<StorePath> {
        let adopted = self.shared.adopted.iter();
        adopted
            .flat_map(|adopted| adopted.derivations.keys().cloned())
            .collect()
    }
}

fn read(saved: &dyn Saved, more: u64, place: Place) -> Option<Vec<u8>> {
    let mut bytes = vec![0; place.length as usize];
    saved
        .read_at(more.checked_add(place.offset)?, &mut bytes)
        .ok()?;
    Some(bytes)
}
