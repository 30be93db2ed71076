//! What a name is found by: for most names, which are short, the name itself in two words. It is compared
//! without a look at the text. Nothing here knows symbols.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Bytes that two words hold.
const WHOLE: usize = 16;

/// A name in two words, if it fits; a hash of it otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    first: u64,
    last: u64,
    length: u32,
}

impl Key {
    #[inline]
    pub(super) fn of(name: &[u8]) -> Self {
        let mut whole = [0; WHOLE];
        match whole.get_mut(..name.len()) {
            Some(start) => {
                start.copy_from_slice(name);
                Self::from_whole(u128::from_le_bytes(whole), name.len())
            }
            None => Self::from_hash(name),
        }
    }

    /// The key of the first `length` bytes of `text`, at least one. Nothing branches on the length of short names,
    /// which no processor foresees.
    #[inline]
    pub(super) fn of_start(text: &[u8], length: usize) -> Self {
        match text.first_chunk() {
            Some(chunk) if (1..=WHOLE).contains(&length) => {
                let behind = 8 * (WHOLE - length);
                let whole = u128::from_le_bytes(*chunk) << behind >> behind;
                Self::from_whole(whole, length)
            }
            _ => Self::of(&text[..length]),
        }
    }

    #[inline]
    fn from_whole(whole: u128, length: usize) -> Self {
        Self {
            first: whole as u64,
            last: (whole >> 64) as u64,
            length: length as u32,
        }
    }

    fn from_hash(name: &[u8]) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(name);
        Self {
            first: hasher.finish(),
            last: 0,
            length: name.len() as u32,
        }
    }

    /// Whether names with this key are the same.
    #[inline]
    pub(super) fn is_whole(self) -> bool {
        self.length as usize <= WHOLE
    }

    /// A hash whose bits all depend on all of the key.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
        let first = u128::from(self.first ^ ODD[0]);
        let last = u128::from(self.last.rotate_left(32) ^ ODD[1] ^ u64::from(self.length));
        let product = first * last;
        let folded = product as u64 ^ (product >> 64) as u64;
        folded.wrapping_mul(ODD[0]) ^ folded >> 32
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few letters, so that names are alike.
        #[test]
        fn names_that_fit_are_told_apart(names in prop::collection::vec("[ab\\x00]{0,17}", 0..200)) {
            let mut known: BTreeMap<Vec<u8>, Key> = BTreeMap::new();
            for name in &names {
                let key = Key::of(name.as_bytes());
                prop_assert_eq!(key.is_whole(), name.len() <= WHOLE);
                let text = format!("{name} and what follows it");
                prop_assert!(Key::of_start(text.as_bytes(), name.len()) == key);
                prop_assert!(Key::of_start(name.as_bytes(), name.len()) == key);
                known.insert(name.as_bytes().to_vec(), key);
            }
            let keys: Vec<&Key> = known.values().collect();
            for (at, key) in keys.iter().enumerate() {
                prop_assert!(keys[..at].iter().all(|other| !key.is_whole() || *other != *key));
            }
        }
    }

    #[test]
    fn hashes_of_numbered_names_differ() {
        let hash = |number: u32| Key::of(format!("name{number}").as_bytes()).hash();
        let mut low: Vec<u64> = (0..10_000).map(|number| hash(number) & 0xffff).collect();
        low.sort_unstable();
        low.dedup();
        // 10,000 throws at 65,536 places hit some 9,280 of them.
        assert!(low.len() > 9_000, "{}", low.len());
    }
}
