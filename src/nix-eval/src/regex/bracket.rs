//! Bracket expressions, `[…]`. What they may hold is narrower than POSIX in some places and wider in
//! others; this follows libstdc++'s compiler.

use super::RegexError;
use super::byte_set::ByteSet;
use super::collating;

enum Token<'p> {
    Character(u8),
    Dash,
    End,
    CollatingSymbol(&'p [u8]),
    EquivalenceClass(&'p [u8]),
    CharacterClass(&'p [u8]),
}

/// What came before, for a `-` that follows.
#[derive(Clone, Copy)]
enum Previous {
    /// Nothing that could start a range: the bracket's start, or a complete range.
    Nothing,
    Character(u8),
    Class,
}

struct Bracket<'p> {
    pattern: &'p [u8],
    position: usize,
    is_at_start: bool,
    set: ByteSet,
    previous: Previous,
}

/// Parses what follows a `[`, which ends at `pattern[start]`. Returns the bytes it matches and the
/// position behind the closing `]`.
pub(super) fn parse(pattern: &[u8], start: usize) -> Result<(ByteSet, usize), RegexError> {
    let is_negated = pattern.get(start) == Some(&b'^');
    let mut bracket = Bracket {
        pattern,
        position: start + usize::from(is_negated),
        is_at_start: true,
        set: ByteSet::default(),
        previous: Previous::Nothing,
    };
    bracket.items()?;
    let set = if is_negated {
        bracket.set.complement()
    } else {
        bracket.set
    };
    Ok((set, bracket.position))
}

impl<'p> Bracket<'p> {
    fn items(&mut self) -> Result<(), RegexError> {
        let mut token = self.token()?;
        if let Token::Dash = token {
            self.character(b'-');
            token = self.token()?;
        }
        loop {
            match token {
                Token::End => return Ok(()),
                Token::Character(byte) => self.character(byte),
                Token::CollatingSymbol(name) => {
                    let byte = collating::collating_symbol(name).ok_or(RegexError::Invalid)?;
                    self.character(byte);
                }
                Token::EquivalenceClass(name) => self.class(collating::equivalence_class(name))?,
                Token::CharacterClass(name) => self.class(collating::character_class(name))?,
                Token::Dash => {
                    let next = self.token()?;
                    if let Token::End = next {
                        self.character(b'-');
                        return Ok(());
                    }
                    self.range(&next)?;
                }
            }
            token = self.token()?;
        }
    }

    fn character(&mut self, byte: u8) {
        self.set.insert(byte);
        self.previous = Previous::Character(byte);
    }

    fn class(&mut self, class: Option<ByteSet>) -> Result<(), RegexError> {
        self.set.add(&class.ok_or(RegexError::Invalid)?);
        self.previous = Previous::Class;
        Ok(())
    }

    /// Completes `x-y`, of which the `-` has been read.
    fn range(&mut self, end: &Token<'p>) -> Result<(), RegexError> {
        let Previous::Character(first) = self.previous else {
            return Err(RegexError::Invalid);
        };
        let last = match end {
            Token::Character(byte) => *byte,
            Token::Dash => b'-',
            _ => return Err(RegexError::Invalid),
        };
        // Characters are signed where Nix runs most, so bytes from 0x80 come before ASCII.
        let (first, last) = (first as i8, last as i8);
        if first > last {
            return Err(RegexError::Invalid);
        }
        self.set.add(&ByteSet::from_fn(|byte| {
            (first..=last).contains(&(byte as i8))
        }));
        self.previous = Previous::Nothing;
        Ok(())
    }

    fn token(&mut self) -> Result<Token<'p>, RegexError> {
        let byte = *self.pattern.get(self.position).ok_or(RegexError::Invalid)?;
        self.position += 1;
        let is_at_start = std::mem::take(&mut self.is_at_start);
        match byte {
            b'-' => Ok(Token::Dash),
            b']' if !is_at_start => Ok(Token::End),
            b'[' => match self.pattern.get(self.position) {
                None => Err(RegexError::Invalid),
                Some(b'.') => Ok(Token::CollatingSymbol(self.name(b'.')?)),
                Some(b':') => Ok(Token::CharacterClass(self.name(b':')?)),
                Some(b'=') => Ok(Token::EquivalenceClass(self.name(b'=')?)),
                Some(_) => Ok(Token::Character(b'[')),
            },
            _ => Ok(Token::Character(byte)),
        }
    }

    /// Reads `.name.]`, where `.` is `delimiter`: the name ends at the first delimiter, which a `]`
    /// must follow.
    fn name(&mut self, delimiter: u8) -> Result<&'p [u8], RegexError> {
        let start = self.position + 1;
        let rest = self.pattern.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|b| *b == delimiter)
            .ok_or(RegexError::Invalid)?;
        if rest.get(length + 1) != Some(&b']') {
            return Err(RegexError::Invalid);
        }
        self.position = start + length + 2;
        Ok(&rest[..length])
    }
}
