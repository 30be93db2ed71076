//! The Nix language: syntax, heap, evaluation, builtins, printing. The outside world is reached through one trait only.

pub mod regex;
