//! Values as text: the language's own notation, JSON and XML. Printing may force values; it never
//! changes them.

pub mod json;
pub mod literal;
pub mod value;
pub mod xml;

pub use value::{ambiguous, nix, pretty, short};

/// A float as `printf("%g")` shows it.
#[must_use]
pub fn float(value: f64) -> String {
    crate::formats::float::general(value)
}

/// A float as `printf("%f")` shows it.
#[must_use]
pub fn float_fixed(value: f64) -> String {
    crate::formats::float::fixed(value)
}
