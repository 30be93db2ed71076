//! What tests of edits have in common.

use nix_eval::eval::R;
use nix_eval::{Evaluator, Value};
use nix_store::nar::MemoryTree;

/// A file with this text.
pub(crate) fn file(text: &str) -> MemoryTree {
    MemoryTree::File {
        contents: text.as_bytes().to_vec(),
        executable: false,
    }
}

/// The text that an output of a flake is.
pub(crate) fn output(evaluator: &mut Evaluator, flake: Value, name: &str) -> R<String> {
    let value = evaluator.select_by_text(flake, name.as_bytes(), name)?;
    let text = evaluator.text_of(value, "while evaluating an answer")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Numbers that look like chance and follow from the first.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// The next one, below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
