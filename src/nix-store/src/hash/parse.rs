//! Reading a hash from text, in every form that Nix 2.34 reads, with its messages.

use bstr::{BString, ByteSlice};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Algorithm, Encoding, Hash};
use crate::base32;

/// Why a text is no hash. The messages are Nix's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The name before `:` or `-` is no algorithm.
    #[error(
        "unknown hash algorithm '{name}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"
    )]
    UnknownAlgorithm {
        /// What stood there.
        name: BString,
    },
    /// A bare hash, where nothing else says which algorithm made it.
    #[error("hash '{text}' does not include a type, nor is the type otherwise known from context")]
    NoAlgorithm {
        /// The text read.
        text: BString,
    },
    /// A hash of another algorithm than the one asked for.
    #[error("hash '{text}' should have type '{expected}'")]
    OtherAlgorithm {
        /// The text read.
        text: BString,
        /// The algorithm asked for.
        expected: Algorithm,
    },
    /// A hash whose length fits no encoding.
    #[error("hash '{text}' has wrong length for hash algorithm '{algorithm}'")]
    WrongLength {
        /// The text read, without the algorithm.
        text: BString,
        /// The algorithm, from the text or the context.
        algorithm: Algorithm,
    },
    /// A hash that decodes to the wrong number of bytes; `found` is 0 for a character that does
    /// not belong.
    #[error(
        "invalid {encoding} hash '{text}', length {found} != expected length {}",
        algorithm.length()
    )]
    Invalid {
        /// The encoding's name in Nix's messages.
        encoding: &'static str,
        /// The text read, without the algorithm.
        text: BString,
        /// The number of bytes that came out.
        found: usize,
        /// The algorithm, which says how many bytes there should be.
        algorithm: Algorithm,
    },
    /// A text without `-` where only the SRI form is allowed.
    #[error("hash '{text}' is not SRI")]
    NotSri {
        /// The text read.
        text: BString,
    },
    /// An empty hash, where nothing says which algorithm's zeros it means.
    #[error("empty hash requires explicit hash algorithm")]
    EmptyWithoutAlgorithm,
}

impl Hash {
    /// Reads `algorithm:digits` (base 16, 32 or 64, told apart by length), `algorithm-base64`
    /// (SRI) or, where `expected` is given, the bare digits.
    ///
    /// # Errors
    ///
    /// [`HashError`], also where the text names another algorithm than `expected`.
    pub fn parse_any(text: &[u8], expected: Option<Algorithm>) -> Result<Self, HashError> {
        Self::parse_any_with_encoding(text, expected).map(|(hash, _)| hash)
    }

    /// [`Hash::parse_any`], and the encoding that the text was in.
    ///
    /// # Errors
    ///
    /// As [`Hash::parse_any`].
    pub fn parse_any_with_encoding(
        text: &[u8],
        expected: Option<Algorithm>,
    ) -> Result<(Self, Encoding), HashError> {
        let (prefix, digits, is_sri) = match (text.find_byte(b':'), text.find_byte(b'-')) {
            (Some(colon), _) => (Some(&text[..colon]), &text[colon + 1..], false),
            (None, Some(dash)) => (Some(&text[..dash]), &text[dash + 1..], true),
            (None, None) => (None, text, false),
        };
        let named = prefix.map(Algorithm::parse).transpose()?;
        let algorithm = match (named, expected) {
            (Some(named), Some(expected)) if named != expected => {
                return Err(HashError::OtherAlgorithm {
                    text: text.into(),
                    expected,
                });
            }
            (Some(algorithm), _) | (None, Some(algorithm)) => algorithm,
            (None, None) => return Err(HashError::NoAlgorithm { text: text.into() }),
        };
        let encoding = if is_sri {
            Encoding::Sri
        } else {
            encoding_of_length(digits, algorithm)?
        };
        decode(digits, algorithm, encoding).map(|hash| (hash, encoding))
    }

    /// [`Hash::parse_any`], with the empty text read as [`Hash::zero`]. Nix warns about an empty
    /// hash (`found empty hash, assuming '…'`); so should the caller, who sees it in the text.
    ///
    /// # Errors
    ///
    /// As [`Hash::parse_any`], and [`HashError::EmptyWithoutAlgorithm`].
    pub fn parse_any_or_empty(text: &[u8], expected: Option<Algorithm>) -> Result<Self, HashError> {
        if !text.is_empty() {
            return Self::parse_any(text, expected);
        }
        expected
            .map(Self::zero)
            .ok_or(HashError::EmptyWithoutAlgorithm)
    }

    /// Reads `algorithm-base64` only.
    ///
    /// # Errors
    ///
    /// [`HashError`].
    pub fn parse_sri(text: &[u8]) -> Result<Self, HashError> {
        let dash = text
            .find_byte(b'-')
            .ok_or_else(|| HashError::NotSri { text: text.into() })?;
        decode(
            &text[dash + 1..],
            Algorithm::parse(&text[..dash])?,
            Encoding::Sri,
        )
    }

    /// Reads bare digits of a known algorithm, as derivations write them.
    ///
    /// # Errors
    ///
    /// [`HashError`].
    pub fn parse_unprefixed(digits: &[u8], algorithm: Algorithm) -> Result<Self, HashError> {
        decode(digits, algorithm, encoding_of_length(digits, algorithm)?)
    }
}

fn encoding_of_length(digits: &[u8], algorithm: Algorithm) -> Result<Encoding, HashError> {
    let bytes = algorithm.length();
    match digits.len() {
        length if length == bytes * 2 => Ok(Encoding::Base16),
        length if length == base32::encoded_length(bytes) => Ok(Encoding::Nix32),
        length if length == bytes.div_ceil(3) * 4 => Ok(Encoding::Base64),
        _ => Err(HashError::WrongLength {
            text: digits.into(),
            algorithm,
        }),
    }
}

fn decode(digits: &[u8], algorithm: Algorithm, encoding: Encoding) -> Result<Hash, HashError> {
    let (name, bytes) = match encoding {
        Encoding::Base16 => ("base16", HEXLOWER_PERMISSIVE.decode(digits).ok()),
        Encoding::Nix32 => ("nix32", base32::decode(digits).ok()),
        Encoding::Base64 => ("Base64", decode_base64(digits)),
        Encoding::Sri => ("SRI", decode_base64(digits)),
    };
    let bytes = bytes.unwrap_or_default();
    Hash::from_bytes(algorithm, &bytes).ok_or_else(|| HashError::Invalid {
        encoding: name,
        text: digits.into(),
        found: bytes.len(),
        algorithm,
    })
}

/// Base 64 as loosely as Nix reads it: the first `=` ends it, newlines and left-over bits are
/// skipped. No stricter decoder can be told to do all three.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut pending, mut bits) = (0_u32, 0);
    for &character in text {
        let value = match character {
            b'=' => break,
            b'\n' => continue,
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        pending = (pending << 6 | u32::from(value)) & 0x3fff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
        }
    }
    Some(bytes)
}
