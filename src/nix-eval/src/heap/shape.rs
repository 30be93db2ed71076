//! Shapes: the names of a set, sorted by symbol, and where each was written. One is shared by all sets
//! that a literal makes, by what `mapAttrs` and `//` make of them, and by all sets that happen to have
//! the same names from the same places.
//!
//! Shape: count, flags, lexicographic order (0: not made yet), the same shape without positions (0:
//! not made yet), symbols, positions.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use super::Heap;
use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable};

/// The names of a set, by granule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape(pub u32);

impl Shape {
    /// No shape.
    pub const NONE: Self = Self(0);
}

const HEADER: u32 = 4;
/// Made by a literal, or met before, so likely to be met again.
const STABLE: u32 = 1;
const POSITIONS: u32 = 2;
/// Up to this many names are searched one by one.
const LINEAR: usize = 8;

fn hash_of(words: &[u32]) -> u32 {
    let mut hasher = FxHasher::default();
    words.hash(&mut hasher);
    hasher.finish() as u32
}

/// A hash as wide as a table wants it, from the half that is kept.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Heap {
    /// A shape of `names`, which are sorted by symbol and differ from each other.
    pub fn new_shape(
        &mut self,
        names: &[Symbol],
        positions: Option<&[Position]>,
        stable: bool,
    ) -> Shape {
        let count = names.len() as u32;
        let positioned = positions.is_some_and(|p| p.iter().any(|p| p.is_some()));
        let mut words: Vec<u32> = names.iter().map(|name| name.0).collect();
        if let (true, Some(positions)) = (positioned, positions) {
            words.extend(positions.iter().map(|position| position.0));
        }
        self.add_shape(&words, count, stable)
    }

    /// The shape of `names`, which are sorted by symbol, and where each was written: one that is there,
    /// or a new one.
    pub fn shape_of(&mut self, names: impl Iterator<Item = (Symbol, Position)> + Clone) -> Shape {
        let mut draft = self.take_draft();
        draft.extend(names.clone().map(|(name, _)| name.0));
        let count = draft.len() as u32;
        if names.clone().any(|(_, position)| position.is_some()) {
            draft.extend(names.map(|(_, position)| position.0));
        }
        self.unique_shape(draft, count, false)
    }

    /// An empty buffer for the symbols and positions of a shape.
    pub(super) fn take_draft(&mut self) -> Vec<u32> {
        let mut draft = std::mem::take(&mut self.draft);
        draft.clear();
        draft
    }

    /// The shape of `count` symbols and, if there is more in `draft`, their positions. Programs put the
    /// same names together again and again, so one that is met a second time counts as stable.
    pub(super) fn unique_shape(&mut self, draft: Vec<u32>, count: u32, stable: bool) -> Shape {
        let hash = hash_of(&draft);
        let data = &self.data;
        let is_same = |&(other, at): &(u32, u32)| {
            if other != hash {
                return false;
            }
            let words = data.get(at, 0) << u32::from(data.get(at, 1) & POSITIONS != 0);
            data.get(at, 0) == count
                && words as usize == draft.len()
                && data.words(at, HEADER, words) == draft
        };
        let known = self.unique_shapes.find(spread(hash), is_same);
        let shape = if let Some(&(_, known)) = known {
            let flags = self.data.get(known, 1);
            self.data.set(known, 1, flags | STABLE);
            Shape(known)
        } else {
            let shape = self.add_shape(&draft, count, stable);
            let entry = (hash, shape.0);
            let hash = |&(hash, _): &(u32, u32)| spread(hash);
            self.unique_shapes.insert_unique(hash(&entry), entry, hash);
            shape
        };
        self.draft = draft;
        shape
    }

    /// A shape of `count` symbols and, if there is more in `words`, their positions.
    fn add_shape(&mut self, words: &[u32], count: u32, stable: bool) -> Shape {
        let at = self.data.allocate(HEADER + words.len() as u32);
        let positioned = words.len() > count as usize;
        self.data.set(at, 0, count);
        let flags = (u32::from(stable) * STABLE) | (u32::from(positioned) * POSITIONS);
        self.data.set(at, 1, flags);
        for (index, &word) in words.iter().enumerate() {
            self.data.set(at, HEADER + index as u32, word);
        }
        Shape(at)
    }

    /// Whether a shape is likely to be met again: a literal made it, or it was met before.
    pub(super) fn is_stable(&self, shape: Shape) -> bool {
        self.data.get(shape.0, 1) & STABLE != 0
    }

    /// Whether it is known where names were written.
    pub(super) fn has_positions(&self, shape: Shape) -> bool {
        self.data.get(shape.0, 1) & POSITIONS != 0
    }

    /// The symbols of a shape.
    pub(super) fn shape_words(&self, shape: Shape) -> &[u32] {
        self.data.words(shape.0, HEADER, self.data.get(shape.0, 0))
    }

    /// How many names a shape has.
    #[inline]
    #[must_use]
    pub fn shape_length(&self, shape: Shape) -> u32 {
        self.data.get(shape.0, 0)
    }

    /// The symbol at `index`.
    #[inline]
    #[must_use]
    pub fn shape_name(&self, shape: Shape, index: u32) -> Symbol {
        Symbol(self.data.get(shape.0, HEADER + index))
    }

    /// The position at `index`.
    #[inline]
    #[must_use]
    pub fn shape_position(&self, shape: Shape, index: u32) -> Position {
        if !self.has_positions(shape) {
            return Position::NONE;
        }
        let count = self.data.get(shape.0, 0);
        Position(self.data.get(shape.0, HEADER + count + index))
    }

    /// The index of `name`.
    #[inline]
    #[must_use]
    pub fn shape_find(&self, shape: Shape, name: Symbol) -> Option<u32> {
        let names = self.shape_words(shape);
        if names.len() <= LINEAR {
            return names.iter().position(|&n| n == name.0).map(|i| i as u32);
        }
        names.binary_search(&name.0).ok().map(|i| i as u32)
    }

    /// The same names without positions, as `mapAttrs` leaves them.
    pub fn without_positions(&mut self, shape: Shape) -> Shape {
        if !self.has_positions(shape) {
            return shape;
        }
        let known = self.data.get(shape.0, 3);
        if known != 0 {
            return Shape(known);
        }
        let mut draft = self.take_draft();
        draft.extend_from_slice(self.shape_words(shape));
        let count = draft.len() as u32;
        let stable = self.is_stable(shape);
        let bare = self.unique_shape(draft, count, stable);
        self.data.set(shape.0, 3, bare.0);
        bare
    }

    /// The indices of a shape's names in lexicographic order: worked out once.
    pub fn lexicographic_order(&mut self, shape: Shape, symbols: &SymbolTable) -> Vec<u32> {
        let count = self.shape_length(shape);
        let known = self.data.get(shape.0, 2);
        if known != 0 {
            return self.data.words(known, 0, count).to_vec();
        }
        let names = self.shape_words(shape);
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by_key(|&i| symbols.name(Symbol(names[i as usize])));
        let at = self.data.allocate(count);
        for (index, &word) in order.iter().enumerate() {
            self.data.set(at, index as u32, word);
        }
        if count > 0 {
            self.data.set(shape.0, 2, at);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(symbols: &[u32], position: u32) -> impl Iterator<Item = (Symbol, Position)> + Clone {
        let with_position = move |&name| (Symbol(name), Position(position));
        symbols.iter().map(with_position)
    }

    #[test]
    fn the_same_names_from_the_same_places_are_one_shape_that_counts_as_stable() {
        let mut heap = Heap::new().unwrap();
        let first = heap.shape_of(names(&[1, 2], 7));
        assert!(!heap.is_stable(first));
        assert_eq!(heap.shape_of(names(&[1, 2], 7)), first);
        assert!(heap.is_stable(first));
    }

    #[test]
    fn positions_are_no_names() {
        let mut heap = Heap::new().unwrap();
        let placed = heap.shape_of(names(&[7, 8], 9));
        let other_place = heap.shape_of(names(&[7, 8], 10));
        let bare = heap.shape_of(names(&[7, 8, 9, 9], 0));
        assert!(placed != other_place && placed != bare && other_place != bare);
        assert_eq!(heap.shape_length(bare), 4);
        assert_eq!(heap.shape_position(placed, 1), Position(9));
        let without = heap.without_positions(placed);
        assert_eq!(heap.without_positions(other_place), without);
        assert_eq!(heap.shape_of(names(&[7, 8], 0)), without);
    }

    #[test]
    fn a_merge_that_is_repeated_makes_no_shape() {
        let mut heap = Heap::new().unwrap();
        let set = |heap: &mut Heap, symbols: &[u32]| {
            let shape = heap.shape_of(names(symbols, 3));
            heap.new_attrs(shape)
        };
        let mut shapes = Vec::new();
        for _ in 0..3 {
            let (left, right) = (set(&mut heap, &[1, 4]), set(&mut heap, &[2, 4]));
            let both = heap.update(left, right);
            shapes.push(heap.plain_shape(both));
        }
        assert!(shapes.iter().all(|&shape| shape == shapes[0]));
        assert_eq!(heap.unique_shapes.len(), 3);
    }
}
