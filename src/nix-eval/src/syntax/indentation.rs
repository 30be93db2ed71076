//! What an indented string (`''…''`) means: the smallest indentation of its lines is removed.

use std::borrow::Cow;

/// A part of an indented string as the lexer saw it.
pub(super) enum Part<'a, E> {
    /// Text; `true` where its spaces count as indentation (escapes do not).
    Text(Cow<'a, [u8]>, bool),
    /// An interpolated expression.
    Expr(E),
}

/// Removes the indentation of an indented string, part by part.
pub(super) struct Indentation {
    /// Spaces that all lines begin with.
    width: usize,
    is_line_start: bool,
    /// Spaces at the start of this line so far.
    spaces: usize,
}

impl Indentation {
    /// The indentation of a whole string.
    pub(super) fn of<'a, E: 'a>(parts: impl Iterator<Item = &'a Part<'a, E>>) -> Self {
        Self {
            width: smallest_indentation(parts),
            is_line_start: true,
            spaces: 0,
        }
    }

    /// The string goes on with an expression.
    pub(super) fn interrupt(&mut self) {
        self.is_line_start = false;
        self.spaces = 0;
    }

    /// Writes what is left of a text. The last line of the string goes if it holds nothing but spaces.
    pub(super) fn strip(&mut self, mut text: &[u8], is_last: bool, out: &mut Vec<u8>) {
        let start = out.len();
        while !text.is_empty() {
            if self.is_line_start {
                let (spaces, rest) = text.split_at(leading_spaces(text));
                let before = self.spaces.max(self.width);
                self.spaces += spaces.len();
                out.resize(out.len() + self.spaces.saturating_sub(before), b' ');
                text = rest;
                if text.is_empty() {
                    break;
                }
                self.spaces = 0;
            }
            let newline = memchr::memchr(b'\n', text);
            let (line, rest) = text.split_at(newline.map_or(text.len(), |at| at + 1));
            out.extend_from_slice(line);
            self.is_line_start = newline.is_some();
            text = rest;
        }
        if is_last {
            drop_blank_last_line(out, start);
        }
    }
}

fn leading_spaces(text: &[u8]) -> usize {
    let other = text.iter().position(|&byte| byte != b' ');
    other.unwrap_or(text.len())
}

/// The last line of what begins at `start` goes if it holds nothing but spaces.
fn drop_blank_last_line(text: &mut Vec<u8>, start: usize) {
    if let Some(newline) = memchr::memrchr(b'\n', &text[start..])
        && text[start + newline + 1..].iter().all(|&byte| byte == b' ')
    {
        text.truncate(start + newline + 1);
    }
}

/// Lines of spaces alone do not count, the last one neither.
fn smallest_indentation<'a, E: 'a>(parts: impl Iterator<Item = &'a Part<'a, E>>) -> usize {
    let mut smallest = 1_000_000;
    let mut is_line_start = true;
    let mut current = 0;
    for part in parts {
        let Part::Text(text, true) = part else {
            if is_line_start {
                is_line_start = false;
                smallest = smallest.min(current);
            }
            continue;
        };
        let mut text = &text[..];
        while !text.is_empty() {
            if is_line_start {
                let spaces = leading_spaces(text);
                current += spaces;
                text = &text[spaces..];
                if text.first().is_some_and(|&byte| byte != b'\n') {
                    is_line_start = false;
                    smallest = smallest.min(current);
                }
            }
            let Some(newline) = memchr::memchr(b'\n', text) else {
                break;
            };
            text = &text[newline + 1..];
            is_line_start = true;
            current = 0;
        }
    }
    smallest
}
