//! Text formats that the language reads and writes: numbers, JSON, TOML, versions. Pure functions
//! on bytes; no values of the evaluator here.

pub mod float;
mod grisu;
pub mod json;
pub mod toml;
mod toml_newer;
pub mod version;
