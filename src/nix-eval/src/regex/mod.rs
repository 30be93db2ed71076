//! The regular expressions of `builtins.match` and `builtins.split`: POSIX extended ones exactly as
//! Nix has them, which is as libstdc++'s `std::regex` has them with `std::regex::extended`.
//!
//! Bytes are matched, not characters, in the "C" locale. Where libstdc++ strays from POSIX (which
//! submatches win, what a bracket may hold, where `^` holds between the matches of a split), it is
//! followed, because derivations depend on it. It is not followed in its cost: it tries paths by
//! recursion, once for each way to reach them; here each pair of state and place is tried once.
//!
//! Nothing of the language lives here: no values, no contexts, no error positions.

mod backtrack;
mod bracket;
mod byte_set;
mod collating;
mod counts;
mod longest;
mod nfa;
mod parse;
mod program;
mod split;

#[cfg(test)]
mod tests;

pub use split::Split;

use backtrack::{Backtrack, Conditions};
use program::Program;

/// The largest number of states an expression may compile to, libstdc++'s
/// `_GLIBCXX_REGEX_STATE_LIMIT`.
pub const STATE_LIMIT: usize = 100_000;

/// Why an expression was refused. Nix tells these two cases apart and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The expression is malformed. Nix says `invalid regular expression '…'`.
    #[error("invalid regular expression")]
    Invalid,
    /// The expression needs more than [`STATE_LIMIT`] states. Nix says `memory limit exceeded by
    /// regular expression '…'`.
    #[error("memory limit exceeded by regular expression")]
    TooLarge,
}

impl RegexError {
    /// What Nix says of `pattern`.
    #[must_use]
    pub fn message(self, pattern: &str) -> String {
        format!("{self} '{pattern}'")
    }
}

/// Where an expression and its groups matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures {
    /// The first entry is the whole match.
    slots: Vec<Option<(usize, usize)>>,
}

impl Captures {
    /// The number of groups and one more, for the whole match; never 0.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "there is always the whole match"
    )]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Start and end, in bytes, of what group `index` matched; 0 is the whole match, groups are
    /// counted by their opening parentheses from 1. `None` for a group that took no part (`null` in
    /// Nix).
    #[must_use]
    pub fn get(&self, index: usize) -> Option<(usize, usize)> {
        self.slots.get(index).copied().flatten()
    }
}

/// A compiled expression. It holds no state of a search, so one may serve many at a time.
#[derive(Debug, Clone)]
pub struct Regex {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// No character of the expression has a special meaning.
    Literal(Box<[u8]>),
    General(Box<Program>),
}

impl Regex {
    /// Compiles `pattern`.
    ///
    /// # Errors
    ///
    /// [`RegexError::Invalid`] for a malformed expression, which includes an escaped ordinary
    /// character (`\d`, `\1`, `\n` spelt with a backslash), `{,n}`, and a byte 0;
    /// [`RegexError::TooLarge`] when it would need too many states.
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        let nfa = parse::parse(pattern)?;
        let kind = match nfa.literal() {
            Some(bytes) => Kind::Literal(bytes),
            None => Kind::General(Box::new(Program::new(&nfa))),
        };
        Ok(Self { kind })
    }

    /// Matches the whole of `text`, as `builtins.match` does.
    #[must_use]
    pub fn full_match(&self, text: &[u8]) -> Option<Captures> {
        match &self.kind {
            Kind::Literal(bytes) => (**bytes == *text).then(|| Captures {
                slots: vec![Some((0, text.len()))],
            }),
            Kind::General(program) => {
                Backtrack::new(program, text, true).run(0, Conditions::default())
            }
        }
    }

    /// The matches in `text` from left to right, as `builtins.split` sees them
    /// (`std::cregex_iterator`): an empty match is followed by a try for a longer one at the same
    /// place.
    #[must_use]
    pub fn split<'r, 't>(&'r self, text: &'t [u8]) -> Split<'r, 't> {
        Split::new(self, text)
    }
}
