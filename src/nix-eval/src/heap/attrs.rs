//! Attribute sets. A set is a [`Shape`] and one value a name. Large sets on the left of `//` are not
//! copied but layered under the right one.
//!
//! Set: shape, values. Layered set: [`LAYERED`] | count, lower set, upper set, the flattened set (0:
//! not made yet).

use super::shape::Shape;
use super::{Heap, Value};
use crate::position::Position;
use crate::symbol::Symbol;

/// The result of `//` for two shapes.
#[derive(Clone, Copy)]
pub(super) struct Merge {
    shape: Shape,
    recipe: u32,
}

const LAYERED: u32 = 1 << 31;
/// Words of a layered set.
const LAYERED_WORDS: u32 = 4;
const FROM_RIGHT: u32 = 1 << 31;

/// Left sides of `//` from this size on are layered rather than copied, if the right is small.
const LAYER_FROM: u32 = 32;
/// Merges of more names than this are planned each time: the plan takes as much room as the result.
const MAX_PLANNED: u32 = 256;
/// How many layers there may be before a set is flattened.
const MAX_LAYERS: u32 = 8;

impl Heap {
    /// A set of `shape` whose values are set later by [`Self::set_attr`].
    #[inline]
    pub fn new_attrs(&mut self, shape: Shape) -> Value {
        let count = self.data.get(shape.0, 0);
        let at = self.data.allocate(count + 1);
        self.data.set(at, 0, shape.0);
        Value::attrs(at)
    }

    /// `{ }`
    #[must_use]
    pub fn empty_attrs(&self) -> Value {
        self.empty_attrs
    }

    /// The shape of a set, unless it is layered.
    #[inline]
    #[must_use]
    pub fn plain_shape(&self, attrs: Value) -> Option<Shape> {
        let first = self.data.get(attrs.granule(), 0);
        (first & LAYERED == 0).then_some(Shape(first))
    }

    /// How many attributes there are.
    #[inline]
    #[must_use]
    pub fn attrs_length(&self, attrs: Value) -> u32 {
        let first = self.data.get(attrs.granule(), 0);
        if first & LAYERED == 0 {
            self.data.get(first, 0)
        } else {
            first & !LAYERED
        }
    }

    /// The value at `index` of a set that is not layered.
    #[inline]
    #[must_use]
    pub fn attr_at(&self, attrs: Value, index: u32) -> Value {
        Value(self.data.get(attrs.granule(), index + 1))
    }

    /// Sets the value at `index` of a set that is being built.
    #[inline]
    pub fn set_attr(&mut self, attrs: Value, index: u32, value: Value) {
        self.data.set(attrs.granule(), index + 1, value.0);
    }

    /// The value of attribute `name`, as it lies there: perhaps a thunk.
    #[inline]
    #[must_use]
    pub fn attr(&self, attrs: Value, name: Symbol) -> Option<Value> {
        let mut at = attrs.granule();
        loop {
            let first = self.data.get(at, 0);
            if first & LAYERED == 0 {
                let index = self.shape_find(Shape(first), name)?;
                return Some(Value(self.data.get(at, index + 1)));
            }
            let upper = Value(self.data.get(at, 2));
            if let Some(shape) = self.plain_shape(upper)
                && let Some(index) = self.shape_find(shape, name)
            {
                return Some(self.attr_at(upper, index));
            }
            at = self.data.get(at, 1) >> 3;
        }
    }

    /// Value and position of attribute `name`.
    #[must_use]
    pub fn attr_with_position(&self, attrs: Value, name: Symbol) -> Option<(Value, Position)> {
        let mut attrs = attrs;
        loop {
            let (here, lower) = if self.plain_shape(attrs).is_some() {
                (attrs, None)
            } else {
                let at = attrs.granule();
                (
                    Value(self.data.get(at, 2)),
                    Some(Value(self.data.get(at, 1))),
                )
            };
            let shape = self.plain_shape(here)?;
            if let Some(index) = self.shape_find(shape, name) {
                return Some((self.attr_at(here, index), self.shape_position(shape, index)));
            }
            attrs = lower?;
        }
    }

    /// The same set without layers: worked out once.
    pub fn flatten(&mut self, attrs: Value) -> Value {
        if self.plain_shape(attrs).is_some() {
            return attrs;
        }
        let at = attrs.granule();
        let known = self.data.get(at, 3);
        if known != 0 {
            return Value(known);
        }
        let lower = Value(self.data.get(at, 1));
        let upper = Value(self.data.get(at, 2));
        let lower = self.flatten(lower);
        let flat = self.merge_plain(lower, upper);
        self.data.set(at, 3, flat.0);
        flat
    }

    /// A set's shape, flattened first where it is layered.
    pub fn flat(&mut self, attrs: Value) -> (Value, Shape) {
        let flat = self.flatten(attrs);
        (flat, Shape(self.data.get(flat.granule(), 0)))
    }

