//! Marks of what may change, and sets of them. There are so many marks that a set of them does not fit beside the
//! state of a thunk: each set is kept once, and a thunk holds its number.

use rustc_hash::FxHashMap;

use crate::saved::bytes::{Reader, Writer};

/// Files that are read as data share marks: the first of them, and how many.
pub(super) const DATA: (u32, u32) = (0, 16);
/// The mark of literals that are hardly ever edited.
pub(super) const STEADY: u32 = 16;
/// Other literals share marks with those that stand beside them, where there are many: the first of these marks, and
/// how many.
pub(super) const LITERALS: (u32, u32) = (17, 175);
/// Marks for single literals that were edited before: who edits one will often do so again.
pub(super) const OWN: (u32, u32) = (192, 64);
/// The first mark of decisions, and how many there are; where there are more decisions, they share them.
pub(super) const DECISIONS: (u32, u32) = (256, 768);

/// Each mark is somebody's, and nobody else's.
const _: () = assert!(
    DATA.0 == 0
        && DATA.0 + DATA.1 == STEADY
        && STEADY + 1 == LITERALS.0
        && LITERALS.0 + LITERALS.1 == OWN.0
        && OWN.0 + OWN.1 == DECISIONS.0
        && DECISIONS.0 + DECISIONS.1 == MarkSet::COUNT
);

const WORDS: usize = 16;
/// Sets, at most; where there are more, what is added to one makes it the set of all marks, which is never wrong.
const MOST_SETS: usize = 1 << 18;
/// Unions that are remembered: most are made again soon.
const RECENT: usize = 1 << 12;

/// A set of marks, one a bit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct MarkSet([u64; WORDS]);

impl MarkSet {
    /// No mark.
    pub(crate) const NONE: Self = Self([0; WORDS]);
    /// All of them.
    const ALL: Self = Self([u64::MAX; WORDS]);
    /// How many there are.
    pub(crate) const COUNT: u32 = u64::BITS * WORDS as u32;

    /// The mark of this number.
    pub(crate) const fn of(number: u32) -> Self {
        Self::NONE.with(number)
    }

    /// The marks of `count` numbers from `first` on.
    pub(crate) const fn range((first, count): (u32, u32)) -> Self {
        let mut set = Self::NONE;
        let mut number = first;
        while number < first + count {
            set = set.with(number);
            number += 1;
        }
        set
    }

    /// These and the mark of a number.
    pub(crate) const fn with(mut self, number: u32) -> Self {
        let number = number % Self::COUNT;
        self.0[(number / u64::BITS) as usize] |= 1 << (number % u64::BITS);
        self
    }

    /// Whether there is none.
    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// These and others.
    pub(crate) fn and(self, others: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | others.0[word]))
    }

    /// Whether there is one that is none of those.
    pub(crate) fn has_others_than(self, those: Self) -> bool {
        self.0
            .iter()
            .zip(those.0)
            .any(|(&own, other)| own & !other != 0)
    }

    /// Whether there is any of those.
    pub(crate) fn has_any(self, others: Self) -> bool {
        self.0
            .iter()
            .zip(others.0)
            .any(|(&own, other)| own & other != 0)
    }
}

/// A set of marks, by its number in a [`MarkTable`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Marks(pub(crate) u32);

impl Marks {
    /// No mark.
    pub(crate) const NONE: Self = Self(0);
    /// All of them.
    const ALL: Self = Self(1);

    /// Whether there is none.
    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// A union that was made.
#[derive(Clone, Copy, Default)]
struct Union {
    of: (Marks, Marks),
    is: Marks,
}

/// Which sets have any of some marks, worked out once for many questions.
pub(crate) struct Having(Vec<bool>);

impl Having {
    /// Whether the set of this number has any.
    pub(crate) fn has(&self, marks: Marks) -> bool {
        self.0.get(marks.0 as usize).is_none_or(|&has| has)
    }
}

/// All sets that something has or had.
pub(crate) struct MarkTable {
    sets: Vec<MarkSet>,
    /// Their numbers. Those that another process made are not here: one of them may get a second number.
    numbers: FxHashMap<MarkSet, Marks>,
    recent: Vec<Union>,
}

impl Default for MarkTable {
    fn default() -> Self {
        Self::of(vec![MarkSet::NONE, MarkSet::ALL])
    }
}

impl MarkTable {
    fn of(sets: Vec<MarkSet>) -> Self {
        Self {
            sets,
            numbers: FxHashMap::default(),
            recent: Vec::new(),
        }
    }

    /// The set of a number.
    pub(crate) fn set(&self, marks: Marks) -> MarkSet {
        let set = self.sets.get(marks.0 as usize);
        set.copied().unwrap_or(MarkSet::ALL)
    }

