//! The store directory: paths in it, and how the path of a new store object is worked out.
//!
//! Follows Nix's `libstore/store-dir-config.cc` and the manual's `protocols/store-path.md`.

use std::collections::BTreeSet;
use std::fmt;

use bstr::{BString, ByteSlice};

use crate::content_address::{ContentAddress, Method};
use crate::hash::{Algorithm, Encoding, Hash, Hasher};
use crate::store_path::{StorePath, StorePathError};

/// The directory that holds all store objects, `/nix/store` unless told otherwise. It is part of
/// what every store path is a hash of.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreDir(BString);

/// What a store object refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Other store objects.
    pub others: BTreeSet<StorePath>,
    /// Whether it refers to itself.
    pub itself: bool,
}

/// A content address that no store path can be made from. The messages are Nix's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotContentAddressable {
    /// References, where only `sha256` over a NAR may have them.
    #[error(
        "fixed output derivation '{name}' is not allowed to refer to other store paths.\nYou may \
         need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more \
         details."
    )]
    References {
        /// Name of the store object.
        name: BString,
    },
    /// A Git tree hash in an algorithm that Git has not.
    #[error("Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: {algorithm}")]
    GitAlgorithm {
        /// That algorithm.
        algorithm: Algorithm,
    },
    /// A text file's hash in another algorithm than SHA-256.
    #[error("text store paths must use a SHA-256 hash, but instead using: {algorithm}")]
    TextAlgorithm {
        /// That algorithm.
        algorithm: Algorithm,
    },
    /// A name that Nix does not allow.
    #[error(transparent)]
    Path(#[from] StorePathError),
}

impl Default for StoreDir {
    fn default() -> Self {
        Self(BString::from("/nix/store"))
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for StoreDir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl StoreDir {
    /// Another store directory.
    ///
    /// # Errors
    ///
    /// [`StorePathError::NotAbsolute`].
    pub fn new(path: &[u8]) -> Result<Self, StorePathError> {
        canonical(path).map(Self)
    }

    /// The directory, absolute and without a slash at its end.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole path, `/nix/store/hash-name`.
    #[must_use]
    pub fn print(&self, path: &StorePath) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.0.len() + 1 + path.base_name().len());
        self.print_to(path, &mut text);
        text
    }

    /// Appends the whole path to `text`.
    pub fn print_to(&self, path: &StorePath, text: &mut Vec<u8>) {
        text.extend_from_slice(&self.0);
        text.push(b'/');
        text.extend_from_slice(path.base_name().as_bytes());
    }

    /// Reads a whole path of a store object; `.`, `..` and doubled slashes are resolved first, by
    /// text alone.
    ///
    /// # Errors
    ///
    /// [`StorePathError`], also where the path leads below a store object or out of the store.
    pub fn parse(&self, path: &[u8]) -> Result<StorePath, StorePathError> {
        if let Some(base_name) = self.base_name(path)
            && !base_name.contains(&b'/')
            && !matches!(base_name, b"" | b"." | b"..")
        {
            return StorePath::parse(base_name);
        }
        let canonical = canonical(path)?;
        match self.base_name(&canonical) {
            Some(base_name) if !base_name.contains(&b'/') => StorePath::parse(base_name),
            _ => Err(StorePathError::NotInStore { path: canonical }),
        }
    }

