//! Functions of `lib/types.nix` and `lib/options.nix`: how definitions of one option become its value.

pub(super) mod attrs_of;
pub(super) mod check;
pub(super) mod list_of;
