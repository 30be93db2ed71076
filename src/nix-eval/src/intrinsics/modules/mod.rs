//! The functions of `lib/modules.nix`: from modules and their options to the values of options.

pub(super) mod arguments;
pub(super) mod collect;
pub(super) mod config;
pub(super) mod definitions;
pub(super) mod evaluation;
pub(super) mod level;
mod option;
mod properties;
mod syntax;

pub(super) use option::Added;
