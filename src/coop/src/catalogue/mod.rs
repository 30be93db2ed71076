//! The catalogue: every option of one NixOS with its type, so that what `coop.toml` says under
//! `nixos` can be checked without evaluating anything. Facts only, no descriptions.
//!
//! Nothing here prints. What the catalogue calls wrong, evaluation calls wrong; the reverse does not
//! hold.

mod build;
mod builder;
mod examine;
mod extract;
mod file;
mod findings;
mod model;
mod nearest;
mod option_path;
#[cfg(test)]
mod proof;
mod shelf;
mod words;

pub use build::{BuildError, Built, build};
pub use extract::Count;
pub use findings::{enrich, findings};
pub use model::Label;
pub use shelf::{Shelf, built_in_label, is_built_in, is_same, write};

pub(crate) use option_path::OptionPath;
