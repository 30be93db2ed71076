//! A set of bytes. Nothing about syntax lives here.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The bytes for which `is_member` holds.
    pub(super) fn from_fn(is_member: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        for byte in 0..=u8::MAX {
            if is_member(byte) {
                set.insert(byte);
            }
        }
        set
    }

    /// The set of one byte.
    pub(super) fn of(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// The bytes that are not in the set.
    pub(super) fn complement(&self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// The one byte of a set that has just one.
    pub(super) fn single(&self) -> Option<u8> {
        let mut members = (0..=u8::MAX).filter(|byte| self.contains(*byte));
        let first = members.next()?;
        members.next().is_none().then_some(first)
    }
}

impl std::fmt::Debug for ByteSet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_set()
            .entries((0..=u8::MAX).filter(|byte| self.contains(*byte)))
            .finish()
    }
}
