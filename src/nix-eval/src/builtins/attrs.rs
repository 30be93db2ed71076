//! Attribute sets.

use rustc_hash::FxHashSet;

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Shape, Value};
use crate::position::Position;
use crate::symbol::{Symbol, known};

pub(super) const TABLE: Table = &[
    ("__attrNames", 1, attr_names),
    ("__attrValues", 1, attr_values),
    ("__getAttr", 2, get_attr),
    ("__hasAttr", 2, has_attr),
    ("__unsafeGetAttrPos", 2, unsafe_get_attr_pos),
    ("removeAttrs", 2, remove_attrs),
    ("__listToAttrs", 1, list_to_attrs),
    ("__intersectAttrs", 2, intersect_attrs),
    ("__catAttrs", 2, cat_attrs),
    ("__mapAttrs", 2, map_attrs),
    ("__zipAttrsWith", 2, zip_attrs_with),
];

impl Evaluator {
    /// `{ file, line, column }`, or null for what lies in no file.
    pub(crate) fn position_value(&mut self, position: Position) -> Value {
        let Some(place) = self.positions.place(position) else {
            return Value::NULL;
        };
        let Some(path) = place.source.origin.path() else {
            return Value::NULL;
        };
        let (line, column) = place.line_column();
        self.place_was_told(&path);
        let file = self.heap.new_string(&path, crate::heap::ContextId::EMPTY);
        let line = self.heap.new_int(i64::from(line));
        let column = self.heap.new_int(i64::from(column));
        self.make_attrs(&[
            (known::FILE, file),
            (known::LINE, line),
            (known::COLUMN, column),
        ])
    }
}

fn attr_names(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.attrNames";
    let set = evaluator.force_attrs(args[0], context)?;
    let (_, shape) = evaluator.heap.flat(set);
    let order = evaluator.name_order(shape);
    let out = evaluator.heap.new_list_of_length(order.len() as u32);
    for (at, index) in order.into_iter().enumerate() {
        let name = evaluator.heap.shape_name(shape, index);
        let name = evaluator.symbol_string(name);
        evaluator.heap.set_list_item(out, at as u32, name);
    }
    Ok(out)
}

fn attr_values(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.attrValues";
    let set = evaluator.force_attrs(args[0], context)?;
    let (set, shape) = evaluator.heap.flat(set);
    let order = evaluator.name_order(shape);
    let out = evaluator.heap.new_list_of_length(order.len() as u32);
    for (at, index) in order.into_iter().enumerate() {
        let value = evaluator.heap.attr_at(set, index);
        evaluator.heap.set_list_item(out, at as u32, value);
    }
    Ok(out)
}

fn name_argument(evaluator: &mut Evaluator, value: Value, builtin: &str) -> R<Symbol> {
    let context = format!("while evaluating the first argument passed to builtins.{builtin}");
    let name = evaluator.force_string_no_context(value, &context)?;
    Ok(evaluator.string_to_symbol(name))
}

fn get_attr(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let name = name_argument(evaluator, args[0], "getAttr")?;
    let context = "while evaluating the second argument passed to builtins.getAttr";
    let set = evaluator.force_attrs(args[1], context)?;
    let value = evaluator.need_attr(set, name, "in the attribute set under consideration")?;
    evaluator.force(value)
}

fn has_attr(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let name = name_argument(evaluator, args[0], "hasAttr")?;
    let context = "while evaluating the second argument passed to builtins.hasAttr";
    let set = evaluator.force_attrs(args[1], context)?;
    Ok(Value::bool(evaluator.heap.attr(set, name).is_some()))
}

fn unsafe_get_attr_pos(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let name = name_argument(evaluator, args[0], "unsafeGetAttrPos")?;
    let context = "while evaluating the second argument passed to builtins.unsafeGetAttrPos";
    let set = evaluator.force_attrs(args[1], context)?;
    match evaluator.heap.attr_with_position(set, name) {
        Some((_, position)) => Ok(evaluator.position_value(position)),
        None => Ok(Value::NULL),
    }
}

/// The attributes of `set` at `indices`, with their positions.
fn pick(evaluator: &mut Evaluator, set: Value, shape: Shape, indices: &[u32]) -> Value {
    if indices.len() as u32 == evaluator.heap.shape_length(shape) {
        return evaluator.heap.copy_attrs(set);
    }
    if indices.is_empty() {
        return evaluator.heap.empty_attrs();
    }
    let heap = &mut evaluator.heap;
    let names: Vec<_> = indices
        .iter()
        .map(|&i| (heap.shape_name(shape, i), heap.shape_position(shape, i)))
        .collect();
    let picked = heap.shape_of(names.iter().copied());
    let out = heap.new_attrs(picked);
    for (at, &index) in indices.iter().enumerate() {
        let value = heap.attr_at(set, index);
        heap.set_attr(out, at as u32, value);
    }
    out
}

fn remove_attrs(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.removeAttrs";
    let set = evaluator.force_attrs(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.removeAttrs";
    let list = evaluator.force_list(args[1], context)?;
    let mut names = FxHashSet::default();
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let context =
            "while evaluating the values of the second argument passed to builtins.removeAttrs";
        let name = evaluator.force_string_no_context(item, context)?;
        names.insert(evaluator.string_to_symbol(name));
    }
    if names
        .iter()
        .all(|&name| evaluator.heap.attr(set, name).is_none())
    {
        return Ok(evaluator.heap.copy_attrs(set));
    }
    let (set, shape) = evaluator.heap.flat(set);
    let kept: Vec<u32> = (0..evaluator.heap.shape_length(shape))
        .filter(|&index| !names.contains(&evaluator.heap.shape_name(shape, index)))
        .collect();
    Ok(pick(evaluator, set, shape, &kept))
}

