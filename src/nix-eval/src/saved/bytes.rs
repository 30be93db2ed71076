//! Numbers and byte strings one after the other, all little-endian, and how they are taken apart
//! again: what is cut off is noticed, and no length is believed that there are not bytes for.

use crate::symbol::Names;

/// Puts parts one after the other.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn word(&mut self, word: u32) {
        self.0.extend(word.to_le_bytes());
    }

    pub(crate) fn number(&mut self, number: usize) {
        // What is counted has 32-bit places.
        self.word(number as u32);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend(bytes);
    }

    pub(crate) fn words(&mut self, words: &[u32]) {
        self.number(words.len());
        for &word in words {
            self.word(word);
        }
    }

    pub(crate) fn names(&mut self, names: &Names) {
        let (bytes, ends) = names.parts();
        self.bytes(bytes);
        self.words(ends);
    }

    pub(crate) fn pairs(&mut self, pairs: &[(u32, u32)]) {
        self.number(pairs.len());
        for &(first, second) in pairs {
            self.word(first);
            self.word(second);
        }
    }
}

/// Takes parts off the front; `None` where there are too few bytes.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.slice(N)?.try_into().ok()
    }

    pub(crate) fn word(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn names(&mut self) -> Option<Names> {
        Names::from_parts(self.bytes()?, self.words()?)
    }

    /// A number of things that take `size` bytes at least, each.
    pub(crate) fn count(&mut self, size: usize) -> Option<usize> {
        let count = self.word()? as usize;
        (count.checked_mul(size)? <= self.0.len()).then_some(count)
    }

    pub(crate) fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.count(1)?;
        self.slice(length).map(<[u8]>::to_vec)
    }

    pub(crate) fn words(&mut self) -> Option<Vec<u32>> {
        let count = self.count(4)?;
        let bytes = self.slice(count * 4)?;
        let (words, _) = bytes.as_chunks::<4>();
        Some(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
    }

    pub(crate) fn pairs(&mut self) -> Option<Vec<(u32, u32)>> {
        let count = self.count(8)?;
        (0..count)
            .map(|_| Some((self.word()?, self.word()?)))
            .collect()
    }
}
