//! The base name of a store path, `hash-name`, and what Nix allows in it.
//!
//! Follows Nix's `libstore/path.cc`. The directory in front belongs to [`StoreDir`](crate::StoreDir).

use std::fmt;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use crate::base32;

/// Longest name after the hash, in bytes.
pub const MAX_NAME_LENGTH: usize = 211;

/// Digits of the hash: 160 bits in base 32.
const HASH_LENGTH: usize = base32::encoded_length(20);

/// Why a text cannot be the name of a store object. The messages are Nix's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("name must not be empty")]
    Empty,
    /// More than [`MAX_NAME_LENGTH`] bytes.
    #[error("name '{name}' must be no longer than {MAX_NAME_LENGTH} characters")]
    TooLong {
        /// The name.
        name: BString,
    },
    /// `.` or `..`.
    #[error("name '{name}' is not valid")]
    Dots {
        /// The name.
        name: BString,
    },
    /// `.-…` or `..-…`.
    #[error("name '{name}' is not valid: first dash-separated component must not be '{component}'")]
    DotsFirst {
        /// The name.
        name: BString,
        /// `.` or `..`.
        component: &'static str,
    },
    /// A byte that is no letter, digit or one of `+-._?=`.
    #[error("name '{name}' contains illegal character '{}'", [*character].as_bstr())]
    Character {
        /// The name.
        name: BString,
        /// The first such byte.
        character: u8,
    },
}

/// Why a text is no store path. The messages are Nix's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorePathError {
    /// Shorter than a hash and a dash.
    #[error("'{base_name}' is too short to be a valid store path")]
    TooShort {
        /// The base name.
        base_name: BString,
    },
    /// A hash with a character that is no base-32 digit.
    #[error(
        "store path '{base_name}' contains illegal base-32 character '{}'",
        [*character].as_bstr()
    )]
    Digit {
        /// The base name.
        base_name: BString,
        /// The first such byte.
        character: u8,
    },
    /// A name that Nix does not allow.
    #[error("path '{base_name}' is not a valid store path: {error}")]
    Name {
        /// The base name.
        base_name: BString,
        /// What is wrong with its name.
        error: NameError,
    },
    /// A path that is not directly in the store directory.
    #[error("path '{path}' is not in the Nix store")]
    NotInStore {
        /// The path.
        path: BString,
    },
    /// A relative path.
    #[error("not an absolute path: '{path}'")]
    NotAbsolute {
        /// The path.
        path: BString,
    },
}

/// Checks that `name` may name a store object.
///
/// # Errors
///
/// The first rule of Nix that it breaks.
pub fn check_name(name: &[u8]) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME_LENGTH {
        return Err(NameError::TooLong { name: name.into() });
    }
    match name {
        b"." | b".." => return Err(NameError::Dots { name: name.into() }),
        [b'.', b'-', ..] => {
            return Err(NameError::DotsFirst {
                name: name.into(),
                component: ".",
            });
        }
        [b'.', b'.', b'-', ..] => {
            return Err(NameError::DotsFirst {
                name: name.into(),
                component: "..",
            });
        }
        _ => {}
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte);
    match name.iter().find(|byte| !allowed(**byte)) {
        Some(&character) => Err(NameError::Character {
            name: name.into(),
            character,
        }),
        None => Ok(()),
    }
}

/// The base name of a store path: a hash in base 32, a dash and a name. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(Arc<str>);

impl StorePath {
    /// Reads a base name.
    ///
    /// # Errors
    ///
    /// [`StorePathError`], by Nix's rules for the hash and the name.
    pub fn parse(base_name: &[u8]) -> Result<Self, StorePathError> {
        if base_name.len() < HASH_LENGTH + 1 {
            return Err(StorePathError::TooShort {
                base_name: base_name.into(),
            });
        }
        let (digits, rest) = base_name.split_at(HASH_LENGTH);
        if let Some(&character) = digits.iter().find(|byte| !base32::is_digit(**byte)) {
            return Err(StorePathError::Digit {
                base_name: base_name.into(),
                character,
            });
        }
        // Nix skips the byte between hash and name unread. Past ASCII it would split a character.
        if !rest[0].is_ascii() {
            return Err(StorePathError::Digit {
                base_name: base_name.into(),
                character: rest[0],
            });
        }
        check_name(&rest[1..]).map_err(|error| StorePathError::Name {
            base_name: base_name.into(),
            error,
        })?;
        Ok(Self(Arc::from(String::from_utf8_lossy(base_name))))
    }

    /// The path with this hash and name.
    ///
    /// # Errors
    ///
    /// [`StorePathError::Name`].
    pub fn from_parts(hash: [u8; 20], name: &[u8]) -> Result<Self, StorePathError> {
        let mut text = base32::encode(&hash);
        text.push('-');
        match check_name(name) {
            Ok(()) => {
                text.push_str(&String::from_utf8_lossy(name));
                Ok(Self(Arc::from(text)))
            }
            Err(error) => {
                let mut base_name = BString::from(text);
                base_name.extend_from_slice(name);
                Err(StorePathError::Name { base_name, error })
            }
        }
    }

    /// `hash-name`, all of it ASCII.
    #[must_use]
    pub fn base_name(&self) -> &str {
        &self.0
    }

    /// The 32 digits of the hash.
    #[must_use]
    pub fn hash_part(&self) -> &str {
        &self.0[..HASH_LENGTH]
    }

    /// What follows the hash and the dash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0[HASH_LENGTH + 1..]
    }

    /// Whether the name ends in `.drv`.
    #[must_use]
    pub fn is_derivation(&self) -> bool {
        self.derivation_name().is_some()
    }

    /// The name without `.drv`, where it has that ending.
    #[must_use]
    pub fn derivation_name(&self) -> Option<&str> {
        self.name().strip_suffix(".drv")
    }
}

/// The base name.
impl fmt::Display for StorePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