fn list_to_attrs(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.listToAttrs";
    let list = evaluator.force_list(args[0], context)?;
    let length = evaluator.heap.list_length(list);
    let mut pairs = Vec::with_capacity(length as usize);
    for index in 0..length {
        let item = evaluator.heap.list_item(list, index);
        let context = "while evaluating an element of the list passed to builtins.listToAttrs";
        let pair = evaluator.force_attrs(item, context)?;
        let name = evaluator.need_attr(pair, known::NAME, "in a {name=...; value=...;} pair")?;
        let context = "while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs";
        let name = evaluator.force_string_no_context(name, context)?;
        pairs.push((evaluator.string_to_symbol(name), pair));
    }
    // Only the first pair of a name has to have a value.
    pairs.sort_by_key(|pair| evaluator.symbols.rank(pair.0));
    pairs.dedup_by_key(|pair| pair.0);
    let mut set = AttrsBuilder::with_capacity(pairs.len());
    for (name, pair) in pairs {
        match evaluator.heap.attr_with_position(pair, known::VALUE) {
            Some((value, position)) => set.push(name, value, position),
            None => {
                return evaluator.need_attr(pair, known::VALUE, "in a {name=...; value=...;} pair");
            }
        }
    }
    Ok(set.finish(&mut evaluator.heap))
}

fn intersect_attrs(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.intersectAttrs";
    let left = evaluator.force_attrs(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.intersectAttrs";
    let right = evaluator.force_attrs(args[1], context)?;
    let left_length = evaluator.heap.attrs_length(left);
    let right_length = evaluator.heap.attrs_length(right);
    if left_length == 0 || right_length == 0 {
        return Ok(evaluator.heap.empty_attrs());
    }
    if left_length < right_length {
        let (_, names) = evaluator.heap.flat(left);
        let mut set = AttrsBuilder::with_capacity(left_length as usize);
        for index in 0..left_length {
            let name = evaluator.heap.shape_name(names, index);
            if let Some((value, position)) = evaluator.heap.attr_with_position(right, name) {
                set.push(name, value, position);
            }
        }
        return Ok(set.finish(&mut evaluator.heap));
    }
    let (right, shape) = evaluator.heap.flat(right);
    let kept: Vec<u32> = (0..right_length)
        .filter(|&index| {
            let name = evaluator.heap.shape_name(shape, index);
            evaluator.heap.attr(left, name).is_some()
        })
        .collect();
    Ok(pick(evaluator, right, shape, &kept))
}

fn cat_attrs(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let name = name_argument(evaluator, args[0], "catAttrs")?;
    let context = "while evaluating the second argument passed to builtins.catAttrs";
    let list = evaluator.force_list(args[1], context)?;
    let mut found = Vec::new();
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let context = "while evaluating an element in the list passed as second argument to builtins.catAttrs";
        let set = evaluator.force_attrs(item, context)?;
        found.extend(evaluator.heap.attr(set, name));
    }
    Ok(evaluator.heap.new_list(&found))
}

fn map_attrs(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.mapAttrs";
    let set = evaluator.force_attrs(args[1], context)?;
    let (set, shape) = evaluator.heap.flat(set);
    let length = evaluator.heap.shape_length(shape);
    let bare = evaluator.heap.without_positions(shape);
    let out = evaluator.heap.new_attrs(bare);
    for index in 0..length {
        let name = evaluator.heap.shape_name(shape, index);
        let name = evaluator.symbol_string(name);
        let value = evaluator.heap.attr_at(set, index);
        let applied = evaluator.heap.new_apply_two(args[0], name, value);
        evaluator.heap.set_attr(out, index, applied);
    }
    Ok(out)
}

fn zip_attrs_with(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.zipAttrsWith";
    let function = evaluator.force_function(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.zipAttrsWith";
    let list = evaluator.force_list(args[1], context)?;
    let mut found: Vec<(Symbol, Value)> = Vec::new();
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let context = "while evaluating a value of the list passed as second argument to builtins.zipAttrsWith";
        let set = evaluator.force_attrs(item, context)?;
        let (set, shape) = evaluator.heap.flat(set);
        for at in 0..evaluator.heap.shape_length(shape) {
            let name = evaluator.heap.shape_name(shape, at);
            found.push((name, evaluator.heap.attr_at(set, at)));
        }
    }
    // Stable, so that the values of a name stay in the order of the list.
    found.sort_by_key(|entry| entry.0);
    let mut set = AttrsBuilder::default();
    for group in found.chunk_by(|a, b| a.0 == b.0) {
        let values: Vec<Value> = group.iter().map(|entry| entry.1).collect();
        let values = evaluator.heap.new_list(&values);
        let name = evaluator.symbol_string(group[0].0);
        let applied = evaluator.heap.new_apply_two(function, name, values);
        set.push(group[0].0, applied, Position::NONE);
    }
    Ok(set.finish(&mut evaluator.heap))
}