    /// The number of a set.
    pub(crate) fn marks(&mut self, set: MarkSet) -> Marks {
        if set.is_none() {
            return Marks::NONE;
        }
        if let Some(&known) = self.numbers.get(&set) {
            return known;
        }
        if self.sets.len() >= MOST_SETS {
            return Marks::ALL;
        }
        let new = Marks(self.sets.len() as u32);
        self.sets.push(set);
        self.numbers.insert(set, new);
        new
    }

    /// All marks of two sets.
    #[inline]
    pub(crate) fn union(&mut self, one: Marks, other: Marks) -> Marks {
        if other.is_none() || one == other {
            one
        } else if one.is_none() {
            other
        } else {
            self.new_union(one, other)
        }
    }

    fn new_union(&mut self, one: Marks, other: Marks) -> Marks {
        self.recent.resize(RECENT, Union::default());
        let slot = one.0.wrapping_mul(0x9E37_79B9) ^ other.0.wrapping_mul(0x85EB_CA6B);
        let slot = (slot >> 16) as usize % RECENT;
        let known = self.recent[slot];
        if known.of == (one, other) {
            return known.is;
        }
        let union = self.set(one).and(self.set(other));
        let is = self.marks(union);
        self.recent[slot] = Union {
            of: (one, other),
            is,
        };
        is
    }

    /// Which of the sets there are have any of these marks.
    pub(crate) fn having_any(&self, marks: MarkSet) -> Having {
        Having(self.sets.iter().map(|set| set.has_any(marks)).collect())
    }

    pub(crate) fn put(&self, out: &mut Writer) {
        out.number(self.sets.len());
        for word in self.sets.iter().flat_map(|set| set.0) {
            out.0.extend(word.to_le_bytes());
        }
    }

    /// What [`Self::put`] wrote.
    pub(crate) fn take(from: &mut Reader<'_>) -> Option<Self> {
        let count = from.count(WORDS * 8)?;
        let (words, _) = from.slice(count * WORDS * 8)?.as_chunks::<8>();
        let (sets, _) = words.as_chunks::<WORDS>();
        let sets: Vec<MarkSet> = sets
            .iter()
            .map(|set| MarkSet(set.map(u64::from_le_bytes)))
            .collect();
        sets.starts_with(&[MarkSet::NONE, MarkSet::ALL])
            .then(|| Self::of(sets))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mark_is_itself_alone() {
        for number in 0..MarkSet::COUNT {
            let one = MarkSet::of(number);
            assert!(!one.is_none());
            for other in 0..MarkSet::COUNT {
                assert_eq!(one.has_any(MarkSet::of(other)), number == other);
                assert_eq!(one.has_others_than(MarkSet::of(other)), number != other);
            }
        }
        assert_eq!(MarkSet::range((0, MarkSet::COUNT)), MarkSet::ALL);
        assert!(MarkSet::range((5, 0)).is_none());
    }

    #[test]
    fn with_too_many_sets_each_new_one_is_that_of_all_marks() {
        let mut table = MarkTable::default();
        let of = |number: usize| {
            let bits = (0..19).filter(|bit| number >> bit & 1 == 1);
            bits.fold(MarkSet::NONE, MarkSet::with)
        };
        for number in 1..MOST_SETS + 9 {
            let marks = table.marks(of(number));
            let is_full = number > MOST_SETS - 2;
            assert_eq!(marks == Marks::ALL, is_full, "{number}");
        }
        assert_eq!(table.set(table.numbers[&of(7)]), of(7));
    }

    #[test]
    fn a_number_that_is_none_has_all_marks() {
        let table = MarkTable::default();
        assert_eq!(table.set(Marks(7)), MarkSet::ALL);
        assert!(table.having_any(MarkSet::of(3)).has(Marks(7)));
    }

    proptest! {
        /// Sets are put together in any order, written and read in between.
        #[test]
        fn a_union_has_the_marks_of_both(steps in proptest::collection::vec((0..40_usize, 0..40_usize, 0..MarkSet::COUNT, any::<bool>()), 1..200)) {
            let mut table = MarkTable::default();
            let mut made: Vec<(Marks, MarkSet)> = vec![(Marks::NONE, MarkSet::NONE)];
            for (one, other, number, is_written) in steps {
                if is_written {
                    let mut out = Writer::default();
                    table.put(&mut out);
                    table = MarkTable::take(&mut Reader(&out.0)).unwrap();
                }
                let single = MarkSet::of(number);
                made.push((table.marks(single), single));
                let (one, other) = (made[one % made.len()], made[other % made.len()]);
                made.push((table.union(one.0, other.0), one.1.and(other.1)));
                for &(marks, set) in &made {
                    prop_assert_eq!(table.set(marks), set);
                    prop_assert_eq!(marks.is_none(), set.is_none());
                }
                let having = table.having_any(single);
                for &(marks, set) in &made {
                    prop_assert_eq!(having.has(marks), set.has_any(single));
                }
            }
        }
    }
}
