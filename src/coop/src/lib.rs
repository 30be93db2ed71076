//! coop turns one `coop.toml` into a NixOS flake and says how sound it is.
//!
//! **Invariant.** Nothing in this crate lets a string of `coop.toml` become Nix, shell, Ruby, SQL
//! or nginx syntax: values are checked in [`fleet`] and refused there where they could be syntax.
//! Nothing outside [`cli`] prints, and nothing ends the process but `main`.

pub mod catalogue;
pub mod check;
pub mod cli;
pub mod diagnostics;
pub mod fleet;
pub mod generate;
pub mod lock;
pub mod plan;
pub mod report;
pub mod watch;
