//! The operations of lowered code. An instruction's first word holds the operation in its low
//! byte and a small number above it; the words after it are listed beside each operation.
//! "Code" is the index of another instruction.

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $value:literal),* $(,)?) => {
        $($(#[$doc])* pub const $name: u32 = $value;)*
    };
}

operations! {
    /// A value. Words: the value.
    CONSTANT = 0,
    /// A variable of this environment. Number: its slot.
    LOCAL = 1,
    /// A variable one environment out. Number: its slot.
    LOCAL_1 = 2,
    /// A variable two environments out. Number: its slot.
    LOCAL_2 = 3,
    /// A variable further out. Number: how far. Words: the slot.
    LOCAL_FAR = 4,
    /// A variable found in enclosing `with`s. Number: how many of them. Words: the symbol, then
    /// how far out each `with` is, innermost first.
    WITH_VARIABLE = 5,
    /// `set.path`. Number: names. Words: set, two cache words, names (see [`name_word`]).
    SELECT = 6,
    /// `set.path or default`. Number: names. Words: set, default, names.
    SELECT_OR = 7,
    /// `set ? path`. Number: names. Words: set, names.
    HAS_ATTR = 8,
    /// A set. Number: flags. Words: shape, count, entries (see [`entry_word`]); then with
    /// [`ATTRS_INHERIT`] the count of sources and the sources; with [`ATTRS_DYNAMIC`] the count
    /// and, for each, name, value and position; with [`ATTRS_OVERRIDES`] the index of
    /// `__overrides`.
    ATTRS = 9,
    /// A list. Number: length. Words: the elements.
    LIST = 10,
    /// Functions of one argument nested directly in each other, called as one. Number: how many.
    /// Words: body, name symbol plus one, then position and argument symbol of each.
    LAMBDA = 11,
    /// A function that takes a set. Number: flags. Words: body, name symbol plus one, position,
    /// argument symbol, count; then name, default (0: none) and position of each.
    LAMBDA_SET = 12,
    /// A call. Number: arguments. Words: function, arguments.
    CALL = 13,
    /// `let`. Number: count. Words: body, count of sources, sources, entries.
    LET = 14,
    /// `let` where an entry is nothing but the name of another: as [`LET`], then the symbols.
    LET_ALIASES = 32,
    /// A literal that may change. Words: the thunk that holds it.
    LITERAL = 33,
    /// An expression of a known function (`intrinsics/site.rs`).
    INTRINSIC = 34,
    /// The body of a known function. Words: body, header, how far out the function was bound.
    RECOGNISED = 35,
    /// Something that an intrinsic suspended. Words: the site.
    PART = 36,
    /// What is known of a function: never evaluated.
    HEADER = 37,
    /// `with`. Words: set, body.
    WITH = 15,
    /// `if`. Words: condition, then, else.
    IF = 16,
    /// `assert`. Words: condition, body, the condition as a string.
    ASSERT = 17,
    /// `!`. Words: operand.
    NOT = 18,
    /// `==`. Words: left, right.
    EQUAL = 19,
    /// `!=`. Words: left, right.
    NOT_EQUAL = 20,
    /// `&&`. Words: left, right.
    AND = 21,
    /// `||`. Words: left, right.
    OR = 22,
    /// `->`. Words: left, right.
    IMPLIES = 23,
    /// `//`. Words: left, right.
    UPDATE = 24,
    /// `++`. Words: left, right.
    CONCAT_LISTS = 25,
    /// `+`, an interpolated string or path. Number: parts times two, plus one where the result is
    /// a string. Words: for each part its code and position.
    CONCAT = 26,
    /// `__curPos`. Words: the position.
    CURRENT_POSITION = 27,
    /// `__sub` with two arguments. Words: the arguments.
    SUBTRACT = 28,
    /// `__mul` with two arguments. Words: the arguments.
    MULTIPLY = 29,
    /// `__div` with two arguments. Words: the arguments.
    DIVIDE = 30,
    /// `__lessThan` with two arguments. Words: the arguments.
    LESS_THAN = 31,
}

/// The names are in scope in the values.
pub const ATTRS_RECURSIVE: u32 = 1;
/// There are names to be computed.
pub const ATTRS_DYNAMIC: u32 = 2;
/// Which word of a set holds the position of its attribute, where it has no other and its name is computed.
pub const ONLY_DYNAMIC_POSITION: u32 = 6;
/// There is an `inherit (source)`.
pub const ATTRS_INHERIT: u32 = 4;
/// There is an `__overrides`.
pub const ATTRS_OVERRIDES: u32 = 8;

/// A value is nothing but the name of another: which of the two is there first can be seen.
pub const ATTRS_ALIASES: u32 = 16;

/// The function takes other arguments too.
pub const LAMBDA_ELLIPSIS: u32 = 1;
/// The function names its whole argument.
pub const LAMBDA_ARG: u32 = 2;
/// A default is nothing but the name of another argument.
pub const LAMBDA_ALIASES: u32 = 4;
/// No argument that the pattern names is used: they are there to be checked. One more word at the end is the
/// shape that was checked last.
pub const LAMBDA_UNUSED: u32 = 8;

/// In the number of [`LAMBDA`] or [`LAMBDA_SET`]: what calls of the function give is shared.
pub const SHARED: u32 = 1 << 16;

/// An entry is evaluated in the set's own scope.
pub const ENTRY_PLAIN: u32 = 0;
/// An entry is evaluated outside of the set's scope.
pub const ENTRY_INHERITED: u32 = 1;
/// An entry is evaluated among the sources of `inherit (source)`.
pub const ENTRY_INHERITED_FROM: u32 = 2;

/// A first word.
#[must_use]
pub const fn head(operation: u32, number: u32) -> u32 {
    operation | number << 8
}

/// The operation in a first word.
#[inline]
#[must_use]
pub const fn operation(head: u32) -> u32 {
    head & 0xff
}

/// The number in a first word.
#[inline]
#[must_use]
pub const fn number(head: u32) -> u32 {
    head >> 8
}

/// The word of an entry of a set: code and how it is scoped.
#[must_use]
pub const fn entry_word(code: u32, kind: u32) -> u32 {
    code << 2 | kind
}

/// The word of a name in a path: a symbol, or the code that computes it.
#[must_use]
pub const fn name_word(value: u32, dynamic: bool) -> u32 {
    value << 1 | dynamic as u32
}
