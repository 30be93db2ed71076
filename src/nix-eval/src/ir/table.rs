//! What messages need to know of code and evaluation does not: where it was written, and which name
//! it gives a value to. Both are found by the index of an instruction; code only grows, so that the
//! tables are in order.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::position::Position;
use crate::symbol::Symbol;

/// Places and names of instructions.
#[derive(Default)]
pub struct CodeTable {
    own: Part,
    /// Of code that was not made in order, by where it starts.
    restored: BTreeMap<u32, Part>,
    /// Of code that was saved with values: read when somebody asks.
    saved: Option<SavedPart>,
}

/// Reads the tables of saved code.
pub(crate) type ReadPart = Box<dyn Fn() -> Part>;

struct SavedPart {
    read: ReadPart,
    part: OnceCell<Part>,
}

/// Places and names of a stretch of code.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) places: Vec<(u32, Position)>,
    pub(crate) names: Vec<(u32, Symbol)>,
}

impl CodeTable {
    /// Notes where the instruction at `code` was written.
    pub(super) fn add_place(&mut self, code: u32, position: Position) {
        self.own.places.push((code, position));
    }

    /// Notes that the value of the instruction at `code` gets a name. Code that is shared keeps its
    /// first one.
    pub(super) fn add_name(&mut self, code: u32, name: Symbol) {
        if self.own.names.last().is_none_or(|&(last, _)| last < code) {
            self.own.names.push((code, name));
        }
    }

    /// Where the instruction at `code` was written.
    #[must_use]
    pub fn place(&self, code: u32) -> Position {
        find(&self.own.places, code)
            .or_else(|| find(&self.restored(code)?.places, code))
            .or_else(|| find(&self.saved()?.places, code))
            .unwrap_or(Position::NONE)
    }

    /// The name that the value of the instruction at `code` gets.
    #[must_use]
    pub fn name(&self, code: u32) -> Option<Symbol> {
        find(&self.own.names, code)
            .or_else(|| find(&self.restored(code)?.names, code))
            .or_else(|| find(&self.saved()?.names, code))
    }

    /// Instructions whose value is called `name`, in code that was made together with that at `root`
    /// or since the tables were taken out last.
    pub(crate) fn named(&self, root: u32, name: Symbol) -> Vec<u32> {
        let parts = [Some(&self.own), self.restored(root)].into_iter().flatten();
        let named = parts.flat_map(|part| part.names.iter().filter(|&&(_, found)| found == name));
        named.map(|&(code, _)| code).collect()
    }

    fn saved(&self) -> Option<&Part> {
        let saved = self.saved.as_ref()?;
        Some(saved.part.get_or_init(|| (saved.read)()))
    }

    /// Has the tables of saved code read by `read`, once somebody asks.
    pub(crate) fn restore_saved(&mut self, read: ReadPart) {
        let part = OnceCell::new();
        self.saved = Some(SavedPart { read, part });
    }

    /// Everything, in the order of code.
    pub(crate) fn all(&self) -> Part {
        self.in_order(self.saved())
    }

    /// Everything but the tables of saved code, in the order of code.
    pub(crate) fn unsaved(&self) -> Part {
        self.in_order(None)
    }

    /// Has everything be as it was in a table that gave this as [`Self::unsaved`].
    pub(crate) fn restore_unsaved(&mut self, part: Part) {
        self.restored.clear();
        self.own = part;
    }

    fn in_order(&self, more: Option<&Part>) -> Part {
        let mut all = Part::default();
        let parts = self.restored.values().chain(more).chain([&self.own]);
        for part in parts {
            all.places.extend(&part.places);
            all.names.extend(&part.names);
        }
        all.places.sort_by_key(|&(code, _)| code);
        all.names.sort_by_key(|&(code, _)| code);
        all
    }

    fn restored(&self, code: u32) -> Option<&Part> {
        let (_, part) = self.restored.range(..=code).next_back()?;
        Some(part)
    }

    /// Takes out what was noted since the last time.
    pub(crate) fn take(&mut self) -> Part {
        std::mem::take(&mut self.own)
    }

    /// Puts back what was taken out of another table, for code from `start` on.
    pub(crate) fn restore(&mut self, start: u32, part: Part) {
        self.restored.insert(start, part);
    }
}

fn find<T: Copy>(table: &[(u32, T)], code: u32) -> Option<T> {
    let index = table.binary_search_by_key(&code, |&(at, _)| at).ok()?;
    Some(table[index].1)
}
