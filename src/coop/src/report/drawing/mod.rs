//! A drawing: what is in it, twice laid out (for a desk and for a telephone), and as a table.
//!
//! What is drawn is decided elsewhere; here are boxes, lines and their words.

mod fleet;
mod layout;
mod letters;
mod shapes;

use serde::Serialize;

pub(super) use fleet::of_fleet;
use layout::{Layout, NARROW, WIDE};

/// What a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Browsers, apps and other servers come in.
    Web,
    /// Mail goes out.
    Mail,
    /// Backups are written.
    Backup,
    /// Media are kept.
    Media,
    /// A copy is restored.
    Copy,
    /// Addresses on a list join.
    Join,
    /// Addresses on a list apply.
    Apply,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Web,
        Self::Mail,
        Self::Backup,
        Self::Media,
        Self::Copy,
        Self::Join,
        Self::Apply,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Web => "HTTPS, in and out",
            Self::Mail => "sends mail through",
            Self::Backup => "is backed up to",
            Self::Media => "keeps media in",
            Self::Copy => "is restored from",
            Self::Join => "join at once",
            Self::Apply => "may apply",
        }
    }

    /// Whether the arrow points at the instance.
    fn comes_in(self) -> bool {
        matches!(self, Self::Web | Self::Copy | Self::Join | Self::Apply)
    }

    fn class(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Mail => "mail",
            Self::Backup => "backup",
            Self::Media => "media",
            Self::Copy => "copy",
            Self::Join => "join",
            Self::Apply => "apply",
        }
    }
}

/// What is to be drawn.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) title: String,
    pub(super) description: String,
    /// Who comes in from outside, above everything.
    pub(super) source: Option<Target>,
    pub(super) frames: Vec<Frame>,
    pub(super) targets: Vec<Target>,
}

/// A box that holds others.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) facts: Vec<String>,
    /// It is not ours.
    pub(super) is_outside: bool,
    pub(super) rows: Vec<Row>,
    /// Small boxes, in place of rows where there are too many.
    pub(super) cells: Vec<String>,
    /// Lines of all that is in it, in place of lines of each row.
    pub(super) links: Vec<Link>,
}

/// A box in a frame.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) facts: Vec<String>,
    pub(super) is_production: bool,
    pub(super) links: Vec<Link>,
}

/// A line between a row and a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    /// Which of the scene's targets.
    pub(super) target: usize,
    pub(super) kind: Kind,
}

/// A box that lines lead to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) title: String,
    pub(super) facts: Vec<String>,
}

/// A line of the drawing, in words.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Connection {
    pub(super) from: String,
    pub(super) what: &'static str,
    pub(super) to: String,
}

/// What a line means, for the legend.
#[derive(Debug, Serialize)]
pub(super) struct Meaning {
    class: &'static str,
    words: &'static str,
}

/// A drawing, laid out.
#[derive(Debug, Serialize)]
pub(super) struct Drawing {
    title: String,
    description: String,
    layouts: Vec<Layout>,
    legend: Vec<Meaning>,
    connections: Vec<Connection>,
}

impl Drawing {
    /// Lays a scene out. `connections` says the same in words.
    pub(super) fn of(scene: Scene, connections: Vec<Connection>) -> Self {
        let rows = scene.frames.iter().flat_map(|frame| &frame.rows);
        let links = rows.flat_map(|row| &row.links);
        let links = links.chain(scene.frames.iter().flat_map(|frame| &frame.links));
        let mut kinds: Vec<Kind> = links.map(|link| link.kind).collect();
        if scene.source.is_some() {
            kinds.push(Kind::Web);
        }
        let used = Kind::ALL.into_iter().filter(|kind| kinds.contains(kind));
        Self {
            layouts: vec![Layout::of(&scene, &WIDE), Layout::of(&scene, &NARROW)],
            legend: used
                .map(|kind| Meaning {
                    class: kind.class(),
                    words: kind.words(),
                })
                .collect(),
            title: scene.title,
            description: scene.description,
            connections,
        }
    }
}
