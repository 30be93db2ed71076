//! Functions of `lib/lists.nix`.

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::{Done, Site};

impl Evaluator {
    /// `list ++ [ end ]`
    pub(super) fn list_and(&mut self, list: Value, end: Value) -> Value {
        let length = self.heap.list_length(list);
        let out = self.heap.new_list_of_length(length + 1);
        for index in 0..length {
            let item = self.heap.list_item(list, index);
            self.heap.set_list_item(out, index, item);
        }
        self.heap.set_list_item(out, length, end);
        out
    }
}

/// `reverseList xs`
pub(super) fn reverse_list(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Done<Value>> {
    let list = evaluator.heap.env_slot(env, 0);
    let list = evaluator.force(list)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    let mut items = evaluator.heap.list_items(list);
    items.reverse();
    Ok(Done::Value(evaluator.heap.new_list(&items)))
}

/// `imap1 f list`
pub(super) fn imap1(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Done<Value>> {
    let function = evaluator.heap.env_slot(env, 0);
    let list = evaluator.heap.env_slot(env, 1);
    let list = evaluator.force(list)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    let length = evaluator.heap.list_length(list);
    let out = evaluator.heap.new_list_of_length(length);
    for index in 0..length {
        let number = evaluator.heap.new_int(i64::from(index) + 1);
        let item = evaluator.heap.list_item(list, index);
        let applied = evaluator.heap.new_apply_two(function, number, item);
        evaluator.heap.set_list_item(out, index, applied);
    }
    Ok(Done::Value(out))
}
