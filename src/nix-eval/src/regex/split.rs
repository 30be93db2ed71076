//! All matches in a text, from left to right: `std::cregex_iterator`, whose habits show in
//! `builtins.split`.

use super::backtrack::{Backtrack, Conditions};
use super::longest::Longest;
use super::program::Program;
use super::{Captures, Kind, Regex};

/// An iterator over the matches of an expression in a text. Made by [`Regex::split`].
pub struct Split<'r, 't> {
    engine: Engine<'r, 't>,
    text: &'t [u8],
    /// Where the search goes on; `None` when it is over.
    position: Option<usize>,
    is_last_empty: bool,
    conditions: Conditions,
}

enum Engine<'r, 't> {
    Literal(&'r [u8]),
    FirstWay {
        program: &'r Program,
        search: Backtrack<'r, 't>,
    },
    LongestWay {
        program: &'r Program,
        search: Longest<'r, 't>,
    },
}

impl Engine<'_, '_> {
    fn reset(&mut self, start: usize) {
        if let Self::FirstWay { search, .. } = self {
            search.reset(start);
        }
    }
}

impl<'r, 't> Split<'r, 't> {
    pub(super) fn new(regex: &'r Regex, text: &'t [u8]) -> Self {
        let engine = match &regex.kind {
            Kind::Literal(bytes) => Engine::Literal(bytes),
            Kind::General(program) if program.has_alternatives => Engine::LongestWay {
                program,
                search: Longest::new(program, text),
            },
            Kind::General(program) => Engine::FirstWay {
                program,
                search: Backtrack::new(program, text, false),
            },
        };
        let conditions = Conditions::default();
        Self {
            engine,
            text,
            position: Some(0),
            is_last_empty: false,
            conditions,
        }
    }

    /// Finds the first match at or after `start`.
    fn search(&mut self, start: usize) -> Option<Captures> {
        let text = self.text;
        let program = match &self.engine {
            Engine::Literal(bytes) => return find_literal(bytes, text, start),
            Engine::FirstWay { program, .. } | Engine::LongestWay { program, .. } => *program,
        };
        let mut conditions = self.conditions;
        let mut candidate = start;
        loop {
            if let Some(bytes) = &program.first_bytes {
                let skipped = text[candidate..]
                    .iter()
                    .position(|byte| bytes.contains(*byte))?;
                conditions.is_inside |= skipped > 0;
                candidate += skipped;
            }
            if let Some(captures) = self.attempt(candidate, conditions) {
                return Some(captures);
            }
            if candidate == text.len() {
                return None;
            }
            candidate += 1;
            conditions.is_inside = true;
        }
    }

    fn attempt(&mut self, start: usize, conditions: Conditions) -> Option<Captures> {
        match &mut self.engine {
            Engine::Literal(bytes) => {
                let is_match = self.text[start..].starts_with(bytes)
                    && !(conditions.not_empty && bytes.is_empty());
                is_match.then(|| Captures {
                    slots: vec![Some((start, start + bytes.len()))],
                })
            }
            Engine::FirstWay { search, .. } => search.run(start, conditions),
            Engine::LongestWay { search, .. } => search.run(start, conditions),
        }
    }

    /// The next match.
    fn find(&mut self, mut position: usize) -> Option<Captures> {
        if self.is_last_empty {
            if position == self.text.len() {
                return None;
            }
            let conditions = Conditions {
                not_empty: true,
                ..self.conditions
            };
            self.engine.reset(position);
            if let Some(captures) = self.attempt(position, conditions) {
                return Some(captures);
            }
            position += 1;
        }
        // Only from the second search on is the start known not to be the text's.
        self.conditions.is_inside |= position > 0;
        self.engine.reset(position);
        self.search(position)
    }
}

impl Iterator for Split<'_, '_> {
    type Item = Captures;

    fn next(&mut self) -> Option<Captures> {
        let position = self.position.take()?;
        let captures = self.find(position)?;
        let (start, end) = captures.get(0)?;
        self.position = Some(end);
        self.is_last_empty = start == end;
        Some(captures)
    }
}

fn find_literal(bytes: &[u8], text: &[u8], start: usize) -> Option<Captures> {
    let rest = text.get(start..)?;
    let offset = match bytes {
        [] => Some(0),
        [byte] => rest.iter().position(|other| other == byte),
        [first, ..] => {
            let last_start = rest.len().checked_sub(bytes.len())?;
            let starts = rest[..=last_start].iter().enumerate();
            starts
                .filter(|(_, byte)| *byte == first)
                .map(|(offset, _)| offset)
                .find(|offset| rest[*offset..].starts_with(bytes))
        }
    }?;
    let start = start + offset;
    Some(Captures {
        slots: vec![Some((start, start + bytes.len()))],
    })
}
