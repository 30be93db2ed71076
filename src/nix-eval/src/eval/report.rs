//! Errors made readable: the cause in a line, the source with the place marked, and a few frames.

use std::fmt::Write as _;

use super::{ErrorKind, EvalError, Evaluator};
use crate::heap::Value;
use crate::ir::op;
use crate::position::{Origin, Position};

/// How much of an error is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The cause and the nearest frames.
    Short,
    /// Every frame.
    Trace,
}

/// Frames that are shown unless all are asked for.
const SHORT_FRAMES: usize = 4;
/// Bytes of a source line that are shown.
const LINE_SHOWN: usize = 160;
/// Names that are suggested.
const SUGGESTIONS: usize = 3;

impl Evaluator {
    /// Notes where an error passed; only some operations are worth a frame.
    #[cold]
    pub(super) fn trace_code(&mut self, mut code: u32) {
        if self.error_is_silent() {
            return;
        }
        while matches!(
            op::operation(self.heap.code(code)),
            op::INTRINSIC | op::RECOGNISED
        ) {
            code = self.heap.code(code + 1);
        }
        if op::operation(self.heap.code(code)) == op::CALL {
            self.trace_call(code);
        }
    }

    #[cold]
    pub(super) fn trace_call(&mut self, code: u32) {
        if self.error_is_silent() {
            return;
        }
        let position = self.place_of(code);
        let Some(error) = &mut self.error else { return };
        if !error.position.is_some() {
            error.position = position;
            return;
        }
        if error
            .frames
            .last()
            .is_some_and(|frame| frame.position == position)
        {
            return;
        }
        error.add_frame(position, "from call site".to_owned());
    }

    /// `file:line:column`, as Nix writes it.
    #[must_use]
    pub fn show_position(&self, position: Position) -> String {
        let Some(place) = self.positions.place(position) else {
            return "«none»".to_owned();
        };
        let (line, column) = place.line_column();
        let name = match &place.source.origin {
            Origin::File(path) => self.shown_path(path),
            Origin::String => "«string»".to_owned(),
            Origin::Stdin => "«stdin»".to_owned(),
            Origin::Internal(name) => format!("«nix-internal»/{name}"),
        };
        format!("{name}:{line}:{column}")
    }

    /// A value in a message: short, nothing forced.
    pub(crate) fn show_for_message(&mut self, value: Value) -> String {
        crate::print::short(self, value)
    }

    /// The whole report of an error.
    #[must_use]
    pub fn render(&self, error: &EvalError, detail: Detail) -> String {
        let mut out = String::from("error: ");
        out.push_str(&error.message);
        out.push('\n');
        self.render_place(&mut out, error.position, "at");
        if !error.suggestions.is_empty() {
            out.push_str("  did you mean ");
            out.push_str(&error.suggestions.join(", "));
            out.push_str("?\n");
        }
        if let Some(ring) = error.ring.as_ref().and_then(|ring| self.show_ring(ring)) {
            let _ = writeln!(out, "  {ring}");
        }
        if error.kind == ErrorKind::StackOverflow {
            out.push_str(
                "  (calls nested deeper than max-call-depth: possible infinite recursion)\n",
            );
        }
        let frames: Vec<_> = error
            .frames
            .iter()
            .filter(|frame| detail == Detail::Trace || self.is_worth_showing(frame.position))
            .filter(|frame| !frame.text.is_empty())
            .collect();
        let shown = if detail == Detail::Trace {
            frames.len()
        } else {
            SHORT_FRAMES
        };
        for frame in frames.iter().take(shown) {
            out.push_str("  … ");
            out.push_str(&frame.text);
            out.push('\n');
            if frame.position.is_some() {
                out.push_str("    at ");
                out.push_str(&self.show_position(frame.position));
                out.push('\n');
            }
        }
        if error.frames.len() > shown.min(frames.len()) {
            let hidden = error.frames.len() - shown.min(frames.len());
            let _ = writeln!(out, "  ({hidden} more frames; show them with --show-trace)");
        }
        out
    }

    /// Frames inside of the evaluator's own files say nothing to a user.
    fn is_worth_showing(&self, position: Position) -> bool {
        match self.positions.place(position) {
            Some(place) => !matches!(place.source.origin, Origin::Internal(_)),
            None => true,
        }
    }

    fn render_place(&self, out: &mut String, position: Position, word: &str) {
        let Some(place) = self.positions.place(position) else {
            return;
        };
        let (line, column) = place.line_column();
        let _ = writeln!(out, "  {word} {}", self.show_position(position));
        let Some(bytes) = place.source.line(line) else {
            return;
        };
        let column = (column as usize - 1).min(bytes.len());
        // Of a very long line only what is around the place is shown.
        let start = column.saturating_sub(LINE_SHOWN / 2);
        let end = bytes.len().min(start + LINE_SHOWN);
        let text = String::from_utf8_lossy(&bytes[start..end]);
        let _ = writeln!(out, "   {line:>5} | {}", text.trim_end());
        let indent: String = String::from_utf8_lossy(&bytes[start..column])
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let _ = writeln!(out, "         | {indent}^");
    }
}

/// The names nearest to `name`, if any is near.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut near: Vec<(usize, &str)> = candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 2.min(candidate.len().max(name.len()) / 2))
        .collect();
    near.sort_unstable();
    near.into_iter()
        .take(SUGGESTIONS)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// Levenshtein distance in bytes; what is clearly far is not measured.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first() {
        let names = ["enable", "enabled", "package"];
        assert_eq!(nearest("enabel", names.into_iter()), ["enable", "enabled"]);
        assert!(nearest("zzz", names.into_iter()).is_empty());
    }
}
