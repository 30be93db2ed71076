//! What goes wrong with flakes and sources. The messages are Nix's where Nix has one.

use std::io;

/// Why a reference, a lock file or a source is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text that is no URL of the kind it was tried as; another kind may still fit.
    #[error("{0}")]
    BadUrl(String),
    /// A rule of flakes that was broken, in a sentence.
    #[error("{0}")]
    Rule(String),
    /// The system's answer to reading or writing something.
    #[error("{action}: {error}")]
    Io {
        /// What was tried, with its place.
        action: String,
        /// What the system said.
        error: io::Error,
    },
}

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A broken rule.
    pub(crate) fn rule(message: impl Into<String>) -> Self {
        Self::Rule(message.into())
    }

    /// A text that is no URL of this kind.
    pub(crate) fn bad_url(message: impl Into<String>) -> Self {
        Self::BadUrl(message.into())
    }

    /// For `map_err`: what was tried, with its place.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |error| Self::Io { action, error }
    }

    /// The same error with a line on what was being done.
    #[must_use]
    pub(crate) fn while_doing(self, what: &str) -> Self {
        Self::Rule(format!("{self}\n  … {what}"))
    }
}

impl From<nix_store::hash::HashError> for Error {
    fn from(error: nix_store::hash::HashError) -> Self {
        Self::Rule(error.to_string())
    }
}
