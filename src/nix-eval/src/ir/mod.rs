//! The form that is evaluated: words in the heap's code region, with names resolved to slots.

mod lower;
pub mod op;
mod table;

pub use lower::{LowerError, Outer, lower};
pub use table::CodeTable;
pub(crate) use table::Part;
