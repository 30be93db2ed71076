//! Interned names. A symbol is an index; equal names have equal symbols for the life of a table.
//! Nothing here knows values: the string value of a symbol is kept by the evaluator.

pub mod known;

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// An interned attribute or variable name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// All names of an evaluation, in order of first appearance.
#[derive(Default)]
pub struct SymbolTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    index: HashTable<u32>,
}

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
            return symbol;
        }
        let symbol = self.ends.len() as u32;
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len() as u32);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index
            .insert_unique(hash, symbol, |&s| hash_bytes(slice(bytes, ends, s)));
        Symbol(symbol)
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
    fn fixed_names_are_where_the_constants_say() {
        let table = SymbolTable::new();
        assert_eq!(table.name(known::OUT_PATH), b"outPath");
        assert_eq!(table.name(known::BODY), b"body");
        assert_eq!(table.name(known::SHA256), b"sha256");
        assert_eq!(table.len(), known::NAMES.len() + known::later().count());
    }
}
