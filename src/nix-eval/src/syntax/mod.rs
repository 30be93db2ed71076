//! Text to syntax tree: lexer and parser of the Nix language, as Nix's own `lexer.l` and
//! `parser.y` have it. Scopes are not resolved here and nothing is evaluated.

pub mod ast;
mod attribute_path;
mod indentation;
mod lexer;
pub mod lint;
pub mod literals;
mod parser;
pub mod show;

pub use parser::{ParseError, ParseOptions, parse, parse_into};
