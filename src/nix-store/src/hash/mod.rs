//! Hash algorithms, hash values and their text forms.
//!
//! Follows Nix's `libutil/hash.cc`. Reading lives in `parse.rs`, computing in `hasher.rs`; whether
//! an algorithm is enabled (`blake3` is experimental in Nix) is the caller's business.

mod hasher;
mod parse;

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};

pub use hasher::Hasher;
pub use parse::HashError;

use crate::base32;

/// A hash algorithm that Nix knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
    /// BLAKE3, 32 bytes.
    Blake3,
}

impl Algorithm {
    /// Every algorithm, in the order of Nix's messages.
    pub const ALL: [Self; 5] = [
        Self::Blake3,
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
    ];

    /// The name as Nix writes it: `sha256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// Length of a hash in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Blake3 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Finds an algorithm by its exact name.
    ///
    /// # Errors
    ///
    /// [`HashError::UnknownAlgorithm`] for any other text.
    pub fn parse(name: &[u8]) -> Result<Self, HashError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().as_bytes() == name)
            .ok_or_else(|| HashError::UnknownAlgorithm { name: name.into() })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How the bytes of a hash are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Base16,
    /// Nix's base 32 (see [`base32`]).
    Nix32,
    /// RFC 4648 base 64 with padding.
    Base64,
    /// `algorithm-base64`, as in the Subresource Integrity specification.
    Sri,
}

/// A hash: an algorithm and as many bytes as it yields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    algorithm: Algorithm,
    buffer: [u8; 64],
}

impl Hash {
    /// A hash made of known bytes; `None` where their number is not the algorithm's.
    #[must_use]
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != algorithm.length() {
            return None;
        }
        let mut buffer = [0; 64];
        buffer[..bytes.len()].copy_from_slice(bytes);
        Some(Self { algorithm, buffer })
    }

    /// A hash made of as many bytes as its algorithm yields; more are cut off, fewer are filled up
    /// with zeros.
    pub(crate) fn from_digest(algorithm: Algorithm, digest: &[u8]) -> Self {
        let mut buffer = [0; 64];
        let length = digest.len().min(algorithm.length());
        buffer[..length].copy_from_slice(&digest[..length]);
        Self { algorithm, buffer }
    }

    /// The hash of all zeros, which Nix takes an empty hash to mean.
    #[must_use]
    pub const fn zero(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            buffer: [0; 64],
        }
    }

    /// The hash of `data`.
    #[must_use]
    pub fn of(algorithm: Algorithm, data: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(data);
        hasher.finish()
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes, [`Algorithm::length`] of them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.algorithm.length()]
    }

    /// The bytes as text, without the algorithm except in [`Encoding::Sri`].
    #[must_use]
    pub fn encode(&self, encoding: Encoding) -> String {
        match encoding {
            Encoding::Base16 => HEXLOWER.encode(self.bytes()),
            Encoding::Nix32 => base32::encode(self.bytes()),
            Encoding::Base64 => BASE64.encode(self.bytes()),
            Encoding::Sri => format!("{}-{}", self.algorithm, BASE64.encode(self.bytes())),
        }
    }

    /// The text with the algorithm in front: `sha256:…`, or `sha256-…` for [`Encoding::Sri`].
    #[must_use]
    pub fn encode_with_algorithm(&self, encoding: Encoding) -> String {
        match encoding {
            Encoding::Sri => self.encode(encoding),
            _ => format!("{}:{}", self.algorithm, self.encode(encoding)),
        }
    }

    /// The hash folded to `N` bytes by exclusive or, as store paths do with `N = 20`.
    #[must_use]
    pub fn fold<const N: usize>(&self) -> [u8; N] {
        let mut folded = [0; N];
        for (position, byte) in self.bytes().iter().enumerate() {
            folded[position % N] ^= byte;
        }
        folded
    }
}

/// The SRI form, which Nix's own messages use.
impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.encode(Encoding::Sri))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
