//! JSON, XML and TOML.

use super::Table;
use crate::eval::{Evaluator, R};
use crate::formats::json::read::{JsonEvents, Scalar};
use crate::formats::{json, toml};
use crate::heap::{AttrsBuilder, ContextId, Value};
use crate::position::Position;
use crate::print;
use crate::symbol::Symbol;

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
    evaluator.stand_in.read(&text);
    let mut builder = JsonBuilder {
        evaluator,
        open: Vec::new(),
        result: Value::NULL,
    };
    match json::read::read(&text, &mut builder) {
        Ok(()) => Ok(builder.result),
        Err(error) => {
            let raised = evaluator.fail(error.to_string());
            evaluator.frame(Position::NONE, "while decoding a JSON string");
            raised
        }
    }
}

/// Makes values of what is read, from the inside out.
struct JsonBuilder<'a> {
    evaluator: &'a mut Evaluator,
    open: Vec<OpenJson>,
    result: Value,
}

/// A collection whose end was not read yet.
enum OpenJson {
    List(Vec<Value>),
    /// The members so far, and the name of the one that comes next.
    Attrs(Vec<(Symbol, Value)>, Symbol),
}

impl JsonBuilder<'_> {
    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.result = value,
            Some(OpenJson::List(items)) => items.push(value),
            Some(OpenJson::Attrs(members, name)) => members.push((*name, value)),
        }
    }

    fn end(&mut self) {
        let value = match self.open.pop() {
            None => return,
            Some(OpenJson::List(items)) => self.evaluator.heap.new_list(&items),
            Some(OpenJson::Attrs(mut members, _)) => {
                // Of several members with one name the last counts.
                members.reverse();
                members.sort_by_key(|&(name, _)| name);
                members.dedup_by_key(|&mut (name, _)| name);
                self.evaluator.make_attrs(&members)
            }
        };
        self.add(value);
    }
}

impl JsonEvents for JsonBuilder<'_> {
    fn scalar(&mut self, scalar: Scalar) {
        let heap = &mut self.evaluator.heap;
        let value = match scalar {
            Scalar::Null => Value::NULL,
            Scalar::Bool(value) => Value::bool(value),
            Scalar::Int(value) => heap.new_int(value),
            Scalar::Float(value) => heap.new_float(value),
            Scalar::String(text) => heap.new_string(&text, ContextId::EMPTY),
        };
        self.add(value);
    }

    fn begin_array(&mut self) {
        self.open.push(OpenJson::List(Vec::new()));
    }

    fn begin_object(&mut self) {
        let open = OpenJson::Attrs(Vec::new(), crate::symbol::known::EMPTY);
        self.open.push(open);
    }

    fn name(&mut self, name: Vec<u8>) {
        let symbol = self.evaluator.symbols.intern(&name);
        if let Some(OpenJson::Attrs(_, next)) = self.open.last_mut() {
            *next = symbol;
        }
    }

    fn end_array(&mut self) {
        self.end();
    }

    fn end_object(&mut self) {
        self.end();
    }
}

fn from_toml(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.fromTOML";
    let string = evaluator.force_string_no_context(args[0], context)?;
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.read(&text);
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
