//! Errors, forcing order, messages and closures.

use std::collections::VecDeque;

use super::Table;
use crate::eval::{Coercion, ErrorKind, EvalError, Evaluator, R};
use crate::heap::Value;
use crate::position::Position;
use crate::symbol::known;

pub(super) const TABLE: Table = &[
    ("abort", 1, |e, a| stop(e, a, "abort", ErrorKind::Abort)),
    ("throw", 1, |e, a| stop(e, a, "throw", ErrorKind::Thrown)),
    ("__addErrorContext", 2, add_error_context),
    ("__tryEval", 1, try_eval),
    ("__seq", 2, |e, a| {
        e.force(a[0])?;
        e.force(a[1])
    }),
    ("__deepSeq", 2, |e, a| {
        e.force_deep(a[0])?;
        e.force(a[1])
    }),
    ("__trace", 2, trace),
    ("__traceVerbose", 2, |e, a| e.force(a[1])),
    ("__warn", 2, warn),
    ("break", 1, |e, a| e.force(a[0])),
    ("__genericClosure", 1, generic_closure),
    ("__getEnv", 1, get_env),
];

fn stop(evaluator: &mut Evaluator, args: &[Value], name: &str, kind: ErrorKind) -> R<Value> {
    let context = format!(
        "while evaluating {} passed to builtins.{name}",
        if kind == ErrorKind::Abort {
            "the error message"
        } else {
            "the first argument"
        }
    );
    let (text, _) = evaluator.coerce_to_string(args[0], Coercion::STRICT, &context)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let message = if kind == ErrorKind::Abort {
        format!("evaluation aborted with the following error message: '{text}'")
    } else {
        text
    };
    evaluator.raise(EvalError::new(kind, message))
}

fn add_error_context(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let depth = evaluator.depth;
    let result = evaluator.force(args[1]);
    let Err(raised) = result else { return result };
    evaluator.depth = depth;
    let error = evaluator.take_error(raised);
    let context = "while evaluating the error message passed to builtins.addErrorContext";
    let (text, _) = evaluator.coerce_to_string(args[0], Coercion::PLAIN, context)?;
    let mut error = error;
    error.add_frame(Position::NONE, String::from_utf8_lossy(&text).into_owned());
    evaluator.raise(error)
}

fn try_eval(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let depth = evaluator.depth;
    evaluator.catching += 1;
    let result = evaluator.force(args[0]);
    evaluator.catching -= 1;
    match result {
        Ok(_) => {
            let success = evaluator.symbols.intern(b"success");
            Ok(evaluator.make_attrs(&[(success, Value::TRUE), (known::VALUE, args[0])]))
        }
        Err(raised) if evaluator.error_is_catchable() => {
            evaluator.take_error(raised);
            evaluator.depth = depth;
            let success = evaluator.symbols.intern(b"success");
            Ok(evaluator.make_attrs(&[(success, Value::FALSE), (known::VALUE, Value::FALSE)]))
        }
        Err(raised) => Err(raised),
    }
}

fn trace(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let value = evaluator.force(args[0])?;
    let mut line = b"trace: ".to_vec();
    if value.is_string() {
        line.extend_from_slice(evaluator.heap.string(value));
    } else {
        let shown = evaluator.show_for_message(value);
        line.extend_from_slice(shown.as_bytes());
    }
    evaluator.say(&line)?;
    evaluator.force(args[1])
}

fn warn(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument; the message passed to builtins.warn";
    let message = evaluator.force_string(args[0], context)?;
    let mut line = b"evaluation warning: ".to_vec();
    line.extend_from_slice(evaluator.heap.string(message));
    evaluator.say(&line)?;
    if evaluator.settings.abort_on_warn {
        let message = "aborting to reveal stack trace of warning, as abort-on-warn is set";
        return evaluator.raise(EvalError::new(ErrorKind::Abort, message.to_owned()));
    }
    evaluator.force(args[1])
}

fn get_env(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.getEnv";
    let name = evaluator.force_string_no_context(args[0], context)?;
    if evaluator.settings.pure || evaluator.settings.allowed_paths.is_some() {
        return Ok(evaluator.heap.empty_string());
    }
    let name = evaluator.heap.string(name).to_vec();
    let value = evaluator.world.variable(&name).unwrap_or_default();
    Ok(evaluator
        .heap
        .new_string(&value, crate::heap::ContextId::EMPTY))
}

/// Keys seen so far, in their order; found by comparing as `<` does.
#[derive(Default)]
struct Keys {
    sorted: Vec<Value>,
}

impl Keys {
    /// Adds `key`; `false` where an equal one is there.
    fn insert(&mut self, evaluator: &mut Evaluator, key: Value) -> R<bool> {
        let (mut low, mut high) = (0, self.sorted.len());
        while low < high {
            let middle = low.midpoint(high);
            if less_than(evaluator, key, self.sorted[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if low > 0 && !less_than(evaluator, self.sorted[low - 1], key)? {
            return Ok(false);
        }
        self.sorted.insert(low, key);
        Ok(true)
    }
}

/// The order in which keys are kept, which nobody sees.
fn less_than(evaluator: &mut Evaluator, left: Value, right: Value) -> R<bool> {
    if left.is_string() && right.is_string() {
        return Ok(evaluator.heap.string(left) < evaluator.heap.string(right));
    }
    evaluator.less_than(left, right)
}

fn generic_closure(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.genericClosure";
    let set = evaluator.force_attrs(args[0], context)?;
    let context = "in the attrset passed as argument to builtins.genericClosure";
    let start = evaluator.need_attr(set, known::START_SET, context)?;
    let context =
        "while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure";
    let start = evaluator.force_list(start, context)?;
    if evaluator.heap.list_length(start) == 0 {
        return Ok(start);
    }
    let context = "in the attrset passed as argument to builtins.genericClosure";
    let operator = evaluator.need_attr(set, known::OPERATOR, context)?;
    let context =
        "while evaluating the 'operator' attribute passed as argument to builtins.genericClosure";
    let operator = evaluator.force_function(operator, context)?;
    let mut work: VecDeque<Value> = evaluator.heap.list_items(start).into();
    let mut keys = Keys::default();
    let mut result = Vec::new();
    while let Some(element) = work.pop_front() {
        let forced = evaluator.force_attrs(element, "in genericClosure element")?;
        let key = evaluator.need_attr(forced, known::KEY, "in genericClosure element")?;
        let key = evaluator.force(key)?;
        if !keys.insert(evaluator, key)? {
            continue;
        }
        result.push(element);
        let new = evaluator.call(operator, &[element], Position::NONE)?;
        let context =
            "while evaluating the return value of the `operator` passed to builtins.genericClosure";
        let new = evaluator.force_list(new, context)?;
        for item in evaluator.heap.list_items(new) {
            evaluator.force(item)?;
            work.push_back(item);
        }
    }
    Ok(evaluator.heap.new_list(&result))
}
