//! Names one after the other, without a table to find them by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names one after the other.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Names {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    /// Names that end in `bytes` at `ends`; `None` where that cannot be.
    pub(crate) fn from_parts(bytes: Vec<u8>, ends: Vec<u32>) -> Option<Self> {
        let end = ends.last().copied().unwrap_or_default() as usize;
        (ends.is_sorted() && end == bytes.len()).then_some(Self { bytes, ends })
    }

    /// All bytes, and where each name ends.
    pub(crate) fn parts(&self) -> (&[u8], &[u32]) {
        (&self.bytes, &self.ends)
    }

    pub(crate) fn push(&mut self, name: &[u8]) {
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len() as u32);
    }

    pub(crate) fn reserve(&mut self, count: usize) {
        self.ends.reserve(count);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.get(index))
    }
}

/// The names that tables of two threads give numbers to together: each new name, in one of them or the
/// other, has its number from here.
#[derive(Clone)]
pub(super) struct Common {
    names: Arc<Mutex<Names>>,
    /// How many names both tables had before.
    before: usize,
}

impl Common {
    pub(super) fn after(before: usize) -> Self {
        Self {
            names: Arc::default(),
            before,
        }
    }

    /// How many names both tables had before.
    pub(super) fn before(&self) -> usize {
        self.before
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
