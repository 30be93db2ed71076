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
    letter: 680,
};

/// Between facts.
const DOT: &str = " · ";

impl Hand {
    /// How many letters there is room for.
    fn most(self, width: i32) -> usize {
        usize::try_from(width * 100 / self.letter).unwrap_or_default()
    }
}

impl Shape {
    /// Facts with dots between them: as many as there is room for, and one that is cut at least.
    pub(super) fn facts(hand: Hand, at: (i32, i32), width: i32, facts: &[String]) -> Self {
        let most = hand.most(width);
        let fitting = (1..=facts.len())
            .rev()
            .map(|number| facts[..number].join(DOT))
            .find(|text| text.chars().count() <= most);
        let text = match (fitting, facts) {
            (Some(text), _) => text,
            (None, [first, ..]) => return Self::text(hand, at, width, first),
            (None, []) => String::new(),
        };
        Self::written(hand, at, text, &facts.join(DOT))
    }

    /// A text that is cut where it would leave its box.
    pub(super) fn text(hand: Hand, at: (i32, i32), width: i32, text: &str) -> Self {
        let most = hand.most(width);
        let shown = if text.chars().count() > most {
            let shown: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", shown.trim_end())
        } else {
            text.to_owned()
        };
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
