//! JSON text: reading as nlohmann's library does for Nix, and writing. Values are not known here.

pub mod lexer;
pub mod read;
pub mod write;
