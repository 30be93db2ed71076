//! Selecting attributes, and sets whose names are computed.

use super::{ErrorKind, EvalError, Evaluator, R};
use crate::heap::{AttrsBuilder, Shape, Value};
use crate::position::Position;
use crate::symbol::{Symbol, known};

impl Evaluator {
    fn name_at(&mut self, word: u32, env: u32) -> R<Symbol> {
        if word & 1 == 0 {
            return Ok(Symbol(word >> 1));
        }
        let value = self.operand(word >> 1, env)?;
        let name = self.force_string_no_context(value, "while evaluating an attribute name")?;
        Ok(self.string_to_symbol(name))
    }

    pub(super) fn select(&mut self, code: u32, env: u32, count: u32) -> R<Value> {
        let mut value = self.operand(self.heap.code(code + 1), env)?;
        for index in 0..count {
            let word = self.heap.code(code + 4 + index);
            let name = self.name_at(word, env)?;
            if !value.is_attrs() {
                let context = "while selecting an attribute";
                let raised = self.wrong_type(value, "a set", context);
                let position = self.place_of(code);
                self.locate(position);
                return raised;
            }
            let slot = if count == 1 && word & 1 == 0 {
                self.select_cached(value, name, code)
            } else {
                self.heap.attr(value, name)
            };
            let Some(slot) = slot else {
                return self.missing_attribute(code, value, name);
            };
            value = match self.force(slot) {
                Ok(value) => value,
                Err(raised) => {
                    self.trace_select(code, value, name);
                    return Err(raised);
                }
            };
        }
        Ok(value)
    }

    #[cold]
    fn trace_select(&mut self, code: u32, set: Value, name: Symbol) {
        if self.error_is_silent() {
            return;
        }
        let position = self
            .heap
            .attr_with_position(set, name)
            .map_or(Position::NONE, |(_, position)| position);
        let here = self.place_of(code);
        let position = if position.is_some() { position } else { here };
        let name = self.name(name);
        self.frame(position, format!("while evaluating the attribute '{name}'"));
    }

    #[cold]
    fn missing_attribute(&mut self, code: u32, set: Value, name: Symbol) -> R<Value> {
        let name = self.name(name);
        let mut error =
            EvalError::new(ErrorKind::Evaluation, format!("attribute '{name}' missing"));
        error.position = self.place_of(code);
        let names = self.attr_names(set);
        error.suggestions = super::report::nearest(&name, names.iter().map(String::as_str));
        self.raise(error)
    }

    fn attr_names(&mut self, set: Value) -> Vec<String> {
        let (_, shape) = self.heap.flat(set);
        (0..self.heap.shape_length(shape))
            .map(|index| self.name(self.heap.shape_name(shape, index)))
            .collect()
    }

    /// The value, or `None` where the default is to be taken.
    pub(super) fn select_or(&mut self, code: u32, env: u32, count: u32) -> R<Option<Value>> {
        let mut value = self.operand(self.heap.code(code + 1), env)?;
        for index in 0..count {
            let name = self.name_at(self.heap.code(code + 3 + index), env)?;
            if !value.is_attrs() {
                return Ok(None);
            }
            let Some(slot) = self.heap.attr(value, name) else {
                return Ok(None);
            };
            value = match self.force(slot) {
                Ok(value) => value,
                Err(raised) => {
                    self.trace_select(code, value, name);
                    return Err(raised);
                }
            };
        }
        Ok(Some(value))
    }

    pub(super) fn has_attr(&mut self, code: u32, env: u32, count: u32) -> R<Value> {
        let mut value = self.operand(self.heap.code(code + 1), env)?;
        for index in 0..count {
            value = self.force(value)?;
            let name = self.name_at(self.heap.code(code + 2 + index), env)?;
            if !value.is_attrs() {
                return Ok(Value::FALSE);
            }
            let Some(slot) = self.heap.attr(value, name) else {
                return Ok(Value::FALSE);
            };
            value = slot;
        }
        Ok(Value::TRUE)
    }

    /// `rec { __overrides = { … }; … }`: what it holds replaces attributes, in scope too.
    pub(super) fn apply_overrides(
        &mut self,
        set: Value,
        shape: Shape,
        env: u32,
        index: u32,
    ) -> R<Value> {
        let overrides = self.heap.attr_at(set, index);
        let context = "while evaluating the `__overrides` attribute";
        let overrides = self.force_attrs(overrides, context)?;
        let (flat, names) = self.heap.flat(overrides);
        for at in 0..self.heap.shape_length(names) {
            let name = self.heap.shape_name(names, at);
            if let Some(slot) = self.heap.shape_find(shape, name) {
                let value = self.heap.attr_at(flat, at);
                self.heap.set_env_slot(env, slot, value);
            }
        }
        debug_assert!(self.heap.attr(set, known::OVERRIDES).is_some());
        Ok(self.heap.update(set, overrides))
    }

    /// Adds the attributes whose names are computed; null leaves one out.
    pub(super) fn add_dynamic(&mut self, set: Value, at: u32, env: u32) -> R<Value> {
        let count = self.heap.code(at);
        let mut set = set;
        for index in 0..count {
            let word = at + 1 + index * 3;
            let position = Position(self.heap.code(word + 2));
            let name = self.operand(self.heap.code(word), env)?;
            if name == Value::NULL {
                continue;
            }
            let context = "while evaluating the name of a dynamic attribute";
            let name = match self.force_string_no_context(name, context) {
                Ok(name) => name,
                Err(raised) => {
                    self.locate(position);
                    return Err(raised);
                }
            };
            let name = self.string_to_symbol(name);
            if let Some((_, earlier)) = self.heap.attr_with_position(set, name) {
                let name = self.name(name);
                let earlier = self.show_position(earlier);
                return self.raise_at(
                    ErrorKind::Evaluation,
                    position,
                    format!("dynamic attribute '{name}' already defined at {earlier}"),
                );
            }
            let value = self.suspend(self.heap.code(word + 1), env);
            let mut one = AttrsBuilder::with_capacity(1);
            one.push(name, value, position);
            let one = one.finish(&mut self.heap);
            set = self.heap.update(set, one);
        }
        Ok(set)
    }

    /// A set without one of its attributes.
    pub(crate) fn without(&mut self, set: Value, name: Symbol) -> Value {
        let (flat, shape) = self.heap.flat(set);
        let mut builder = AttrsBuilder::default();
        for index in 0..self.heap.shape_length(shape) {
            let here = self.heap.shape_name(shape, index);
            if here != name {
                let value = self.heap.attr_at(flat, index);
                builder.push(here, value, self.heap.shape_position(shape, index));
            }
        }
        builder.finish(&mut self.heap)
    }

    /// A set from names and values; of several with one name the first stays.
    pub(crate) fn make_attrs(&mut self, attrs: &[(Symbol, Value)]) -> Value {
        let mut builder = AttrsBuilder::with_capacity(attrs.len());
        for &(name, value) in attrs {
            builder.push(name, value, Position::NONE);
        }
        builder.finish(&mut self.heap)
    }
}
