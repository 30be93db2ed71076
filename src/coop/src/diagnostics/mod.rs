//! One kind of finding for everything that can be wrong with a fleet, and its renderers.
//!
//! What is wrong is decided elsewhere; how it looks is decided only here.

mod codes;
mod render;
mod source;

pub use codes::Code;
pub use render::{Format, Renderer};
pub use source::{FileId, Origin, Sources};

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The fleet is not usable as it stands.
    Error,
    /// The fleet is usable, but probably not what was meant.
    Warning,
}

/// A place in a file and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The place.
    pub at: Origin,
    /// A few words beside the underlined text; may be empty.
    pub text: String,
}

/// One finding: what is wrong in a sentence, where, and what to do about it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which finding it is; `coop explain` has a page for each.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// The place to look at first.
    pub primary: Option<Label>,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// Facts that help to understand the finding.
    pub notes: Vec<String>,
    /// What to do, in words, with TOML where that says it best.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Starts a finding.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Sets the place to look at first.
    #[must_use]
    pub fn at(mut self, at: Origin, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// Adds another place, in the same file or another one.
    #[must_use]
    pub fn also(mut self, at: Origin, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets the remedy.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Error or warning, as the code says.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Puts what cannot be understood first, since other things follow from it; then findings in the
/// order in which a reader meets their places, errors and warnings mixed.
pub fn sort(findings: &mut [Diagnostic]) {
    findings.sort_by_key(|finding| {
        let place = finding
            .primary
            .as_ref()
            .map(|label| (label.at.file, label.at.start));
        let follows = !finding.code.is_a_cause();
        (follows, place, finding.code.id(), finding.message.clone())
    });
}
