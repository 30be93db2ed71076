//! Infinite recursion: which names need each other.

use super::{ErrorKind, EvalError, Evaluator, R};
use crate::heap::Value;
use crate::symbol::Symbol;

/// The values that were being evaluated when one was asked for that was among them. It is put
/// together while the error passes them, the innermost first.
#[derive(Clone)]
pub struct Ring {
    /// The value that was asked for again.
    closing: Value,
    /// Whether the error has reached it.
    closed: bool,
    /// The names that values on the way are given.
    names: Vec<Symbol>,
}

/// Rings of more names are shown in part.
const SHOWN: usize = 8;

impl Evaluator {
    #[cold]
    pub(super) fn infinite_recursion(&mut self, thunk: Value) -> R<Value> {
        let message = "infinite recursion encountered".to_owned();
        let mut error = EvalError::new(ErrorKind::InfiniteRecursion, message);
        error.position = self.place_of(self.heap.running_code(thunk));
        error.ring = Some(Ring {
            closing: thunk,
            closed: false,
            names: Vec::new(),
        });
        self.raise(error)
    }

    /// An error leaves the evaluation of `thunk`.
    #[cold]
    pub(super) fn leave_ring(&mut self, thunk: Value) {
        let ring = self.error.as_mut().and_then(|error| error.ring.as_mut());
        let Some(ring) = ring.filter(|ring| !ring.closed) else {
            return;
        };
        let name = self.code_table.name(self.heap.running_code(thunk));
        ring.names.extend(name);
        ring.closed = ring.closing == thunk;
    }

    /// The ring of names in a sentence, where it is known.
    pub(super) fn show_ring(&self, ring: &Ring) -> Option<String> {
        if !ring.closed {
            return None;
        }
        let names: Vec<String> = ring.names.iter().rev().map(|&n| self.name(n)).collect();
        let (first, rest) = names.split_first()?;
        if rest.is_empty() {
            return Some(format!("'{first}' needs itself"));
        }
        let mut sentence = format!("'{first}'");
        for name in rest.iter().take(SHOWN) {
            sentence.extend([" needs '", name, "', which"]);
        }
        if rest.len() > SHOWN {
            sentence.push_str(" by way of others");
        }
        Some(format!("{sentence} needs '{first}'"))
    }
}
