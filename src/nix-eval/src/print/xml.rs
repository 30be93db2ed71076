//! Values as XML (`value-to-xml.cc` and `xml-writer.cc`).

use std::collections::HashSet;

use crate::eval::{Evaluator, R};
use crate::heap::{ContextId, Kind, Value};
use crate::ir::op;
use crate::position::Position;
use crate::symbol::{Symbol, known};

/// The document for `value`; `strict` forces everything, `location` adds where things are.
///
/// # Errors
/// What forcing raises.
pub fn document(
    evaluator: &mut Evaluator,
    value: Value,
    strict: bool,
    location: bool,
) -> R<(Vec<u8>, ContextId)> {
    let mut writer = Writer {
        evaluator,
        out: b"<?xml version='1.0' encoding='utf-8'?>\n".to_vec(),
        depth: 0,
        context: ContextId::EMPTY,
        seen: HashSet::new(),
        strict,
        location,
    };
    writer.open("expr", &[]);
    writer.value(value)?;
    writer.close("expr");
    Ok((writer.out, writer.context))
}

struct Writer<'a> {
    evaluator: &'a mut Evaluator,
    out: Vec<u8>,
    depth: usize,
    context: ContextId,
    /// Derivations that were shown in full.
    seen: HashSet<Vec<u8>>,
    strict: bool,
    location: bool,
}

