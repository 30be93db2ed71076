//! Lists.

mod sort;

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Value};
use crate::position::Position;
use crate::symbol::known;

pub(super) const TABLE: Table = &[
    ("__elemAt", 2, elem_at),
    ("__head", 1, head),
    ("__tail", 1, tail),
    ("map", 2, map),
    ("__filter", 2, filter),
    ("__elem", 2, elem),
    ("__concatLists", 1, concat_lists),
    ("__length", 1, length),
    ("__foldl'", 3, fold),
    ("__any", 2, |e, a| any_or_all(e, a, "any", true)),
    ("__all", 2, |e, a| any_or_all(e, a, "all", false)),
    ("__genList", 2, gen_list),
    ("__sort", 2, sort::sort),
    ("__partition", 2, partition),
    ("__groupBy", 2, group_by),
    ("__concatMap", 2, concat_map),
];

fn elem_at(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to 'builtins.elemAt'";
    let index = evaluator.force_int(args[1], context)?;
    let context = "while evaluating the first argument passed to 'builtins.elemAt'";
    let list = evaluator.force_list(args[0], context)?;
    let length = evaluator.heap.list_length(list);
    match u32::try_from(index) {
        Ok(at) if at < length => {
            let item = evaluator.heap.list_item(list, at);
            evaluator.force(item)
        }
        _ => evaluator.fail(format!(
            "'builtins.elemAt' called with index {index} on a list of size {length}"
        )),
    }
}

fn head(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to 'builtins.head'";
    let list = evaluator.force_list(args[0], context)?;
    if evaluator.heap.list_length(list) == 0 {
        return evaluator.fail("'builtins.head' called on an empty list");
    }
    let item = evaluator.heap.list_item(list, 0);
    evaluator.force(item)
}

fn tail(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to 'builtins.tail'";
    let list = evaluator.force_list(args[0], context)?;
    if evaluator.heap.list_length(list) == 0 {
        return evaluator.fail("'builtins.tail' called on an empty list");
    }
    let items = evaluator.heap.list_items(list);
    Ok(evaluator.heap.new_list(&items[1..]))
}

fn map(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.map";
    let list = evaluator.force_list(args[1], context)?;
    let length = evaluator.heap.list_length(list);
    if length == 0 {
        return Ok(list);
    }
    let context = "while evaluating the first argument passed to builtins.map";
    let function = evaluator.force_function(args[0], context)?;
    let out = evaluator.heap.new_list_of_length(length);
    for index in 0..length {
        let item = evaluator.heap.list_item(list, index);
        let item = evaluator.heap.new_apply(function, item);
        evaluator.heap.set_list_item(out, index, item);
    }
    Ok(out)
}

fn filter(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.filter";
    let list = evaluator.force_list(args[1], context)?;
    let length = evaluator.heap.list_length(list);
    if length == 0 {
        return Ok(list);
    }
    let context = "while evaluating the first argument passed to builtins.filter";
    let function = evaluator.force_function(args[0], context)?;
    let mut kept = Vec::new();
    for index in 0..length {
        let item = evaluator.heap.list_item(list, index);
        let keep = evaluator.call_predicate(function, item)?;
        let context =
            "while evaluating the return value of the filtering function passed to builtins.filter";
        if evaluator.force_bool(keep, context)? {
            kept.push(item);
        }
    }
    if kept.len() as u32 == length {
        return Ok(list);
    }
    Ok(evaluator.heap.new_list(&kept))
}

