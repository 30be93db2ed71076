//! What surrounds the evaluator: this machine's files, and flakes.
//!
//! **Architecture invariant.** Files, network and environment are touched here, and only by
//! implementing the evaluator's `World`; the language itself is not known here.

pub mod closure;
pub mod system;

pub use system::System;
