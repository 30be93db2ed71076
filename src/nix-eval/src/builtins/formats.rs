//! JSON, XML and TOML.

use super::Table;
use crate::eval::{Evaluator, R};
use crate::formats::{json_read, toml};
use crate::heap::{AttrsBuilder, ContextId, Value};
use crate::position::Position;
use crate::print;

pub(super) const TABLE: Table = &[
    ("__toJSON", 1, to_json),
    ("__fromJSON", 1, from_json),
    ("__toXML", 1, to_xml),
    ("fromTOML", 1, from_toml),
];

fn to_json(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let mut text = Vec::new();
    let mut elements = ContextId::EMPTY;
    print::json::write(evaluator, args[0], true, &mut text, &mut elements)?;
    Ok(evaluator.heap.new_string(&text, elements))
}

fn to_xml(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let (text, elements) = print::xml::document(evaluator, args[0], true, false)?;
    Ok(evaluator.heap.new_string(&text, elements))
}

fn from_json(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.fromJSON";
    let string = evaluator.force_string_no_context(args[0], context)?;
    let text = evaluator.heap.string(string).to_vec();
    match json_read::parse(&text) {
        Ok(json) => Ok(json_value(evaluator, &json)),
        Err(error) => {
            let raised = evaluator.fail(error.to_string());
            evaluator.frame(Position::NONE, "while decoding a JSON string");
            raised
        }
    }
}

fn json_value(evaluator: &mut Evaluator, json: &json_read::Json) -> Value {
    use json_read::Json;
    match json {
        Json::Null => Value::NULL,
        Json::Bool(value) => Value::bool(*value),
        Json::Int(value) => evaluator.heap.new_int(*value),
        Json::Float(value) => evaluator.heap.new_float(*value),
        Json::String(text) => evaluator.heap.new_string(text, ContextId::EMPTY),
        Json::Array(items) => {
            let items: Vec<Value> = items
                .iter()
                .map(|item| json_value(evaluator, item))
                .collect();
            evaluator.heap.new_list(&items)
        }
        Json::Object(entries) => {
            let mut set = AttrsBuilder::with_capacity(entries.len());
            for (name, value) in entries {
                let value = json_value(evaluator, value);
                let name = evaluator.symbols.intern(name);
                set.push(name, value, Position::NONE);
            }
            set.finish(&mut evaluator.heap)
        }
    }
}

fn from_toml(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.fromTOML";
    let string = evaluator.force_string_no_context(args[0], context)?;
    let text = evaluator.heap.string(string).to_vec();
    let timestamps = evaluator.settings.parse_toml_timestamps;
    match toml::parse(&text, timestamps) {
        Ok(value) => Ok(toml_value(evaluator, &value)),
        Err(error) => evaluator.fail(format!("while parsing TOML: {error}")),
    }
}

fn toml_value(evaluator: &mut Evaluator, toml: &toml::Toml) -> Value {
    use toml::Toml;
    match toml {
        Toml::Bool(value) => Value::bool(*value),
        Toml::Int(value) => evaluator.heap.new_int(*value),
        Toml::Float(value) => evaluator.heap.new_float(*value),
        Toml::String(text) => evaluator.heap.new_string(text, ContextId::EMPTY),
        Toml::Timestamp(text) => {
            let kind = evaluator.heap.new_string(b"timestamp", ContextId::EMPTY);
            let value = evaluator.heap.new_string(text, ContextId::EMPTY);
            let type_name = evaluator.symbols.intern(b"_type");
            evaluator.make_attrs(&[(type_name, kind), (crate::symbol::known::VALUE, value)])
        }
        Toml::Array(items) => {
            let items: Vec<Value> = items
                .iter()
                .map(|item| toml_value(evaluator, item))
                .collect();
            evaluator.heap.new_list(&items)
        }
        Toml::Table(entries) => {
            let mut set = AttrsBuilder::with_capacity(entries.len());
            for (name, value) in entries {
                let value = toml_value(evaluator, value);
                let name = evaluator.symbols.intern(name);
                set.push(name, value, Position::NONE);
            }
            set.finish(&mut evaluator.heap)
        }
    }
}
