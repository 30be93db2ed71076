//! NAR, Nix's archive of one file system object: writing, hashing and reading.
//!
//! Follows Nix's `libutil/archive.cc` and the manual's `protocols/nix-archive.md`. Only names,
//! contents, symbolic links and the executable bit exist in it; names are in bytewise order.

mod hashing;
mod read;
mod tree;
mod write;

pub use read::{ReadError, Visitor, read};
pub use tree::{Contents, FileKind, FileTree, Filter, MemoryTree, Sink, keep_all};
pub use write::{WriteError, hash, to_vec, write};

/// The string every archive begins with.
const MAGIC: &[u8] = b"nix-archive-1";

/// Deepest nesting of directories that Nix 2.34 writes or reads.
const MAX_DEPTH: usize = 64;
