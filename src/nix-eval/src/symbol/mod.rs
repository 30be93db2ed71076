//! Interned names. A symbol is an index; equal names have equal symbols for the life of a table.
//! Nothing here knows values: the string value of a symbol is kept by the evaluator.

pub mod known;
mod names;

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::stand_in::has_stand_in;

use names::Common;
pub(crate) use names::Names;

/// An interned attribute or variable name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// All names of an evaluation. Nix numbers names as they appear, and goes through sets in that
/// order; where names were there before they appeared ([`SymbolTable::add_saved`]), their
/// [`SymbolTable::rank`] is that number.
#[derive(Default)]
pub struct SymbolTable {
    names: Names,
    index: HashTable<u32>,
    /// The rank of each symbol, or [`UNSEEN`]; empty while symbols are their own ranks.
    ranks: Vec<u32>,
    /// The symbols that have a rank, by rank.
    appeared: Vec<u32>,
    /// Whether a name has the stand-in of a path in it.
    has_stand_in: bool,
    /// Where new names get their numbers, if another table has the same ones.
    common: Option<Common>,
}

/// As many names as a host has.
const MANY: usize = 50_000;
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
        let symbol = match self.common.take() {
            Some(common) => {
                let symbol = self.intern_in(&common, name, hash);
                self.common = Some(common);
                symbol
            }
            None => self.add(name, hash),
        };
        if !self.ranks.is_empty() {
            self.ranks.resize(self.len(), UNSEEN);
            self.appears(symbol);
        }
        symbol
    }

    /// The symbol of a name that this table does not have.
    fn intern_in(&mut self, common: &Common, name: &[u8], hash: u64) -> Symbol {
        let mut names = common.lock();
        self.add_common(common, &names);
        if let Some(symbol) = self.find_hashed(name, hash) {
            return symbol;
        }
        names.push(name);
        self.add(name, hash)
    }

    fn add_common(&mut self, common: &Common, names: &Names) {
        for index in self.len() - common.before()..names.len() {
            let name = names.get(index);
            self.add(name, hash_bytes(name));
        }
    }

    /// Adds the names that the other table has and this one does not; they did not appear here.
    pub(crate) fn catch_up(&mut self) {
        if let Some(common) = self.common.clone() {
            self.add_common(&common, &common.lock());
            self.ranks.resize(self.len(), UNSEEN);
        }
    }

    /// Another table for another thread. From now on a name that either of them meets has the same symbol
    /// in both; in the new one no name appeared yet.
    pub(crate) fn in_common(&mut self) -> Self {
        let common = Common::after(self.len());
        if self.ranks.is_empty() {
            self.appeared = (0..self.len() as u32).collect();
            self.ranks.clone_from(&self.appeared);
        }
        self.common = Some(common.clone());
        self.make_room_for(MANY);
        let mut other = Self {
            names: self.names.clone(),
            index: self.index.clone(),
            ranks: Vec::new(),
            appeared: Vec::new(),
            has_stand_in: self.has_stand_in,
            common: Some(common),
        };
        other.forget_appearances();
        other
    }

    fn add(&mut self, name: &[u8], hash: u64) -> Symbol {
        self.has_stand_in |= has_stand_in(name);
        let symbol = self.names.len() as u32;
        self.names.push(name);
        let names = &self.names;
        self.index
            .insert_unique(hash, symbol, |&s| hash_bytes(names.get(s as usize)));
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
        let seen = self.len() as u32;
        self.appeared = (0..seen).collect();
        self.make_room_for(names.len());
        for name in names {
            self.add(name, hash_bytes(name));
        }
        self.ranks = (0..seen).collect();
        self.ranks.resize(self.len(), UNSEEN);
    }

    fn make_room_for(&mut self, count: usize) {
        self.names.reserve(count);
        let names = &self.names;
        self.index
            .reserve(count, |&s| hash_bytes(names.get(s as usize)));
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
        self.ranks.resize(self.len(), UNSEEN);
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
            .find(hash, |&s| self.names.get(s as usize) == name)
            .map(|&s| Symbol(s))
    }

    /// The name of `symbol`.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &[u8] {
        self.names.get(symbol.0 as usize)
    }

    /// Whether a name has the stand-in of a path in it.
    #[must_use]
    pub fn has_stand_in(&self) -> bool {
        self.has_stand_in
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no name was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
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
    fn tables_with_names_in_common_number_them_together() {
        let mut here = SymbolTable::new();
        let before = here.intern(b"before");
        let mut there = here.in_common();
        let first = here.intern(b"first");
        let second = there.intern(b"second");
        assert!(there.intern(b"first") == first && there.intern(b"before") == before);
        assert!(here.find(b"second").is_none());
        here.catch_up();
        assert!(here.find(b"second") == Some(second));
        let third = here.intern(b"third");
        let mut order = [second, third, first, before];
        here.appears(second);
        order.sort_by_key(|&symbol| here.rank(symbol));
        assert!(
            order == [before, first, third, second],
            "as they appeared here"
        );
        assert_eq!(there.take_appearances(), [second.0, first.0, before.0]);
    }

    #[test]
    fn threads_agree_on_names() {
        let mut here = SymbolTable::new();
        let mut there = here.in_common();
        let name = |number: u32| format!("name{}", number % 1000).into_bytes();
        let all = |table: &mut SymbolTable, step: u32| {
            let numbers = (0..10_000).map(|number| number * step);
            numbers.for_each(|number| {
                table.intern(&name(number));
            });
        };
        std::thread::scope(|scope| {
            scope.spawn(|| all(&mut there, 7));
            all(&mut here, 3);
        });
        here.catch_up();
        there.catch_up();
        assert_eq!(here.len(), there.len());
        for symbol in 0..here.len() as u32 {
            assert_eq!(here.name(Symbol(symbol)), there.name(Symbol(symbol)));
        }
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
