//! `attrsOf` and `lazyAttrsOf`: each attribute is merged on its own (`merge.v2` of `attrsWith`).

use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Value};
use crate::intrinsics::known::attrs_of as relied;
use crate::intrinsics::modules::definitions::{Definition, Definitions, Form};
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site, done, given};
use crate::position::Position;
use crate::symbol::Symbol;

/// The parts, by number.
const VALUE: usize = 0;
const HEAD_ERROR: usize = 1;
const META: usize = 2;
const ATTRIBUTE: usize = 3;
const LOCATION: usize = 4;

/// The code of the parts.
pub(in crate::intrinsics) const PARTS: &[RunPart] = &[value, head_error, meta, attribute, location];

/// The variables of an attribute's environment, which lies in that of the call.
const NAME: u32 = 0;
const DEFINITIONS: u32 = 1;

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
    let is_lazy = match evaluator.site_variable(site, relied::LAZY, env)? {
        Value::TRUE => true,
        Value::FALSE => false,
        _ => return Ok(Done::Otherwise),
    };
    let list = evaluator.site_variable(site, relied::DEFS, env)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    let header = site.header(&evaluator.heap);
    let pushed = header.callee(&evaluator.heap, relied::PUSH_POSITIONS);
    let mut all: Vec<(Symbol, Definition)> = Vec::new();
    for index in 0..evaluator.heap.list_length(list) {
        let one = done!(evaluator.definition_at(list, index));
        let set = evaluator.force(one.value)?;
        if !set.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let (flat, shape) = evaluator.heap.flat(set);
        for index in 0..evaluator.heap.shape_length(shape) {
            let value = evaluator.heap.attr_at(flat, index);
            let name = evaluator.heap.shape_name(shape, index);
            all.push((
                name,
                Definition {
                    file: one.file,
                    value,
                    form: Form::Literal(pushed, 0),
                },
            ));
        }
    }
    all.sort_by_key(|one| one.0);
    let mut groups: Vec<&[(Symbol, Definition)]> = all.chunk_by(|a, b| a.0 == b.0).collect();
    if !is_lazy {
        // In this order it is asked which are defined.
        let symbols = &evaluator.symbols;
        groups.sort_by(|a, b| symbols.name(a[0].0).cmp(symbols.name(b[0].0)));
    }
    let merge = header.callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
    let mut set = AttrsBuilder::with_capacity(groups.len());
    for group in groups {
        let given: Definitions = group.iter().map(|one| one.1).collect();
        let definitions = if is_lazy {
            evaluator.definition_list(merge, &given)
        } else {
            let found = done!(evaluator.final_definitions(&given));
            if found.definitions.is_empty() {
                continue;
            }
            evaluator.definition_list(merge, &found.definitions)
        };
        let name = evaluator.symbol_string(group[0].0);
        let own = evaluator.env_of(env, &[name, definitions]);
        let value = evaluator.suspend_part(site, ATTRIBUTE, own);
        set.push(group[0].0, value, Position::NONE);
    }
    Ok(Done::Value(set.finish(&mut evaluator.heap)))
}

/// The value of one attribute.
fn attribute(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    if let Done::Value(value) = attribute_or_otherwise(evaluator, site, env)? {
        return Ok(value);
    }
    let call = evaluator.heap.env_up(env);
    let all = written(evaluator, site, call, Name::Value)?;
    let name = evaluator.heap.env_slot(env, NAME);
    let name = evaluator.string_to_symbol(name);
    let value = evaluator.need_attr(all, name, "while selecting an attribute")?;
    evaluator.force(value)
}

/// The names that lead to an attribute.
fn location(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let call = evaluator.heap.env_up(env);
    let prefix = evaluator.site_variable(site, relied::LOC, call)?;
    let context = "while evaluating one of the elements to concatenate";
    let prefix = evaluator.force_list(prefix, context)?;
    Ok(evaluator.list_and(prefix, evaluator.heap.env_slot(env, NAME)))
}

fn attribute_or_otherwise(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let call = evaluator.heap.env_up(env);
    let is_lazy = evaluator.site_variable(site, relied::LAZY, call)? == Value::TRUE;
    let list = evaluator.heap.env_slot(env, DEFINITIONS);
    let mut definitions = done!(evaluator.definitions(list));
    if is_lazy {
        definitions = done!(evaluator.final_definitions(&definitions)).definitions;
    }
    let element = evaluator.site_variable(site, relied::ELEM_TYPE, call)?;
    let prefix = evaluator.suspend(site.variable(&evaluator.heap, relied::LOC), call);
    let loc = match evaluator.list_at_hand(prefix) {
        Some(prefix) => evaluator.list_and(prefix, evaluator.heap.env_slot(env, NAME)),
        None => evaluator.suspend_part(site, LOCATION, env),
    };
    let merge = site
        .header(&evaluator.heap)
        .callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
    if definitions.is_empty() {
        // What has no value without definitions is an error.
        let element = element.is_attrs().then_some(element);
        let empty = given!(element.and_then(|element| evaluator.named(element, Name::EmptyValue)));
        let empty = evaluator.force(empty)?;
        let is_value = empty.is_attrs() && evaluator.named(empty, Name::Value).is_some();
        if !is_value {
            return Ok(Done::Otherwise);
        }
    }
    evaluator.merged_value(merge, loc, element, &definitions)
}