    /// A set of its own with the same attributes: which set a value is can be seen where a set is
    /// printed as repeated.
    pub fn copy_attrs(&mut self, attrs: Value) -> Value {
        let from = attrs.granule();
        let words = match self.plain_shape(attrs) {
            Some(shape) => self.shape_length(shape) + 1,
            None => LAYERED_WORDS,
        };
        let to = self.data.allocate(words);
        self.data.copy_words(from * 2, to * 2, words);
        Value::attrs(to)
    }

    fn layers(&self, attrs: Value) -> u32 {
        let mut count = 0;
        let mut at = attrs.granule();
        while self.data.get(at, 0) & LAYERED != 0 {
            count += 1;
            at = self.data.get(at, 1) >> 3;
        }
        count
    }

    /// `left // right`
    pub fn update(&mut self, left: Value, right: Value) -> Value {
        let left_length = self.attrs_length(left);
        let right_length = self.attrs_length(right);
        if left_length == 0 {
            return right;
        }
        if right_length == 0 {
            return left;
        }
        let small = left_length >= LAYER_FROM && right_length <= left_length / 4;
        if small && self.plain_shape(right).is_some() && self.layers(left) < MAX_LAYERS {
            return self.layer(left, right);
        }
        let left = self.flatten(left);
        let right = self.flatten(right);
        self.merge_plain(left, right)
    }

    fn layer(&mut self, left: Value, right: Value) -> Value {
        let (_, shape) = self.flat(right);
        let mut count = self.attrs_length(left);
        for index in 0..self.shape_length(shape) {
            let name = self.shape_name(shape, index);
            count += u32::from(self.attr(left, name).is_none());
        }
        let at = self.data.allocate(LAYERED_WORDS);
        self.data.set(at, 0, LAYERED | count);
        self.data.set(at, 1, left.0);
        self.data.set(at, 2, right.0);
        Value::attrs(at)
    }

    fn merge_plain(&mut self, left: Value, right: Value) -> Value {
        let left_shape = self.data.get(left.granule(), 0);
        let right_shape = self.data.get(right.granule(), 0);
        let stable = self.is_repeated(Shape(left_shape), Shape(right_shape));
        if stable && let Some(&merge) = self.merges.get(&(left_shape, right_shape)) {
            return self.follow(merge, left, right);
        }
        let merge = self.planned(Shape(left_shape), Shape(right_shape), stable);
        let result = self.follow(merge, left, right);
        if !stable {
            self.recipes.truncate(merge.recipe as usize);
        }
        result
    }

    /// The shape of `left // right`, by the shapes of both.
    pub(crate) fn merged_shape(&mut self, left: Shape, right: Shape) -> Shape {
        if self.shape_length(left) == 0 {
            return right;
        }
        if self.shape_length(right) == 0 {
            return left;
        }
        let stable = self.is_repeated(left, right);
        if stable && let Some(merge) = self.merges.get(&(left.0, right.0)) {
            return merge.shape;
        }
        let merge = self.planned(left, right, stable);
        if !stable {
            self.recipes.truncate(merge.recipe as usize);
        }
        merge.shape
    }

    /// Whether sets of these shapes are likely to be merged again, and the plan is worth keeping.
    fn is_repeated(&self, left: Shape, right: Shape) -> bool {
        self.shape_length(left) + self.shape_length(right) <= MAX_PLANNED
            && self.is_stable(left)
            && self.is_stable(right)
    }

    /// Plans a merge; it is remembered where it is likely to come again.
    fn planned(&mut self, left: Shape, right: Shape, stable: bool) -> Merge {
        let recipe = self.plan(left.0, right.0);
        let lasting = self.is_stable(left) && self.is_stable(right);
        let shape = self.merged_shape_of(&recipe, left.0, right.0, lasting);
        let merge = Merge {
            shape,
            recipe: self.recipes.len() as u32,
        };
        self.recipes.extend_from_slice(&recipe);
        if stable {
            self.merges.insert((left.0, right.0), merge);
        }
        self.scratch = recipe;
        merge
    }

    /// For each name of the result: its index on the left, or on the right with the top bit.
    fn plan(&mut self, left: u32, right: u32) -> Vec<u32> {
        let mut recipe = std::mem::take(&mut self.scratch);
        recipe.clear();
        let left_names = self.shape_words(Shape(left));
        let right_names = self.shape_words(Shape(right));
        let (mut i, mut j) = (0, 0);
        while i < left_names.len() && j < right_names.len() {
            match left_names[i].cmp(&right_names[j]) {
                std::cmp::Ordering::Less => {
                    recipe.push(i as u32);
                    i += 1;
                }
                order => {
                    recipe.push(j as u32 | FROM_RIGHT);
                    j += 1;
                    i += usize::from(order == std::cmp::Ordering::Equal);
                }
            }
        }
        recipe.extend(i as u32..left_names.len() as u32);
        recipe.extend((j as u32..right_names.len() as u32).map(|j| j | FROM_RIGHT));
        recipe
    }