    /// Splits a path in the store into the store object and what follows: empty, or from the next
    /// slash on.
    ///
    /// # Errors
    ///
    /// [`StorePathError`], also where the path is not in the store.
    pub fn split<'path>(
        &self,
        path: &'path [u8],
    ) -> Result<(StorePath, &'path [u8]), StorePathError> {
        let Some(rest) = self.base_name(path).filter(|rest| !rest.is_empty()) else {
            return Err(StorePathError::NotInStore { path: path.into() });
        };
        let end = rest.find_byte(b'/').unwrap_or(rest.len());
        StorePath::parse(&rest[..end]).map(|object| (object, &rest[end..]))
    }

    fn base_name<'path>(&self, path: &'path [u8]) -> Option<&'path [u8]> {
        path.strip_prefix(self.as_bytes())?.strip_prefix(b"/")
    }

    /// The path of an output of an input-addressed derivation.
    ///
    /// # Errors
    ///
    /// [`StorePathError::Name`].
    pub fn output_path(
        &self,
        output: &[u8],
        modulo: &Hash,
        derivation_name: &[u8],
    ) -> Result<StorePath, StorePathError> {
        let name = output_path_name(derivation_name, output);
        self.make(&[b"output:", output], modulo, &name)
    }

    /// The path of a text file, such as `builtins.toFile` makes and as `.drv` files are.
    ///
    /// # Errors
    ///
    /// [`StorePathError::Name`].
    pub fn text_path<'path>(
        &self,
        name: &[u8],
        contents: &[u8],
        references: impl IntoIterator<Item = &'path StorePath>,
    ) -> Result<StorePath, StorePathError> {
        let hash = Hash::of(Algorithm::Sha256, contents);
        let kind = self.kind(b"text", references, false);
        self.make(&[&kind], &hash, name)
    }

    /// The path of a store object with a content address.
    ///
    /// # Errors
    ///
    /// [`NotContentAddressable`].
    pub fn content_addressed_path(
        &self,
        name: &[u8],
        address: &ContentAddress,
        references: &References,
    ) -> Result<StorePath, NotContentAddressable> {
        let ContentAddress { method, hash } = address;
        let algorithm = hash.algorithm();
        match method {
            Method::Text if algorithm != Algorithm::Sha256 => {
                Err(NotContentAddressable::TextAlgorithm { algorithm })
            }
            Method::Text => {
                let kind = self.kind(b"text", &references.others, false);
                Ok(self.make(&[&kind], hash, name)?)
            }
            Method::Git if !matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256) => {
                Err(NotContentAddressable::GitAlgorithm { algorithm })
            }
            Method::Nar if algorithm == Algorithm::Sha256 => {
                let kind = self.kind(b"source", &references.others, references.itself);
                Ok(self.make(&[&kind], hash, name)?)
            }
            _ if references.itself || !references.others.is_empty() => {
                Err(NotContentAddressable::References { name: name.into() })
            }
            Method::Flat | Method::Nar | Method::Git => {
                let inner = format!(
                    "fixed:out:{}{}:",
                    method.prefix(),
                    hash.encode_with_algorithm(Encoding::Base16)
                );
                let digest = Hash::of(Algorithm::Sha256, inner.as_bytes());
                Ok(self.make(&[b"output:out"], &digest, name)?)
            }
        }
    }

    fn kind<'path>(
        &self,
        kind: &[u8],
        references: impl IntoIterator<Item = &'path StorePath>,
        itself: bool,
    ) -> Vec<u8> {
        let mut text = kind.to_vec();
        for path in references {
            text.push(b':');
            self.print_to(path, &mut text);
        }
        if itself {
            text.extend_from_slice(b":self");
        }
        text
    }

    fn make(&self, kind: &[&[u8]], hash: &Hash, name: &[u8]) -> Result<StorePath, StorePathError> {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        for part in kind {
            hasher.update(part);
        }
        hasher.update(b":");
        hasher.update(hash.encode_with_algorithm(Encoding::Base16).as_bytes());
        hasher.update(b":");
        hasher.update(&self.0);
        hasher.update(b":");
        hasher.update(name);
        StorePath::from_parts(hasher.finish().fold(), name)
    }
}

/// The name of an output's store object: the derivation's own for `out`, else `name-output`.
pub(crate) fn output_path_name(derivation_name: &[u8], output: &[u8]) -> Vec<u8> {
    let mut name = derivation_name.to_vec();
    if output != b"out" {
        name.push(b'-');
        name.extend_from_slice(output);
    }
    name
}

/// Resolves `.`, `..` and doubled slashes by text alone.
fn canonical(path: &[u8]) -> Result<BString, StorePathError> {
    if !path.starts_with(b"/") {
        return Err(StorePathError::NotAbsolute { path: path.into() });
    }
    let mut components: Vec<&[u8]> = Vec::new();
    for component in path.split_str(b"/") {
        match component {
            b"" | b"." => {}
            b".." => {
                components.pop();
            }
            _ => components.push(component),
        }
    }
    let mut result = BString::from("/");
    result.extend_from_slice(&bstr::join("/", components));
    Ok(result)
}
