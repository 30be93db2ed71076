//! What messages need to know of code and evaluation does not: where it was written, and which name
//! it gives a value to. Both are found by the index of an instruction; code only grows, so that the
//! tables are in order.

use crate::position::Position;
use crate::symbol::Symbol;

/// Places and names of instructions.
#[derive(Default)]
pub struct CodeTable {
    places: Vec<(u32, Position)>,
    names: Vec<(u32, Symbol)>,
}

impl CodeTable {
    /// Notes where the instruction at `code` was written.
    pub(super) fn add_place(&mut self, code: u32, position: Position) {
        self.places.push((code, position));
    }

    /// Notes that the value of the instruction at `code` gets a name. Code that is shared keeps its
    /// first one.
    pub(super) fn add_name(&mut self, code: u32, name: Symbol) {
        if self.names.last().is_none_or(|&(last, _)| last < code) {
            self.names.push((code, name));
        }
    }

    /// Where the instruction at `code` was written.
    #[must_use]
    pub fn place(&self, code: u32) -> Position {
        find(&self.places, code).unwrap_or(Position::NONE)
    }

    /// The name that the value of the instruction at `code` gets.
    #[must_use]
    pub fn name(&self, code: u32) -> Option<Symbol> {
        find(&self.names, code)
    }
}

fn find<T: Copy>(table: &[(u32, T)], code: u32) -> Option<T> {
    let index = table.binary_search_by_key(&code, |&(at, _)| at).ok()?;
    Some(table[index].1)
}