    fn merged_shape_of(&mut self, recipe: &[u32], left: u32, right: u32, stable: bool) -> Shape {
        let (left, right) = (Shape(left), Shape(right));
        let source = |&step: &u32| {
            if step & FROM_RIGHT == 0 {
                (left, step)
            } else {
                (right, step & !FROM_RIGHT)
            }
        };
        let mut draft = self.take_draft();
        let names = recipe.iter().map(source);
        draft.extend(names.map(|(shape, index)| self.shape_name(shape, index).0));
        if self.has_positions(left) || self.has_positions(right) {
            let positions = recipe.iter().map(source);
            draft.extend(positions.map(|(shape, index)| self.shape_position(shape, index).0));
        }
        self.unique_shape(draft, recipe.len() as u32, stable)
    }

    fn follow(&mut self, merge: Merge, left: Value, right: Value) -> Value {
        let count = self.shape_length(merge.shape);
        let out = self.new_attrs(merge.shape);
        for index in 0..count {
            let step = self.recipes[(merge.recipe + index) as usize];
            let value = if step & FROM_RIGHT == 0 {
                self.attr_at(left, step)
            } else {
                self.attr_at(right, step & !FROM_RIGHT)
            };
            self.set_attr(out, index, value);
        }
        out
    }
}

/// A set that is put together name by name.
#[derive(Default)]
pub struct AttrsBuilder {
    attrs: Vec<(Symbol, Value, Position)>,
}

impl AttrsBuilder {
    /// A builder with room for `count` attributes.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self {
            attrs: Vec::with_capacity(count),
        }
    }

    /// Adds an attribute. Of several with one name the first stays.
    pub fn push(&mut self, name: Symbol, value: Value, position: Position) {
        self.attrs.push((name, value, position));
    }

    /// The set.
    pub fn finish(mut self, heap: &mut Heap) -> Value {
        if self.attrs.is_empty() {
            return heap.empty_attrs();
        }
        self.attrs.sort_by_key(|a| a.0);
        self.attrs.dedup_by_key(|a| a.0);
        let names = self.attrs.iter().map(|a| (a.0, a.2));
        let shape = heap.shape_of(names);
        let out = heap.new_attrs(shape);
        for (index, (_, value, _)) in self.attrs.iter().enumerate() {
            heap.set_attr(out, index as u32, *value);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(heap: &mut Heap, from: u32, to: u32, value: i64) -> Value {
        let mut builder = AttrsBuilder::default();
        for name in from..to {
            let value = heap.new_int(value + i64::from(name));
            builder.push(Symbol(name), value, Position(name + 1));
        }
        builder.finish(heap)
    }

    fn read(heap: &mut Heap, attrs: Value) -> Vec<(u32, i64)> {
        let (flat, shape) = heap.flat(attrs);
        (0..heap.shape_length(shape))
            .map(|i| (heap.shape_name(shape, i).0, heap.int(heap.attr_at(flat, i))))
            .collect()
    }

    #[test]
    fn the_right_side_of_an_update_wins() {
        let mut heap = Heap::new().unwrap();
        let left = set(&mut heap, 0, 3, 0);
        let right = set(&mut heap, 2, 4, 100);
        let both = heap.update(left, right);
        assert_eq!(read(&mut heap, both), [(0, 0), (1, 1), (2, 102), (3, 103)]);
    }

    #[test]
    fn layers_answer_like_copies() {
        let mut heap = Heap::new().unwrap();
        let mut layered = set(&mut heap, 0, 200, 0);
        let mut expected: Vec<(u32, i64)> = read(&mut heap, layered);
        for round in 0..12u32 {
            let from = 190 + round;
            let right = set(&mut heap, from, from + 2, 1000 * i64::from(round));
            layered = heap.update(layered, right);
            for name in from..from + 2 {
                let value = 1000 * i64::from(round) + i64::from(name);
                expected.retain(|e| e.0 != name);
                expected.push((name, value));
            }
            expected.sort_unstable();
            assert_eq!(heap.attrs_length(layered) as usize, expected.len());
            for &(name, value) in &expected {
                let (found, position) = heap.attr_with_position(layered, Symbol(name)).unwrap();
                assert_eq!(heap.int(found), value);
                assert_eq!(position, Position(name + 1));
                assert!(heap.attr(layered, Symbol(name)) == Some(found));
            }
            assert!(heap.attr(layered, Symbol(5000)).is_none());
        }
        assert_eq!(read(&mut heap, layered), expected);
    }

    #[test]
    fn an_update_of_literals_is_planned_once() {
        let mut heap = Heap::new().unwrap();
        let left = heap.new_shape(&[Symbol(1), Symbol(3)], None, true);
        let right = heap.new_shape(&[Symbol(2)], None, true);
        let (left, right) = (heap.new_attrs(left), heap.new_attrs(right));
        let first = heap.update(left, right);
        let second = heap.update(left, right);
        assert_eq!(heap.plain_shape(first), heap.plain_shape(second));
    }
}
