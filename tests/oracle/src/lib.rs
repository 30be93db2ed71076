//! The oracle: what real Nix and coop make of the same programs, attributes and closures.
//!
//! Random programs come from a seed, so that a difference can be met again. They lean towards the
//! corners of the language where evaluators go wrong. Nothing here knows how coop evaluates: both
//! sides are commands, and the text they print or the files they write are what is compared.

pub mod attribute;
pub mod closure;
pub mod compare;
pub mod derivation;
pub mod evaluator;
pub mod expression;
pub mod generator;
pub mod minimise;
pub mod plan;
pub mod random;
pub mod statistics;
