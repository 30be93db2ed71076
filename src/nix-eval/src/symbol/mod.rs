//! Interned names. A symbol is an index; equal names have equal symbols for the life of a table.
//! Nothing here knows values: the string value of a symbol is kept by the evaluator.

pub mod known;

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::stand_in::has_stand_in;

/// An interned attribute or variable name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// All names of an evaluation. Nix numbers names as they appear, and goes through sets in that
/// order; where names were there before they appeared ([`SymbolTable::add_saved`]), their
/// [`SymbolTable::rank`] is that number.
#[derive(Default)]
pub struct SymbolTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    index: HashTable<u32>,
    /// The rank of each symbol, or [`UNSEEN`]; empty while symbols are their own ranks.
    ranks: Vec<u32>,
    /// The symbols that have a rank, by rank.
    appeared: Vec<u32>,
    /// Whether a name has the stand-in of a path in it.
    has_stand_in: bool,
}

/// The rank of a name that has not appeared yet.
const UNSEEN: u32 = u32::MAX;

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

impl SymbolTable {
    /// A table that holds the names that Nix knows before it reads a file.
    #[must_use]
    pub fn new() -> Self {
        let mut table = Self::default();
        for name in known::NAMES.iter().copied().chain(known::later()) {
            table.intern(name.as_bytes());
        }
        table
    }

    /// The symbol of `name`, made if it is new.
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        let hash = hash_bytes(name);
        if let Some(symbol) = self.find_hashed(name, hash) {
            self.appears(symbol);
            return symbol;
        }
        let symbol = self.add(name, hash);
        if !self.ranks.is_empty() {
            self.ranks.push(UNSEEN);
            self.appears(symbol);
        }
        symbol
    }

    fn add(&mut self, name: &[u8], hash: u64) -> Symbol {
        self.has_stand_in |= has_stand_in(name);
        let symbol = self.ends.len() as u32;
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len() as u32);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index
            .insert_unique(hash, symbol, |&s| hash_bytes(slice(bytes, ends, s)));
        Symbol(symbol)
    }

    /// Gives a name its rank where this is its first appearance.
    #[inline]
    pub fn appears(&mut self, symbol: Symbol) {
        if let Some(rank) = self.ranks.get_mut(symbol.0 as usize)
            && *rank == UNSEEN
        {
            *rank = self.appeared.len() as u32;
            self.appeared.push(symbol.0);
        }
    }

    /// Adds names that did not appear yet, so that they have the symbols they had when they were
    /// saved. Those that are there keep their symbols as ranks.
    pub fn add_saved<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a [u8]>) {
        let seen = self.ends.len() as u32;
        let count = names.len();
        self.appeared = (0..seen).collect();
        self.ends.reserve(count);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index
            .reserve(count, |&s| hash_bytes(slice(bytes, ends, s)));
        for name in names {
            self.add(name, hash_bytes(name));
        }
        self.ranks = (0..seen).collect();
        self.ranks.resize(self.ends.len(), UNSEEN);
    }

    /// The symbols that appeared, in order; `None` where symbols are in that order themselves.
    pub(crate) fn appearances(&self) -> Option<&[u32]> {
        (!self.ranks.is_empty()).then_some(&self.appeared)
    }

    /// Adds names as [`Self::add_saved`] does, of which those in `appeared` did appear, in that order.
    pub(crate) fn restore<'a>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'a [u8]>,
        appeared: Vec<u32>,
    ) {
        self.add_saved(names);
        self.ranks.fill(UNSEEN);
        for (rank, &symbol) in appeared.iter().enumerate() {
            if let Some(place) = self.ranks.get_mut(symbol as usize) {
                *place = rank as u32;
            }
        }
        self.appeared = appeared;
    }

    /// Has every name appear anew from here on.
    pub fn forget_appearances(&mut self) {
        self.ranks.clear();
        self.ranks.resize(self.ends.len(), UNSEEN);
        self.appeared.clear();
    }

    /// The symbols of the names that appeared, in order; they are forgotten again.
    pub fn take_appearances(&mut self) -> Vec<u32> {
        let appeared = std::mem::take(&mut self.appeared);
        for &symbol in &appeared {
            self.ranks[symbol as usize] = UNSEEN;
        }
        appeared
    }

    /// Whether symbols are in order of appearance themselves.
    #[inline]
    #[must_use]
    pub fn is_ranked_by_itself(&self) -> bool {
        self.ranks.is_empty()
    }

    /// The place of `symbol` in the order of first appearance.
    #[must_use]
    pub fn rank(&self, symbol: Symbol) -> u32 {
        self.ranks
            .get(symbol.0 as usize)
            .copied()
            .unwrap_or(symbol.0)
    }

    /// The symbol of `name` where it has one: a name never interned is in no attribute set.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<Symbol> {
        self.find_hashed(name, hash_bytes(name))
    }

    fn find_hashed(&self, name: &[u8], hash: u64) -> Option<Symbol> {
        self.index
            .find(hash, |&s| slice(&self.bytes, &self.ends, s) == name)
            .map(|&s| Symbol(s))
    }

    /// The name of `symbol`.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &[u8] {
        slice(&self.bytes, &self.ends, symbol.0)
    }

    /// Whether a name has the stand-in of a path in it.
    #[must_use]
    pub fn has_stand_in(&self) -> bool {
        self.has_stand_in
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no name was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[u32], symbol: u32) -> &'a [u8] {
    let index = symbol as usize;
    let start = if index == 0 {
        0
    } else {
        ends[index - 1] as usize
    };
    &bytes[start..ends[index] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_symbol() {
        let mut table = SymbolTable::new();
        let first = table.intern(b"foo");
        assert!(table.intern(b"foo") == first);
        assert!(table.intern(b"bar") != first);
        assert_eq!(table.name(first), b"foo");
    }

    #[test]
    fn saved_names_are_ranked_as_they_appear() {
        let mut table = SymbolTable::default();
        let known = table.intern(b"known");
        table.add_saved([&b"first"[..], b"second", b"never"].into_iter());
        let second = table.intern(b"second");
        let new = table.intern(b"new");
        let first = table.intern(b"first");
        assert!(first < second && second < new);
        let mut order = [first, new, second, known];
        order.sort_by_key(|&symbol| table.rank(symbol));
        assert!(order == [known, second, new, first]);
    }

    #[test]
    fn fixed_names_are_where_the_constants_say() {
        let table = SymbolTable::new();
        assert_eq!(table.name(known::OUT_PATH), b"outPath");
        assert_eq!(table.name(known::BODY), b"body");
        assert_eq!(table.name(known::SHA256), b"sha256");
        assert_eq!(table.len(), known::NAMES.len() + known::later().count());
    }
}