type Attribute = (&'static str, Vec<u8>);

impl Writer<'_> {
    fn start(&mut self, name: &str, attributes: &[Attribute]) {
        self.out.resize(self.out.len() + self.depth * 2, b' ');
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        let mut sorted: Vec<_> = attributes.iter().collect();
        sorted.sort();
        for (name, value) in sorted {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
            for &byte in value {
                match byte {
                    b'"' => self.out.extend_from_slice(b"&quot;"),
                    b'<' => self.out.extend_from_slice(b"&lt;"),
                    b'>' => self.out.extend_from_slice(b"&gt;"),
                    b'&' => self.out.extend_from_slice(b"&amp;"),
                    // Attribute values are normalised by readers: a newline has to be escaped.
                    b'\n' => self.out.extend_from_slice(b"&#xA;"),
                    _ => self.out.push(byte),
                }
            }
            self.out.push(b'"');
        }
    }

    fn open(&mut self, name: &str, attributes: &[Attribute]) {
        self.start(name, attributes);
        self.out.extend_from_slice(b">\n");
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.out.resize(self.out.len() + self.depth * 2, b' ');
        self.out
            .extend_from_slice(format!("</{name}>\n").as_bytes());
    }

    fn empty(&mut self, name: &str, attributes: &[Attribute]) {
        self.start(name, attributes);
        self.out.extend_from_slice(b" />\n");
    }

    fn place(&self, attributes: &mut Vec<Attribute>, position: Position) {
        let Some(place) = self.evaluator.positions.place(position) else {
            return;
        };
        if let Some(path) = place.source.origin.path() {
            attributes.push(("path", path));
        }
        let (line, column) = place.line_column();
        attributes.push(("line", line.to_string().into_bytes()));
        attributes.push(("column", column.to_string().into_bytes()));
    }

    fn value(&mut self, value: Value) -> R<()> {
        self.evaluator.enter_call(Position::NONE)?;
        let value = if self.strict {
            self.evaluator.force(value)?
        } else if value.is_thunk() {
            self.evaluator.heap.shown_value(value).unwrap_or(value)
        } else {
            value
        };
        let evaluator = &mut *self.evaluator;
        match evaluator.heap.kind(value) {
            Kind::Int => {
                let text = evaluator.heap.int(value).to_string();
                self.empty("int", &[("value", text.into_bytes())]);
            }
            Kind::Float => {
                let text = super::float(evaluator.heap.float(value));
                self.empty("float", &[("value", text.into_bytes())]);
            }
            Kind::Bool => {
                let text = if value == Value::TRUE {
                    "true"
                } else {
                    "false"
                };
                self.empty("bool", &[("value", text.into())]);
            }
            Kind::Null => self.empty("null", &[]),
            Kind::String => {
                let more = evaluator.heap.string_context(value);
                self.context = evaluator.contexts.union(self.context, more);
                let text = evaluator.heap.string(value).to_vec();
                self.empty("string", &[("value", text)]);
            }
            Kind::Path => {
                let text = crate::path::canonical(evaluator.heap.path(value));
                self.empty("path", &[("value", text)]);
            }
            Kind::List => {
                self.open("list", &[]);
                for index in 0..self.evaluator.heap.list_length(value) {
                    let item = self.evaluator.heap.list_item(value, index);
                    self.value(item)?;
                }
                self.close("list");
            }
            Kind::Attrs if evaluator.is_derivation(value)? => self.derivation(value)?,
            Kind::Attrs => {
                self.open("attrs", &[]);
                self.attrs(value)?;
                self.close("attrs");
            }
            Kind::Lambda => {
                let (code, _) = evaluator.heap.lambda(value);
                self.lambda(code, 0);
            }
            Kind::Partial => {
                let function = evaluator.heap.partial_function(value);
                if function.is_lambda() {
                    let given = evaluator.heap.partial_length(value);
                    let (code, _) = evaluator.heap.lambda(function);
                    self.lambda(code, given);
                } else {
                    self.empty("unevaluated", &[]);
                }
            }
            Kind::Builtin | Kind::Thunk => self.empty("unevaluated", &[]),
        }
        self.evaluator.depth -= 1;
        Ok(())
    }

    fn attrs(&mut self, value: Value) -> R<()> {
        let (flat, shape) = self.evaluator.heap.flat(value);
        let order = self.evaluator.name_order(shape);
        for index in order {
            let name = self.evaluator.heap.shape_name(shape, index);
            let mut attributes = vec![("name", self.evaluator.symbols.name(name).to_vec())];
            if self.location {
                let position = self.evaluator.heap.shape_position(shape, index);
                self.place(&mut attributes, position);
            }
            self.open("attr", &attributes);
            let item = self.evaluator.heap.attr_at(flat, index);
            self.value(item)?;
            self.close("attr");
        }
        Ok(())
    }

    /// The text of a string attribute, forced if everything is.
    fn string_attr(&mut self, set: Value, name: Symbol) -> R<Option<Vec<u8>>> {
        let Some(slot) = self.evaluator.heap.attr(set, name) else {
            return Ok(None);
        };
        let value = if self.strict {
            self.evaluator.force(slot)?
        } else if slot.is_thunk() {
            match self.evaluator.heap.shown_value(slot) {
                Some(value) => value,
                None => return Ok(None),
            }
        } else {
            slot
        };
        Ok(value
            .is_string()
            .then(|| self.evaluator.heap.string(value).to_vec()))
    }

    fn derivation(&mut self, value: Value) -> R<()> {
        let mut attributes = Vec::new();
        let drv = self.string_attr(value, known::DRV_PATH)?;
        if let Some(drv) = &drv {
            attributes.push(("drvPath", drv.clone()));
        }
        if let Some(out) = self.string_attr(value, known::OUT_PATH)? {
            attributes.push(("outPath", out));
        }
        self.open("derivation", &attributes);
        match drv {
            Some(drv) if !drv.is_empty() && self.seen.insert(drv.clone()) => self.attrs(value)?,
            _ => self.empty("repeated", &[]),
        }
        self.close("derivation");
        Ok(())
    }

    fn lambda(&mut self, code: u32, given: u32) {
        let heap = &self.evaluator.heap;
        let is_set = op::operation(heap.code(code)) == op::LAMBDA_SET;
        let at = if is_set {
            code + 3
        } else {
            code + 3 + given * 2
        };
        let position = Position(heap.code(at));
        let arg = Symbol(heap.code(at + 1));
        let flags = op::number(heap.code(code));
        let mut attributes = Vec::new();
        if self.location {
            self.place(&mut attributes, position);
        }
        self.open("function", &attributes);
        if is_set {
            let mut pattern = Vec::new();
            if flags & op::LAMBDA_ARG != 0 {
                pattern.push(("name", self.evaluator.symbols.name(arg).to_vec()));
            }
            if flags & op::LAMBDA_ELLIPSIS != 0 {
                pattern.push(("ellipsis", b"1".to_vec()));
            }
            self.open("attrspat", &pattern);
            let mut names: Vec<Vec<u8>> = self
                .evaluator
                .formal_names(code)
                .into_iter()
                .map(|name| self.evaluator.symbols.name(name).to_vec())
                .collect();
            names.sort();
            for name in names {
                self.empty("attr", &[("name", name)]);
            }
            self.close("attrspat");
        } else {
            self.empty(
                "varpat",
                &[("name", self.evaluator.symbols.name(arg).to_vec())],
            );
        }
        self.close("function");
    }
}
