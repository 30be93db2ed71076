//! The oracle: random Nix programs, and what real Nix and coop make of them and of given files.
//!
//! Programs come from a seed, so that a difference can be met again. They lean towards the corners of
//! the language where evaluators go wrong. Nothing here knows how coop evaluates: both sides are
//! commands, and the text they print is what is compared.

pub mod compare;
pub mod derivation;
pub mod evaluator;
pub mod expression;
pub mod generator;
pub mod minimise;
pub mod random;
