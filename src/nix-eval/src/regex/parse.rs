//! The grammar: from the text of an expression to its automaton. No recursion, as expressions may
//! nest deeply.

use super::RegexError;
use super::bracket;
use super::byte_set::ByteSet;
use super::nfa::{Fragment, Nfa, Operation};

/// The characters that mean something outside brackets, and the only ones that `\` may precede.
/// `)` counts even where no group is open; `]` and `}` do not.
const SPECIAL: &[u8] = b".[\\()*+?{|^$";

/// A group whose `)` is yet to come, or the whole expression.
struct Group {
    index: u32,
    /// The alternatives before the one being read.
    before: Option<Fragment>,
    /// The terms of the alternative being read.
    terms: Vec<Fragment>,
}

impl Group {
    fn new(index: u32) -> Self {
        Self {
            index,
            before: None,
            terms: Vec::new(),
        }
    }
}

struct Parser<'p> {
    pattern: &'p [u8],
    position: usize,
    nfa: Nfa,
}

/// Parses an expression.
pub(super) fn parse(pattern: &[u8]) -> Result<Nfa, RegexError> {
    let mut parser = Parser {
        pattern,
        position: 0,
        nfa: Nfa {
            groups: 1,
            ..Nfa::default()
        },
    };
    let start = parser.nfa.add(Operation::GroupStart(0))?;
    let body = parser.body()?;
    let mut whole = parser.nfa.join(start, body);
    for operation in [Operation::GroupEnd(0), Operation::Accept] {
        let state = parser.nfa.add(operation)?;
        whole = parser.nfa.join(whole, state);
    }
    parser.nfa.start = whole.start;
    Ok(parser.nfa)
}

impl Parser<'_> {
    fn body(&mut self) -> Result<Fragment, RegexError> {
        let mut open = Vec::new();
        let mut group = Group::new(0);
        while let Some(byte) = self.next() {
            let atom = match byte {
                b'(' => {
                    let index = self.nfa.groups;
                    self.nfa.groups += 1;
                    open.push(std::mem::replace(&mut group, Group::new(index)));
                    continue;
                }
                b'|' => {
                    self.end_alternative(&mut group)?;
                    continue;
                }
                b'^' => {
                    group.terms.push(self.nfa.add(Operation::LineStart)?);
                    continue;
                }
                b'$' => {
                    group.terms.push(self.nfa.add(Operation::LineEnd)?);
                    continue;
                }
                b')' => {
                    let Some(outer) = open.pop() else {
                        return Err(RegexError::Invalid);
                    };
                    let inner = std::mem::replace(&mut group, outer);
                    self.end_group(inner)?
                }
                0 | b'*' | b'+' | b'?' | b'{' => return Err(RegexError::Invalid),
                b'[' => {
                    let (set, position) = bracket::parse(self.pattern, self.position)?;
                    self.position = position;
                    self.nfa.add(Operation::Consume(set))?
                }
                b'.' => self
                    .nfa
                    .add(Operation::Consume(ByteSet::of(0).complement()))?,
                b'\\' => {
                    let escaped = self.next().filter(|byte| SPECIAL.contains(byte));
                    let byte = escaped.ok_or(RegexError::Invalid)?;
                    self.nfa.add(Operation::Consume(ByteSet::of(byte)))?
                }
                _ => self.nfa.add(Operation::Consume(ByteSet::of(byte)))?,
            };
            let term = self.quantified(atom)?;
            group.terms.push(term);
        }
        if open.is_empty() {
            self.end_alternatives(group)
        } else {
            Err(RegexError::Invalid)
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.position).copied()
    }

    /// Closes the alternative being read.
    fn end_alternative(&mut self, group: &mut Group) -> Result<(), RegexError> {
        let mut alternative = self.nfa.add(Operation::Joint)?;
        for term in group.terms.drain(..).rev() {
            alternative = self.nfa.join(term, alternative);
        }
        group.before = Some(match group.before.take() {
            None => alternative,
            Some(before) => {
                let end = self.nfa.add(Operation::Joint)?;
                let choice = self.nfa.add(Operation::Alternative {
                    first: before.start,
                })?;
                self.nfa.join(before, end);
                self.nfa.join(choice, alternative);
                self.nfa.join(alternative, end);
                Fragment {
                    start: choice.start,
                    end: end.end,
                }
            }
        });
        Ok(())
    }

    fn end_alternatives(&mut self, mut group: Group) -> Result<Fragment, RegexError> {
        self.end_alternative(&mut group)?;
        group.before.ok_or(RegexError::Invalid)
    }

    fn end_group(&mut self, group: Group) -> Result<Fragment, RegexError> {
        let index = group.index;
        let body = self.end_alternatives(group)?;
        let start = self.nfa.add(Operation::GroupStart(index))?;
        let end = self.nfa.add(Operation::GroupEnd(index))?;
        let opened = self.nfa.join(start, body);
        Ok(self.nfa.join(opened, end))
    }

    /// Reads the quantifiers behind an atom; there may be several.
    fn quantified(&mut self, atom: Fragment) -> Result<Fragment, RegexError> {
        let mut term = atom;
        while let Some(byte @ (b'*' | b'+' | b'?' | b'{')) = self.peek() {
            self.position += 1;
            term = match byte {
                b'{' => self.interval(term)?,
                b'?' => {
                    let end = self.nfa.add(Operation::Joint)?;
                    let repeat = self.nfa.add(Operation::Repeat { body: term.start })?;
                    self.nfa.join(term, end);
                    self.nfa.join(repeat, end)
                }
                _ => {
                    let repeat = self.nfa.add(Operation::Repeat { body: term.start })?;
                    let looped = self.nfa.join(term, repeat);
                    if byte == b'+' { looped } else { repeat }
                }
            };
        }
        Ok(term)
    }

    /// Reads `min}`, `min,}` or `min,max}` and repeats `term` as often.
    fn interval(&mut self, term: Fragment) -> Result<Fragment, RegexError> {
        let min = self.count()?.ok_or(RegexError::Invalid)?;
        let mut max = Some(min);
        if self.peek() == Some(b',') {
            self.position += 1;
            max = self.count()?;
        }
        if self.next() != Some(b'}') {
            return Err(RegexError::Invalid);
        }
        let mut whole = self.nfa.add(Operation::Joint)?;
        for _ in 0..min {
            let copy = self.nfa.copy(term)?;
            whole = self.nfa.join(whole, copy);
        }
        let Some(max) = max else {
            let body = self.nfa.copy(term)?;
            let repeat = self.nfa.add(Operation::Repeat { body: body.start })?;
            self.nfa.join(body, repeat);
            return Ok(self.nfa.join(whole, repeat));
        };
        if max < min {
            return Err(RegexError::Invalid);
        }
        let end = self.nfa.add(Operation::Joint)?;
        for _ in min..max {
            let body = self.nfa.copy(term)?;
            let repeat = self.nfa.add(Operation::Repeat { body: body.start })?;
            self.nfa.join(whole, repeat);
            self.nfa.join(repeat, end);
            whole = Fragment {
                start: whole.start,
                end: body.end,
            };
        }
        Ok(self.nfa.join(whole, end))
    }

    /// Reads a decimal number, if there is one. It must fit libstdc++'s `int`.
    fn count(&mut self) -> Result<Option<i32>, RegexError> {
        let mut value = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.position += 1;
            let tens = value.unwrap_or(0i32).checked_mul(10);
            let sum = tens.and_then(|tens| tens.checked_add(i32::from(digit - b'0')));
            value = Some(sum.ok_or(RegexError::Invalid)?);
        }
        Ok(value)
    }
}
