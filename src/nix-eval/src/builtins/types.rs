//! What sort of value a value is.

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Kind, Value};
use crate::position::Position;

pub(super) const TABLE: Table = &[
    ("__typeOf", 1, type_of),
    ("isNull", 1, |e, a| is(e, a, |kind| kind == Kind::Null)),
    ("__isFunction", 1, |e, a| {
        is(e, a, |kind| {
            matches!(kind, Kind::Lambda | Kind::Builtin | Kind::Partial)
        })
    }),
    ("__isInt", 1, |e, a| is(e, a, |kind| kind == Kind::Int)),
    ("__isFloat", 1, |e, a| is(e, a, |kind| kind == Kind::Float)),
    ("__isString", 1, |e, a| {
        is(e, a, |kind| kind == Kind::String)
    }),
    ("__isBool", 1, |e, a| is(e, a, |kind| kind == Kind::Bool)),
    ("__isPath", 1, |e, a| is(e, a, |kind| kind == Kind::Path)),
    ("__isAttrs", 1, |e, a| is(e, a, |kind| kind == Kind::Attrs)),
    ("__isList", 1, |e, a| is(e, a, |kind| kind == Kind::List)),
    ("__functionArgs", 1, function_args),
];

fn is(evaluator: &mut Evaluator, args: &[Value], test: fn(Kind) -> bool) -> R<Value> {
    let value = evaluator.force(args[0])?;
    Ok(Value::bool(test(evaluator.heap.kind(value))))
}

fn type_of(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let value = evaluator.force(args[0])?;
    let name = match evaluator.heap.kind(value) {
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Bool => "bool",
        Kind::Null => "null",
        Kind::String => "string",
        Kind::Path => "path",
        Kind::Attrs => "set",
        Kind::List => "list",
        Kind::Thunk | Kind::Lambda | Kind::Builtin | Kind::Partial => "lambda",
    };
    let symbol = evaluator.symbols.intern(name.as_bytes());
    Ok(evaluator.symbol_string(symbol))
}

fn function_args(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let function = evaluator.force(args[0])?;
    if let Some(formals) = evaluator.formals(function) {
        let mut set = AttrsBuilder::with_capacity(formals.len());
        for (name, has_default, position) in formals {
            set.push(name, Value::bool(has_default), position);
        }
        return Ok(set.finish(&mut evaluator.heap));
    }
    match evaluator.heap.kind(function) {
        Kind::Lambda | Kind::Builtin | Kind::Partial => Ok(evaluator.heap.empty_attrs()),
        _ => evaluator.raise_at(
            crate::eval::ErrorKind::Type,
            Position::NONE,
            "'functionArgs' requires a function".to_owned(),
        ),
    }
}
