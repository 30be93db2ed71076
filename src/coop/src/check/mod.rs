//! Proof: every host and every VM test evaluated, from the tree that would be generated, to the
//! derivation that Nix would build. Nothing is written here, and nothing printed.

mod blame;
mod evaluation;
mod report;
mod source;
mod tree;

pub use evaluation::{Evaluation, NotEvaluated, Record, Target, evaluate};
pub use report::findings;
pub use source::{Choice, Unavailable};
pub use tree::of_folder;
