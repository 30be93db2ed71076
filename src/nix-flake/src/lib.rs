//! What surrounds the evaluator: this machine's files, and flakes.
//!
//! A text becomes a [`FlakeRef`]; its [`input`] is fetched into a tree; `flake.nix` there is read,
//! its inputs are locked, and the language calls the whole.
//!
//! **Architecture invariant.** Files, network and environment are touched here, and only by
//! implementing the evaluator's `World`; the language itself is not known here.

mod asking;
pub mod closure;
mod error;
pub mod fetch;
pub mod flake;
mod flake_file;
pub mod input;
mod later;
mod listing;
pub mod lock;
mod memory;
mod notes;
mod page_map;
pub mod record;
mod reference;
pub mod registry;
pub mod resident;
mod saved;
pub mod session;
mod shelf;
pub mod system;
pub mod url;
mod values;

pub use error::{Error, Result};
pub use fetch::Fetcher;
pub use fetch::cache::Cache;
pub use flake_file::{FlakeFile, FlakeInput};
pub use reference::{FlakeRef, ParseOptions, source_folder};
pub use system::System;
