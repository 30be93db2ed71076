//! Hashes, store paths, NAR archives and derivations: the pure part of Nix.
//!
//! Nothing here evaluates or does I/O. File trees are reached through [`nar::FileTree`], which the
//! caller implements, and everything else is a function of its arguments. Nix strings are byte
//! strings, so text is `[u8]` wherever Nix allows any byte in it.

pub mod base32;
mod content_address;
pub mod derivation;
pub mod hash;
pub mod nar;
mod placeholder;
mod store_dir;
mod store_path;

pub use content_address::{ContentAddress, Method, ParseMethodError};
pub use hash::{Algorithm, Hash, Hasher};
pub use placeholder::{downstream_placeholder, dynamic_placeholder, placeholder};
pub use store_dir::{NotContentAddressable, References, StoreDir};
pub use store_path::{MAX_NAME_LENGTH, NameError, StorePath, StorePathError, check_name};
