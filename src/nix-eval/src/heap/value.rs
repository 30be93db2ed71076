//! A value as one 32-bit word: three bits of tag, 29 bits of payload, which is a small integer, a
//! constant, or the granule of an object.

/// A value, or a reference to a thunk that will be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub(super) u32);

/// What sort of value a forced value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Not forced yet.
    Thunk,
    /// 64-bit integer.
    Int,
    /// IEEE double.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// Bytes with a context.
    String,
    /// Absolute path.
    Path,
    /// Attribute set.
    Attrs,
    /// List.
    List,
    /// Function written in the language.
    Lambda,
    /// Builtin function.
    Builtin,
    /// Function or builtin with some of its arguments.
    Partial,
}

const THUNK: u32 = 0;
const INT: u32 = 1;
const ATTRS: u32 = 2;
const LIST: u32 = 3;
const STRING: u32 = 4;
const LAMBDA: u32 = 5;
const BOX: u32 = 6;
const CONSTANT: u32 = 7;

pub(super) const BOX_INT: u32 = 1;
pub(super) const BOX_FLOAT: u32 = 2;
pub(super) const BOX_PATH: u32 = 3;
pub(super) const BOX_PARTIAL: u32 = 4;

/// First payload of the constants that are builtins.
const FIRST_BUILTIN: u32 = 16;

/// The largest integer that needs no box.
pub const MAX_SMALL_INT: i64 = (1 << 28) - 1;
/// The smallest integer that needs no box.
pub const MIN_SMALL_INT: i64 = -(1 << 28);

impl Value {
    /// The word of a slot that was not filled yet.
    pub const EMPTY: Self = Self(0);
    /// `null`
    pub const NULL: Self = Self(CONSTANT);
    /// `false`
    pub const FALSE: Self = Self(1 << 3 | CONSTANT);
    /// `true`
    pub const TRUE: Self = Self(2 << 3 | CONSTANT);

    pub(super) fn attrs(granule: u32) -> Self {
        Self(granule << 3 | ATTRS)
    }

    pub(super) fn list(granule: u32) -> Self {
        Self(granule << 3 | LIST)
    }

    pub(super) fn string(granule: u32) -> Self {
        Self(granule << 3 | STRING)
    }

    pub(super) fn lambda(granule: u32) -> Self {
        Self(granule << 3 | LAMBDA)
    }

    pub(super) fn boxed(granule: u32) -> Self {
        Self(granule << 3 | BOX)
    }

    pub(super) fn thunk(granule: u32) -> Self {
        Self(granule << 3 | THUNK)
    }

    /// A Boolean.
    #[inline]
    #[must_use]
    pub fn bool(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    /// The builtin number `index`.
    #[must_use]
    pub fn builtin(index: u32) -> Self {
        Self((index + FIRST_BUILTIN) << 3 | CONSTANT)
    }

    /// The number of a builtin.
    #[inline]
    #[must_use]
    pub fn as_builtin(self) -> Option<u32> {
        if self.0 & 7 == CONSTANT {
            (self.0 >> 3).checked_sub(FIRST_BUILTIN)
        } else {
            None
        }
    }

    /// An integer that fits into the word.
    #[inline]
    #[must_use]
    pub fn small_int(value: i64) -> Option<Self> {
        (MIN_SMALL_INT..=MAX_SMALL_INT)
            .contains(&value)
            .then_some(Self((value as i32 as u32) << 3 | INT))
    }

    /// The integer in the word.
    #[inline]
    #[must_use]
    pub fn as_small_int(self) -> Option<i64> {
        (self.0 & 7 == INT).then_some(i64::from(self.0 as i32 >> 3))
    }

    /// Whether this is null or a truth value.
    #[inline]
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::NULL | Self::TRUE | Self::FALSE)
    }

    /// Whether this is a set.
    #[inline]
    #[must_use]
    pub fn is_attrs(self) -> bool {
        self.0 & 7 == ATTRS
    }

    /// Whether this is a list.
    #[inline]
    #[must_use]
    pub fn is_list(self) -> bool {
        self.0 & 7 == LIST
    }

    /// Whether this is a string.
    #[inline]
    #[must_use]
    pub fn is_string(self) -> bool {
        self.0 & 7 == STRING
    }

    /// Whether this is a function of the language.
    #[inline]
    #[must_use]
    pub fn is_lambda(self) -> bool {
        self.0 & 7 == LAMBDA
    }

    /// Whether this refers to a thunk, evaluated or not.
    #[inline]
    #[must_use]
    pub fn is_thunk(self) -> bool {
        self.0 & 7 == THUNK
    }

    /// Whether the slot was never filled.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The word itself, for tables that store values.
    #[must_use]
    pub fn to_word(self) -> u32 {
        self.0
    }

    /// A value from a word that [`Self::to_word`] gave.
    #[must_use]
    pub fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// Whether what it refers to lies before word `end` of the data. It has to be a string, a list or the like.
    pub(crate) fn lies_before(self, end: u32) -> bool {
        self.granule_word() < end
    }

    #[inline]
    pub(super) fn granule(self) -> u32 {
        self.0 >> 3
    }

    #[inline]
    pub(super) fn granule_word(self) -> u32 {
        (self.0 >> 3) * 2
    }

    /// The kind, where the tag alone decides it.
    #[inline]
    pub(super) fn kind_by_tag(self) -> Option<Kind> {
        Some(match self.0 & 7 {
            THUNK => Kind::Thunk,
            INT => Kind::Int,
            ATTRS => Kind::Attrs,
            LIST => Kind::List,
            STRING => Kind::String,
            LAMBDA => Kind::Lambda,
            BOX => return None,
            _ => match self.0 >> 3 {
                0 => Kind::Null,
                1 | 2 => Kind::Bool,
                _ => Kind::Builtin,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_keep_their_sign() {
        for value in [0, 1, -1, MAX_SMALL_INT, MIN_SMALL_INT] {
            assert_eq!(Value::small_int(value).unwrap().as_small_int(), Some(value));
        }
        assert!(Value::small_int(MAX_SMALL_INT + 1).is_none());
    }

    #[test]
    fn builtins_are_not_the_other_constants() {
        assert_eq!(Value::builtin(0).as_builtin(), Some(0));
        assert_eq!(Value::NULL.as_builtin(), None);
        assert_eq!(Value::TRUE.as_builtin(), None);
    }
}
