//! Arithmetic, bits and rounding.

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::{Kind, Value};

pub(super) const TABLE: Table = &[
    ("__add", 2, |e, a| {
        e.integer_or_float(a[0], a[1], "addition", '+', i64::checked_add, |x, y| x + y)
    }),
    ("__sub", 2, |e, a| e.subtract(a[0], a[1])),
    ("__mul", 2, |e, a| e.multiply(a[0], a[1])),
    ("__div", 2, |e, a| e.divide(a[0], a[1])),
    ("__bitAnd", 2, |e, a| bits(e, a, "bitAnd", |x, y| x & y)),
    ("__bitOr", 2, |e, a| bits(e, a, "bitOr", |x, y| x | y)),
    ("__bitXor", 2, |e, a| bits(e, a, "bitXor", |x, y| x ^ y)),
    ("__lessThan", 2, less_than),
    ("__ceil", 1, |e, a| round(e, a, "ceil", f64::ceil)),
    ("__floor", 1, |e, a| round(e, a, "floor", f64::floor)),
];

fn bits(
    evaluator: &mut Evaluator,
    args: &[Value],
    name: &str,
    operation: fn(i64, i64) -> i64,
) -> R<Value> {
    let first = format!("while evaluating the first argument passed to builtins.{name}");
    let second = format!("while evaluating the second argument passed to builtins.{name}");
    let left = evaluator.force_int(args[0], &first)?;
    let right = evaluator.force_int(args[1], &second)?;
    Ok(evaluator.heap.new_int(operation(left, right)))
}

fn less_than(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let left = evaluator.force(args[0])?;
    let right = evaluator.force(args[1])?;
    evaluator.less_than(left, right).map(Value::bool)
}

/// 2^63, the first float that is too large for an integer.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

fn round(
    evaluator: &mut Evaluator,
    args: &[Value],
    name: &str,
    operation: fn(f64) -> f64,
) -> R<Value> {
    let context = format!("while evaluating the first argument passed to builtins.{name}");
    let float = evaluator.force_float(args[0], &context)?;
    let rounded = operation(float);
    let arg = evaluator.force(args[0])?;
    let fits = (-TOO_LARGE..TOO_LARGE).contains(&rounded);
    if evaluator.heap.kind(arg) != Kind::Int {
        if fits {
            return Ok(evaluator.heap.new_int(rounded as i64));
        }
        let shown = crate::print::float(float);
        return evaluator.fail(format!(
            "NixFloat argument {shown} is not in the range of NixInt"
        ));
    }
    // Integers pass through a float, and what that loses is an error.
    let int = evaluator.heap.int(arg);
    if fits && rounded as i64 == int {
        return Ok(arg);
    }
    evaluator.fail(format!(
        "the integer {int} given to builtins.{name} cannot be represented as a float without loss"
    ))
}
