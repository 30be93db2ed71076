//! String contexts made visible.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Table;
use crate::eval::{Coercion, Evaluator, R};
use crate::heap::{AttrsBuilder, ContextElement, ContextId, Value};
use crate::position::Position;
use crate::symbol::known;

pub(super) const TABLE: Table = &[
    ("__unsafeDiscardStringContext", 1, discard),
    ("__hasContext", 1, has_context),
    (
        "__unsafeDiscardOutputDependency",
        1,
        discard_output_dependency,
    ),
    ("__addDrvOutputDependencies", 1, add_drv_output_dependencies),
    ("__getContext", 1, get_context),
    ("__appendContext", 2, append_context),
];

fn discard(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.unsafeDiscardStringContext";
    let (text, _) = evaluator.coerce_to_string(args[0], Coercion::STRICT, context)?;
    Ok(evaluator.heap.new_string(&text, ContextId::EMPTY))
}

fn has_context(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.hasContext";
    let string = evaluator.force_string(args[0], context)?;
    Ok(Value::bool(
        evaluator.heap.string_context(string) != ContextId::EMPTY,
    ))
}

fn discard_output_dependency(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.unsafeDiscardOutputDependency";
    let (text, elements) = evaluator.coerce_to_string(args[0], Coercion::STRICT, context)?;
    let changed: Vec<_> = evaluator
        .contexts
        .elements(elements)
        .into_iter()
        .map(|element| match element {
            ContextElement::DrvDeep(path) => ContextElement::Opaque(path),
            other => other,
        })
        .collect();
    let elements = evaluator.contexts.collect(changed);
    Ok(evaluator.heap.new_string(&text, elements))
}

fn add_drv_output_dependencies(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.addDrvOutputDependencies";
    let (text, elements) = evaluator.coerce_to_string(args[0], Coercion::STRICT, context)?;
    let elements = evaluator.contexts.elements(elements);
    let shown = String::from_utf8_lossy(&text).into_owned();
    let [element] = &elements[..] else {
        return evaluator.fail(format!(
            "context of string '{shown}' must have exactly one element, but has {}",
            elements.len()
        ));
    };
    let path = match element {
        ContextElement::Opaque(path) if path.ends_with(b".drv") => path.clone(),
        ContextElement::DrvDeep(path) => path.clone(),
        ContextElement::Opaque(path) => {
            let path = String::from_utf8_lossy(path).into_owned();
            return evaluator.fail(format!("path '{path}' is not a derivation"));
        }
        ContextElement::Built { output, .. } => {
            let output = String::from_utf8_lossy(output).into_owned();
            return evaluator.fail(format!(
                "`addDrvOutputDependencies` can only act on derivations, not on a derivation \
                 output such as '{output}'"
            ));
        }
    };
    let elements = evaluator.contexts.single(ContextElement::DrvDeep(path));
    Ok(evaluator.heap.new_string(&text, elements))
}

#[derive(Default)]
struct PathInfo {
    path: bool,
    all_outputs: bool,
    outputs: Vec<Rc<[u8]>>,
}

fn get_context(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.getContext";
    let string = evaluator.force_string(args[0], context)?;
    let elements = evaluator.heap.string_context(string);
    let mut paths: BTreeMap<Rc<[u8]>, PathInfo> = BTreeMap::new();
    for element in evaluator.contexts.elements(elements) {
        match element {
            ContextElement::Opaque(path) => paths.entry(path).or_default().path = true,
            ContextElement::DrvDeep(path) => paths.entry(path).or_default().all_outputs = true,
            // Which derivation it is an output of is known only once others are built.
            ContextElement::Built { ref through, .. } if !through.is_empty() => {
                let element = evaluator.contexts.single(element);
                evaluator.refuse_unbuilt(element)?;
            }
            ContextElement::Built { drv, output, .. } => {
                paths.entry(drv).or_default().outputs.push(output);
            }
        }
    }
    let mut set = AttrsBuilder::with_capacity(paths.len());
    for (path, info) in paths {
        let mut entry = Vec::new();
        if info.path {
            entry.push((known::PATH, Value::TRUE));
        }
        if info.all_outputs {
            let all_outputs = evaluator.symbols.intern(b"allOutputs");
            entry.push((all_outputs, Value::TRUE));
        }
        if !info.outputs.is_empty() {
            let outputs: Vec<Value> = info
                .outputs
                .iter()
                .map(|output| evaluator.heap.new_string(output, ContextId::EMPTY))
                .collect();
            entry.push((known::OUTPUTS, evaluator.heap.new_list(&outputs)));
        }
        let entry = evaluator.make_attrs(&entry);
        let name = evaluator.symbols.intern(&path);
        set.push(name, entry, Position::NONE);
    }
    Ok(set.finish(&mut evaluator.heap))
}

fn append_context(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.appendContext";
    let string = evaluator.force_string(args[0], context)?;
    let mut elements = evaluator.heap.string_context(string);
    let context = "while evaluating the second argument passed to builtins.appendContext";
    let set = evaluator.force_attrs(args[1], context)?;
    let (set, shape) = evaluator.heap.flat(set);
    for index in evaluator.symbol_order(shape) {
        let path: Rc<[u8]> = evaluator
            .symbols
            .name(evaluator.heap.shape_name(shape, index))
            .into();
        let shown = format!("\"{}\"", String::from_utf8_lossy(&path));
        if !evaluator.is_store_path(&path) {
            return evaluator.fail(format!("context key '{shown}' is not a store path"));
        }
        let info = evaluator.heap.attr_at(set, index);
        let info = evaluator.force_attrs(info, "while evaluating the value of a string context")?;
        let mut add = Vec::new();
        if let Some(value) = evaluator.heap.attr(info, known::PATH) {
            let context = "while evaluating the `path` attribute of a string context";
            if evaluator.force_bool(value, context)? {
                add.push(ContextElement::Opaque(path.clone()));
            }
        }
        if let Some(value) = evaluator.attr_named(info, "allOutputs") {
            let context = "while evaluating the `allOutputs` attribute of a string context";
            if evaluator.force_bool(value, context)? {
                if !path.ends_with(b".drv") {
                    return evaluator.fail(format!(
                        "tried to add all-outputs context of {shown}, which is not a derivation, to a string"
                    ));
                }
                add.push(ContextElement::DrvDeep(path.clone()));
            }
        }
        if let Some(value) = evaluator.heap.attr(info, known::OUTPUTS) {
            let context = "while evaluating the `outputs` attribute of a string context";
            let outputs = evaluator.force_list(value, context)?;
            if evaluator.heap.list_length(outputs) > 0 && !path.ends_with(b".drv") {
                return evaluator.fail(format!(
                    "tried to add derivation output context of {shown}, which is not a derivation, to a string"
                ));
            }
            for output in evaluator.heap.list_items(outputs) {
                let context = "while evaluating an output name within a string context";
                let output = evaluator.force_string_no_context(output, context)?;
                let output = evaluator.heap.string(output).into();
                add.push(ContextElement::Built {
                    through: Vec::new(),
                    drv: path.clone(),
                    output,
                });
            }
        }
        let more = evaluator.contexts.collect(add);
        elements = evaluator.contexts.union(elements, more);
    }
    let text = evaluator.heap.string(string).to_vec();
    Ok(evaluator.heap.new_string(&text, elements))
}
