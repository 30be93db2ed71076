//! Shapes on paper, and how much text fits into a box.

use serde::Serialize;

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
    /// The mean width of a letter, in hundredths of a unit.
    letter: i32,
}

/// The title of a frame.
pub(super) const HEADING: Hand = Hand {
    class: "heading",
    letter: 960,
};
/// The title of a row or target.
pub(super) const TITLE: Hand = Hand {
    class: "name",
    letter: 820,
};
/// What stands below a title.
pub(super) const SMALL: Hand = Hand {
    class: "small",
    letter: 650,
};

impl Shape {
    /// A text that is cut where it would leave its box.
    pub(super) fn text(hand: Hand, (x, y): (i32, i32), width: i32, text: &str) -> Self {
        let most = usize::try_from(width * 100 / hand.letter).unwrap_or_default();
        let is_cut = text.chars().count() > most;
        let shown = if is_cut {
            let mut shown: String = text.chars().take(most.saturating_sub(1)).collect();
            shown.truncate(shown.trim_end().len());
            shown + "…"
        } else {
            text.to_owned()
        };
        Self::Text {
            class: hand.class,
            x,
            y,
            text: shown,
            whole: is_cut.then(|| text.to_owned()),
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
