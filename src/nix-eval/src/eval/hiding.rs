//! Evaluation under a path that stands in for the real one of a tree.

use super::{Evaluator, R};
use crate::heap::{Shape, Value};
use crate::world::Tree;

impl Evaluator {
    /// Hides the path of a tree: the tree as it is to be shown.
    pub(crate) fn hide(&mut self, tree: &Tree) -> Tree {
        Tree {
            store_path: self.stand_in.hide(&tree.store_path),
            ..tree.clone()
        }
    }

    /// Whether what was hidden may have been seen. What came of the evaluation is of no use then.
    #[must_use]
    pub fn saw_hidden_path(&self) -> bool {
        self.stand_in.is_seen()
    }

    /// The indices of a shape's names in lexicographic order.
    pub(crate) fn name_order(&mut self, shape: Shape) -> Vec<u32> {
        let order = self.heap.lexicographic_order(shape, &self.symbols);
        if self.stand_in.is_used() && self.symbols.has_stand_in() {
            for pair in order.windows(2) {
                let name = |at: usize| self.symbols.name(self.heap.shape_name(shape, pair[at]));
                self.stand_in.compared(name(0), name(1));
            }
        }
        order
    }

    /// The argument, which may be seen from here on.
    pub(crate) fn reveal(&mut self, args: &[Value]) -> R<Value> {
        self.stand_in.asked();
        self.force(args[0])
    }
}
