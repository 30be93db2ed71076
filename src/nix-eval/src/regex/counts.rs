//! How often each loop was entered since a byte was last consumed. A loop whose body can match
//! nothing is entered at most twice at one place; which submatches win depends on it.

use rustc_hash::FxHashMap;

/// A set of counts, interned in a [`CountTable`]. The default has all counts zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Counts(u32);

/// The sets of counts that a search has met.
#[derive(Debug, Default)]
pub(super) struct CountTable {
    /// What each set of counts holds: loops and how often they were entered, sorted; the entry of
    /// `Counts(n)` is at `n - 1`.
    sets: Vec<Vec<(u32, u8)>>,
    numbers: FxHashMap<Vec<(u32, u8)>, Counts>,
}

impl CountTable {
    /// The counts after entering `repeat` once more, or `None` if that is one time too many.
    pub(super) fn enter(&mut self, counts: Counts, repeat: u32) -> Option<Counts> {
        let mut set = match counts.0.checked_sub(1) {
            None => Vec::new(),
            Some(index) => self.sets[index as usize].clone(),
        };
        match set.binary_search_by_key(&repeat, |(id, _)| *id) {
            Ok(found) if set[found].1 >= 2 => return None,
            Ok(found) => set[found].1 += 1,
            Err(place) => set.insert(place, (repeat, 1)),
        }
        let fresh = Counts(self.sets.len() as u32 + 1);
        let known = *self.numbers.entry(set.clone()).or_insert(fresh);
        if known == fresh {
            self.sets.push(set);
        }
        Some(known)
    }
}