fn elem(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.elem";
    let list = evaluator.force_list(args[1], context)?;
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let equal = evaluator.equal(args[0], item);
        if evaluator.context(
            equal,
            "while searching for the presence of the given element in the list",
        )? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn concat_lists(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.concatLists";
    let list = evaluator.force_list(args[0], context)?;
    let mut lists = evaluator.heap.list_items(list);
    for list in &mut lists {
        let context = "while evaluating a value of the list passed to builtins.concatLists";
        *list = evaluator.force_list(*list, context)?;
    }
    Ok(evaluator.heap.concat_lists(&lists))
}

fn length(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.length";
    let list = evaluator.force_list(args[0], context)?;
    let length = evaluator.heap.list_length(list);
    Ok(evaluator.heap.new_int(i64::from(length)))
}

fn fold(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.foldlStrict";
    let function = evaluator.force_function(args[0], context)?;
    let context = "while evaluating the third argument passed to builtins.foldlStrict";
    let list = evaluator.force_list(args[2], context)?;
    let length = evaluator.heap.list_length(list);
    if length == 0 {
        return evaluator.force(args[1]);
    }
    let mut sum = args[1];
    for index in 0..length {
        let item = evaluator.heap.list_item(list, index);
        sum = evaluator.call(function, &[sum, item], Position::NONE)?;
    }
    Ok(sum)
}

fn any_or_all(evaluator: &mut Evaluator, args: &[Value], name: &str, any: bool) -> R<Value> {
    let context = format!("while evaluating the first argument passed to builtins.{name}");
    let function = evaluator.force_function(args[0], &context)?;
    let context = format!("while evaluating the second argument passed to builtins.{name}");
    let list = evaluator.force_list(args[1], &context)?;
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let result = evaluator.call_predicate(function, item)?;
        let holds = match result {
            Value::TRUE => true,
            Value::FALSE => false,
            other => {
                let context = format!(
                    "while evaluating the return value of the function passed to builtins.{name}"
                );
                evaluator.force_bool(other, &context)?
            }
        };
        if holds == any {
            return Ok(Value::bool(any));
        }
    }
    Ok(Value::bool(!any))
}

fn gen_list(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.genList";
    let length = evaluator.force_int(args[1], context)?;
    let Ok(length) = u32::try_from(length) else {
        return evaluator.fail(format!("cannot create list of size {length}"));
    };
    let context = "while evaluating the first argument passed to builtins.genList";
    let function = evaluator.force_function(args[0], context)?;
    let out = evaluator.heap.new_list_of_length(length);
    for index in 0..length {
        let argument = evaluator.heap.new_int(i64::from(index));
        let item = evaluator.heap.new_apply(function, argument);
        evaluator.heap.set_list_item(out, index, item);
    }
    Ok(out)
}

fn partition(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.partition";
    let function = evaluator.force_function(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.partition";
    let list = evaluator.force_list(args[1], context)?;
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        evaluator.force(item)?;
        let result = evaluator.call_predicate(function, item)?;
        let context = "while evaluating the return value of the partition function passed to builtins.partition";
        if evaluator.force_bool(result, context)? {
            right.push(item);
        } else {
            wrong.push(item);
        }
    }
    let right = evaluator.heap.new_list(&right);
    let wrong = evaluator.heap.new_list(&wrong);
    Ok(evaluator.make_attrs(&[(known::RIGHT, right), (known::WRONG, wrong)]))
}

fn group_by(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.groupBy";
    let function = evaluator.force_function(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.groupBy";
    let list = evaluator.force_list(args[1], context)?;
    let mut groups: rustc_hash::FxHashMap<_, Vec<Value>> = rustc_hash::FxHashMap::default();
    for index in 0..evaluator.heap.list_length(list) {
        let item = evaluator.heap.list_item(list, index);
        let name = evaluator.call(function, &[item], Position::NONE)?;
        let context =
            "while evaluating the return value of the grouping function passed to builtins.groupBy";
        let name = evaluator.force_string_no_context(name, context)?;
        let name = evaluator.string_to_symbol(name);
        groups.entry(name).or_default().push(item);
    }
    let mut set = AttrsBuilder::with_capacity(groups.len());
    for (name, items) in groups {
        let items = evaluator.heap.new_list(&items);
        set.push(name, items, Position::NONE);
    }
    Ok(set.finish(&mut evaluator.heap))
}

fn concat_map(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.concatMap";
    let function = evaluator.force_function(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.concatMap";
    let list = evaluator.force_list(args[1], context)?;
    let mut lists = evaluator.heap.list_items(list);
    for item in &mut lists {
        let result = evaluator.call(function, &[*item], Position::NONE)?;
        let context =
            "while evaluating the return value of the function passed to builtins.concatMap";
        *item = evaluator.force_list(result, context)?;
    }
    Ok(evaluator.heap.concat_lists(&lists))
}
