//! Content addresses: how a file system object becomes bytes, and the hash of those.

use bstr::BString;

use crate::hash::{Algorithm, Encoding, Hash, HashError};

/// How a file system object is turned into the bytes that are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The contents of one regular file.
    Flat,
    /// The NAR archive of any object; `recursive` in derivations.
    Nar,
    /// The Git object hash of any object; experimental in Nix (`git-hashing`).
    Git,
    /// The contents of a text file that may refer to store paths; experimental for the outputs of
    /// derivations (`dynamic-derivations`).
    Text,
}

/// A word that names no method. The caller knows the attribute it came from and says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown file ingestion method, expect `flat`, `nar`, or `git`: '{word}'")]
pub struct ParseMethodError {
    /// The word.
    pub word: BString,
}

impl Method {
    /// Reads `flat`, `nar`, `recursive`, `git` or `text`, the words of `outputHashMode`.
    ///
    /// # Errors
    ///
    /// [`ParseMethodError`] for any other word.
    pub fn parse(word: &[u8]) -> Result<Self, ParseMethodError> {
        match word {
            b"flat" => Ok(Self::Flat),
            b"nar" | b"recursive" => Ok(Self::Nar),
            b"git" => Ok(Self::Git),
            b"text" => Ok(Self::Text),
            _ => Err(ParseMethodError { word: word.into() }),
        }
    }

    /// What derivations write before the algorithm.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Flat => "",
            Self::Nar => "r:",
            Self::Git => "git:",
            Self::Text => "text:",
        }
    }

    /// `prefix` and the algorithm's name, as derivations write them: `r:sha256`.
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> String {
        format!("{}{algorithm}", self.prefix())
    }

    /// Reads what [`Method::with_algorithm`] writes.
    ///
    /// # Errors
    ///
    /// [`HashError::UnknownAlgorithm`].
    pub fn parse_with_algorithm(text: &[u8]) -> Result<(Self, Algorithm), HashError> {
        for method in [Self::Nar, Self::Git, Self::Text] {
            if let Some(algorithm) = text.strip_prefix(method.prefix().as_bytes()) {
                return Ok((method, Algorithm::parse(algorithm)?));
            }
        }
        Ok((Self::Flat, Algorithm::parse(text)?))
    }
}

/// What a store object's contents must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress {
    /// What is hashed.
    pub method: Method,
    /// The hash.
    pub hash: Hash,
}

impl ContentAddress {
    /// The path-independent part of a fixed output's identity: `r:sha256:hex`.
    pub(crate) fn fixed_text(&self) -> String {
        format!(
            "{}:{}",
            self.method.with_algorithm(self.hash.algorithm()),
            self.hash.encode(Encoding::Base16)
        )
    }
}
