//! Values as JSON (`value-to-json.cc`).

use crate::eval::{Coercion, ErrorKind, Evaluator, R};
use crate::formats::json::write::{self as json_write, JsonWriteError};
use crate::heap::{ContextId, Kind, Value};
use crate::position::Position;
use crate::symbol::known;

/// Appends `value` as JSON, everything forced; `copy` copies paths to the store.
///
/// # Errors
/// What forcing raises, and functions, which JSON has no form for.
pub fn write(
    evaluator: &mut Evaluator,
    value: Value,
    copy: bool,
    out: &mut Vec<u8>,
    context: &mut ContextId,
) -> R<()> {
    evaluator.enter_call(Position::NONE)?;
    let value = evaluator.force(value)?;
    match evaluator.heap.kind(value) {
        Kind::Int => out.extend_from_slice(evaluator.heap.int(value).to_string().as_bytes()),
        Kind::Float => {
            let float = evaluator.heap.float(value);
            out.extend_from_slice(crate::formats::float::json(float).as_bytes());
        }
        Kind::Bool => out.extend_from_slice(if value == Value::TRUE {
            b"true"
        } else {
            b"false"
        }),
        Kind::Null => out.extend_from_slice(b"null"),
        Kind::String => {
            let more = evaluator.heap.string_context(value);
            *context = evaluator.contexts.union(*context, more);
            let written = json_write::string(out, evaluator.heap.string(value));
            check(evaluator, written)?;
        }
        Kind::Path => {
            let options = if copy {
                Coercion::STRICT
            } else {
                Coercion::PLAIN
            };
            let (text, more) = evaluator.coerce_to_string(value, options, "")?;
            *context = evaluator.contexts.union(*context, more);
            check(evaluator, json_write::string(out, &text))?;
        }
        Kind::List => {
            out.push(b'[');
            for index in 0..evaluator.heap.list_length(value) {
                if index > 0 {
                    out.push(b',');
                }
                let item = evaluator.heap.list_item(value, index);
                if let Err(raised) = write(evaluator, item, copy, out, context) {
                    let text = format!("while evaluating list element at index {index}");
                    evaluator.frame(Position::NONE, text);
                    return Err(raised);
                }
            }
            out.push(b']');
        }
        Kind::Attrs => write_attrs(evaluator, value, copy, out, context)?,
        _ => {
            let found = evaluator.describe(value);
            return evaluator.raise_at(
                ErrorKind::Type,
                Position::NONE,
                format!("cannot convert {found} to JSON"),
            );
        }
    }
    evaluator.depth -= 1;
    Ok(())
}

fn write_attrs(
    evaluator: &mut Evaluator,
    value: Value,
    copy: bool,
    out: &mut Vec<u8>,
    context: &mut ContextId,
) -> R<()> {
    if evaluator.heap.attr(value, known::TO_STRING).is_some() {
        let options = if copy {
            Coercion::STRICT
        } else {
            Coercion::PLAIN
        };
        let (text, more) = evaluator.coerce_to_string(value, options, "")?;
        *context = evaluator.contexts.union(*context, more);
        return check(evaluator, json_write::string(out, &text));
    }
    if let Some(path) = evaluator.heap.attr(value, known::OUT_PATH) {
        return write(evaluator, path, copy, out, context);
    }
    let (flat, shape) = evaluator.heap.flat(value);
    let order = evaluator.name_order(shape);
    out.push(b'{');
    for (done, index) in order.into_iter().enumerate() {
        if done > 0 {
            out.push(b',');
        }
        let symbol = evaluator.heap.shape_name(shape, index);
        let written = json_write::string(out, evaluator.symbols.name(symbol));
        check(evaluator, written)?;
        out.push(b':');
        let item = evaluator.heap.attr_at(flat, index);
        if let Err(raised) = write(evaluator, item, copy, out, context) {
            let position = evaluator.heap.shape_position(shape, index);
            let name = evaluator.name(symbol);
            evaluator.frame(position, format!("while evaluating attribute '{name}'"));
            return Err(raised);
        }
    }
    out.push(b'}');
    Ok(())
}

/// Raises what is wrong with a text.
fn check(evaluator: &mut Evaluator, written: Result<(), JsonWriteError>) -> R<()> {
    written.or_else(|error| evaluator.fail(error.to_string()))
}
