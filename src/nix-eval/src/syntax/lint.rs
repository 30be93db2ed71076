//! What the parser may be asked to warn about or to refuse: literals that Nix allows and advises
//! against. Sources: `lint-…` in Nix's `eval-settings.hh`, the messages in `parser.y`.

/// What becomes of a literal that is advised against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lint {
    /// Nothing is said.
    #[default]
    Ignore,
    /// A warning.
    Warn,
    /// A syntax error.
    Fatal,
}

/// The lints, by Nix's names.
#[derive(Clone, Copy, Default, Debug)]
pub struct Lints {
    /// `lint-url-literals`: URLs without quotes.
    pub url_literals: Lint,
    /// `lint-absolute-path-literals`: paths that start with `/` or `~/`.
    pub absolute_path_literals: Lint,
    /// `lint-short-path-literals`: relative paths that do not start with a dot.
    pub short_path_literals: Lint,
}

impl Lints {
    /// Whether nothing is advised against.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        [
            self.url_literals,
            self.absolute_path_literals,
            self.short_path_literals,
        ]
        .iter()
        .all(|&lint| lint == Lint::Ignore)
    }
}

/// Something that was warned about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Byte offset into the text.
    pub offset: usize,
    /// What is advised instead.
    pub message: String,
}
