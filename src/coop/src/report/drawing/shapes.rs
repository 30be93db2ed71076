//! Shapes on paper, and how much text fits into a box.

use serde::Serialize;

use super::letters::{self, Weight};

/// A shape; all lengths are in units of the drawing.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "shape", rename_all = "lowercase")]
pub(super) enum Shape {
    Rect {
        class: &'static str,
        x: i32,
        y: i32,
        width: i32,
        height: i32,
        radius: i32,
    },
    Text {
        class: &'static str,
        x: i32,
        y: i32,
        text: String,
        /// The whole of it, where it was cut.
        whole: Option<String>,
    },
    /// A line through points, or with `closed` an area.
    Line {
        class: &'static str,
        kind: &'static str,
        path: String,
    },
    Dot {
        kind: &'static str,
        x: i32,
        y: i32,
    },
}

/// How a text is written.
#[derive(Clone, Copy)]
pub(super) struct Hand {
    pub(super) class: &'static str,
    /// The font's size and weight, as the page's style sets them.
    size: i32,
    weight: Weight,
}

/// The title of a frame.
pub(super) const HEADING: Hand = Hand {
    class: "heading",
    size: 16,
    weight: Weight::Bold,
};
/// The title of a row or target.
pub(super) const TITLE: Hand = Hand {
    class: "name",
    size: 14,
    weight: Weight::Regular,
};
/// What stands below a title.
pub(super) const SMALL: Hand = Hand {
    class: "small",
    size: 13,
    weight: Weight::Regular,
};

/// Between facts.
const DOT: &str = " · ";
/// In place of what was cut off.
const CUT: char = '…';

impl Hand {
    fn fits(self, text: &str, width: i32) -> bool {
        letters::width(text, self.weight) * self.size <= width * 10_000
    }

    /// As much of a text as there is room for.
    fn cut(self, text: &str, width: i32) -> String {
        if self.fits(text, width) {
            return text.to_owned();
        }
        let ends = text.char_indices().map(|(end, _)| end).rev();
        let mut shorter = ends.map(|end| format!("{}{CUT}", text[..end].trim_end()));
        let fitting = shorter.find(|text| self.fits(text, width));
        fitting.unwrap_or_else(|| CUT.to_string())
    }
}

impl Shape {
    /// Facts with dots between them: as many as there is room for, and one that is cut at least.
    pub(super) fn facts(hand: Hand, at: (i32, i32), width: i32, facts: &[String]) -> Self {
        let fitting = (1..=facts.len())
            .rev()
            .map(|number| facts[..number].join(DOT))
            .find(|text| hand.fits(text, width));
        let text = match (fitting, facts) {
            (Some(text), _) => text,
            (None, [first, ..]) => return Self::text(hand, at, width, first),
            (None, []) => String::new(),
        };
        Self::written(hand, at, text, &facts.join(DOT))
    }

    /// A text that is cut where it would leave its box.
    pub(super) fn text(hand: Hand, at: (i32, i32), width: i32, text: &str) -> Self {
        let shown = hand.cut(text, width);
        Self::written(hand, at, shown, text)
    }

    fn written(hand: Hand, (x, y): (i32, i32), text: String, whole: &str) -> Self {
        Self::Text {
            class: hand.class,
            x,
            y,
            whole: (text != whole).then(|| whole.to_owned()),
            text,
        }
    }

    /// An arrow's head at a point, `left` or right.
    pub(super) fn head(kind: &'static str, (x, y): (i32, i32), left: bool) -> Self {
        let back = if left { x + 8 } else { x - 8 };
        Self::Line {
            class: "head",
            kind,
            path: format!("M{x} {y}L{back} {}V{}Z", y - 4, y + 4),
        }
    }
}
