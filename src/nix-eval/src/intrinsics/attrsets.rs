//! Functions of `lib/attrsets.nix`.

use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Value};
use crate::intrinsics::{Done, Site};

impl Evaluator {
    /// An element of a list, where it is a string that needs no evaluation.
    fn string_at(&self, list: Value, index: u32) -> Option<Value> {
        let item = self.heap.list_item(list, index);
        let item = if item.is_thunk() {
            self.heap.thunk_value(item)?
        } else {
            item
        };
        let is_bare = |item| self.heap.string_context(item) == crate::heap::ContextId::EMPTY;
        (item.is_string() && is_bare(item)).then_some(item)
    }
}

/// `setAttrByPath attrPath value`
pub(super) fn set_attr_by_path(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let position = site.computed_position(&evaluator.heap, 0);
    let path = evaluator.heap.env_slot(env, 0);
    let mut value = evaluator.heap.env_slot(env, 1);
    let path = evaluator.force(path)?;
    if !path.is_list() {
        return Ok(Done::Otherwise);
    }
    let length = evaluator.heap.list_length(path);
    if (0..length).any(|index| evaluator.string_at(path, index).is_none()) {
        return Ok(Done::Otherwise);
    }
    for index in (0..length).rev() {
        let Some(name) = evaluator.string_at(path, index) else {
            return Ok(Done::Otherwise);
        };
        let name = evaluator.string_to_symbol(name);
        let mut one = AttrsBuilder::with_capacity(1);
        one.push(name, value, position);
        value = one.finish(&mut evaluator.heap);
    }
    evaluator.force(value).map(Done::Value)
}

/// `attrByPath attrPath default set`
pub(super) fn attr_by_path(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Done<Value>> {
    let path = evaluator.heap.env_slot(env, 0);
    let default = evaluator.heap.env_slot(env, 1);
    let mut value = evaluator.heap.env_slot(env, 2);
    let path = evaluator.force(path)?;
    if !path.is_list() {
        return Ok(Done::Otherwise);
    }
    for index in 0..evaluator.heap.list_length(path) {
        let set = evaluator.force(value)?;
        let Some(name) = evaluator.string_at(path, index) else {
            return Ok(Done::Otherwise);
        };
        let found = if set.is_attrs() {
            let name = evaluator.string_to_symbol(name);
            evaluator.heap.attr(set, name)
        } else {
            None
        };
        match found {
            Some(found) => value = found,
            None => return evaluator.force(default).map(Done::Value),
        }
    }
    evaluator.force(value).map(Done::Value)
}
