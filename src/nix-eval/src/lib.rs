//! The Nix language: syntax, heap, evaluation, builtins, printing.
//!
//! Text goes through [`syntax`] to [`ir`], which [`eval`] evaluates on the [`heap`]; [`builtins`]
//! are called from there, and [`print`] shows what came out.
//!
//! **Architecture invariants.** The outside world (files, environment, network, messages) is
//! reached through [`world::World`] alone. `unsafe` lives in `heap/region.rs` alone. No Rust
//! reference into heap or tables survives a call that can evaluate: everything is an index. Whatever is
//! remembered beside the heap and may be edited has marks (`eval/taint.rs`), which who reads it takes on.
//! Nothing here knows flakes, let alone fleets.

pub mod builtins;
pub mod date;
pub mod eval;
pub mod formats;
pub mod heap;
pub mod hibernation;
pub mod intrinsics;
pub mod ir;
pub mod path;
pub mod position;
pub mod print;
pub mod regex;
pub mod saved;
pub mod shared;
pub mod stand_in;
pub mod symbol;
pub mod syntax;
#[cfg(test)]
mod testing;
pub mod world;

pub use eval::{EvalError, Evaluator, Settings, with_stack};
pub use heap::Value;
