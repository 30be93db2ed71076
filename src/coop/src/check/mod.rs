//! Proof: every host and every VM test evaluated, from the tree that would be generated, to the
//! derivation that Nix would build. Nothing is written here, and nothing printed.

mod blame;
mod complaint;
mod evaluation;
mod line;
mod proof;
mod report;
mod source;
mod tree;
mod words;

pub use evaluation::{
    Evaluation, Failed, NotEvaluated, Record, Resident, Target, evaluate, sources,
};
pub(crate) use evaluation::{Prepared, tree as tree_of};
pub use proof::{PROOF_SCHEMA, Proof, ProofError, Sources};
pub(crate) use source::reference;
pub use source::{Choice, Unavailable};
pub(crate) use tree::insert;
