//! The options that make the parser warn about literals or refuse them.

use clap::{Args, ValueEnum};
use nix_eval::syntax::lint::{Lint, Lints};

#[derive(Args)]
pub(super) struct LintOptions {
    /// What to do about URLs without quotes
    #[arg(
        long = "lint-url-literals",
        value_name = "LEVEL",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    urls: Level,
    /// What to do about paths that start with / or ~/
    #[arg(
        long = "lint-absolute-path-literals",
        value_name = "LEVEL",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    absolute_paths: Level,
    /// What to do about relative paths that do not start with a dot
    #[arg(
        long = "lint-short-path-literals",
        value_name = "LEVEL",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    short_paths: Level,
}

/// A level of a lint, by Nix's words.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Level {
    #[default]
    Ignore,
    Warn,
    Fatal,
}

impl From<Level> for Lint {
    fn from(level: Level) -> Self {
        match level {
            Level::Ignore => Self::Ignore,
            Level::Warn => Self::Warn,
            Level::Fatal => Self::Fatal,
        }
    }
}

impl LintOptions {
    pub(super) fn lints(&self) -> Lints {
        Lints {
            url_literals: self.urls.into(),
            absolute_path_literals: self.absolute_paths.into(),
            short_path_literals: self.short_paths.into(),
        }
    }
}
