//! `listOf`: each element is merged on its own (`merge.v2` of `listOf`).

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::known::list_of as relied;
use crate::intrinsics::modules::definitions::{Definition, Form};
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site, done};

/// The parts, by number.
const VALUE: usize = 0;
const HEAD_ERROR: usize = 1;
const META: usize = 2;
const ELEMENT: usize = 3;
const LOCATION: usize = 4;

/// The code of the parts.
pub(in crate::intrinsics) const PARTS: &[RunPart] = &[value, head_error, meta, element, location];

/// The literal of a definition of one element.
const DEFINITION: usize = 1;

/// The variables of an element's environment, which lies in that of the call.
const DEFINITIONS: u32 = 0;
const OF_DEFINITION: u32 = 1;
const OF_ENTRY: u32 = 2;
/// The element's definition as it was given, properties and all.
const GIVEN: u32 = 3;

/// `merge.v2 { loc, defs }`
#[expect(clippy::unnecessary_wraps, reason = "as all that runs at a place")]
pub(in crate::intrinsics) fn merge(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let parts = [HEAD_ERROR, VALUE, META];
    let values = parts.map(|part| evaluator.suspend_part(site, part, env));
    Ok(Done::Value(site.literal(&mut evaluator.heap, 0, &values)))
}

/// An attribute of what is given as it is written.
fn written(evaluator: &mut Evaluator, site: Site, env: u32, name: Name) -> R<Value> {
    let code = site.original(&evaluator.heap);
    let set = evaluator.eval(code, env)?;
    let name = evaluator.known_name(name);
    let value = evaluator.need_attr(set, name, "while selecting an attribute")?;
    evaluator.force(value)
}

fn meta(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    written(evaluator, site, env, Name::ValueMeta)
}

fn head_error(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    written(evaluator, site, env, Name::HeadError)
}

fn value(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    match value_or_otherwise(evaluator, site, env)? {
        Done::Value(value) => Ok(value),
        Done::Otherwise => written(evaluator, site, env, Name::Value),
    }
}

fn value_or_otherwise(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let list = evaluator.site_variable(site, relied::DEFS, env)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    let merge = site
        .header(&evaluator.heap)
        .callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
    // All lists come first, and then what is in them.
    let mut elements: Vec<(u32, u32, Definition)> = Vec::new();
    for number in 0..evaluator.heap.list_length(list) {
        let one = done!(evaluator.definition_at(list, number));
        let list = evaluator.force(one.value)?;
        if !list.is_list() {
            return Ok(Done::Otherwise);
        }
        for index in 0..evaluator.heap.list_length(list) {
            let definition = Definition {
                file: one.file,
                value: evaluator.heap.list_item(list, index),
                form: Form::Literal(site, DEFINITION),
            };
            elements.push((number + 1, index + 1, definition));
        }
    }
    let mut out = Vec::with_capacity(elements.len());
    for (of_definition, of_entry, definition) in elements {
        let found = done!(evaluator.final_definitions(&[definition]));
        if found.definitions.is_empty() {
            continue;
        }
        let definitions = evaluator.definition_list(merge, &found.definitions);
        let given = if found.is_untouched {
            definitions
        } else {
            evaluator.definition_list(merge, &[definition])
        };
        let of_definition = evaluator.heap.new_int(i64::from(of_definition));
        let of_entry = evaluator.heap.new_int(i64::from(of_entry));
        let own = evaluator.env_of(env, &[definitions, of_definition, of_entry, given]);
        out.push(evaluator.suspend_part(site, ELEMENT, own));
    }
    Ok(Done::Value(evaluator.heap.new_list(&out)))
}

/// The value of one element.
fn element(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let call = evaluator.heap.env_up(env);
    let element = evaluator.site_variable(site, relied::ELEM_TYPE, call)?;
    let loc = evaluator.suspend_part(site, LOCATION, env);
    let list = evaluator.heap.env_slot(env, DEFINITIONS);
    let given = evaluator.heap.env_slot(env, GIVEN);
    let header = site.header(&evaluator.heap);
    if let Done::Value(definitions) = evaluator.definitions(list)? {
        let merge = header.callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
        let merged = evaluator.merged_value(merge, loc, element, &definitions)?;
        if let Done::Value(value) = merged {
            return Ok(value);
        }
    }
    let outer = site.outer(&evaluator.heap, call);
    let code = header.variable(&evaluator.heap, relied::MERGE_DEFINITIONS);
    let function = evaluator.operand(code, outer)?;
    let none = crate::position::Position::NONE;
    let merging = evaluator.call(function, &[loc, element, given], none)?;
    let name = evaluator.known_name(Name::MergedValue);
    let value = evaluator.need_attr(merging, name, "while selecting an attribute")?;
    evaluator.force(value)
}

/// The names that lead to an element.
fn location(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let call = evaluator.heap.env_up(env);
    let prefix = evaluator.site_variable(site, relied::LOC, call)?;
    let context = "while evaluating one of the elements to concatenate";
    let prefix = evaluator.force_list(prefix, context)?;
    let number = |variable| {
        let number = evaluator.heap.env_slot(env, variable).as_small_int();
        number.unwrap_or(0)
    };
    let (definition, entry) = (number(OF_DEFINITION), number(OF_ENTRY));
    let text = format!("[definition {definition}-entry {entry}]");
    let text = evaluator
        .heap
        .new_string(text.as_bytes(), crate::heap::ContextId::EMPTY);
    Ok(evaluator.list_and(prefix, text))
}
