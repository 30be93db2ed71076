//! Whether definitions are of a type (`checkDefsForError`).

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, Site, given};
use crate::position::Position;

/// `checkDefsForError check loc defs`
pub(in crate::intrinsics) fn check_definitions(
    evaluator: &mut Evaluator,
    _: Site,
    env: u32,
) -> R<Done<Value>> {
    let check = evaluator.heap.env_slot(env, 0);
    let definitions = evaluator.heap.env_slot(env, 2);
    let definitions = evaluator.force(definitions)?;
    if !definitions.is_list() {
        return Ok(Done::Otherwise);
    }
    for index in 0..evaluator.heap.list_length(definitions) {
        let definition = evaluator.heap.list_item(definitions, index);
        let definition = evaluator.force(definition)?;
        if !definition.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let value = given!(evaluator.named(definition, Name::Value));
        if evaluator.call(check, &[value], Position::NONE)? != Value::TRUE {
            return Ok(Done::Otherwise);
        }
    }
    Ok(Done::Value(Value::NULL))
}

/// `mergeEqualOption loc defs`
pub(in crate::intrinsics) fn merge_equal(
    evaluator: &mut Evaluator,
    _: Site,
    env: u32,
) -> R<Done<Value>> {
    let definitions = evaluator.heap.env_slot(env, 1);
    let definitions = evaluator.force(definitions)?;
    if !definitions.is_list() || evaluator.heap.list_length(definitions) != 1 {
        return Ok(Done::Otherwise);
    }
    let definition = evaluator.heap.list_item(definitions, 0);
    let definition = evaluator.force(definition)?;
    if !definition.is_attrs() {
        return Ok(Done::Otherwise);
    }
    let value = given!(evaluator.named(definition, Name::Value));
    evaluator.force(value).map(Done::Value)
}
