//! Edits of a fleet, and what real Nix says they change: what `coop plan` is held against.

pub mod edit;
pub mod expectation;
pub mod facts;
pub mod lines;
