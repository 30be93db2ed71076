//! Values as strings and paths (`coerceToString` and `coerceToPath` in Nix's `eval.cc`).

use super::{ErrorKind, Evaluator, R};
use crate::heap::{ContextId, Kind, Value};
use crate::position::Position;
use crate::symbol::known;

/// How far a value may be bent to become a string.
#[derive(Clone, Copy)]
pub(crate) struct Coercion {
    /// Accept numbers, Booleans, null and lists, as `toString` and derivations do.
    pub(crate) more: bool,
    /// Copy paths to the store.
    pub(crate) copy_to_store: bool,
    /// Leave the trailing slash of a path as it was written.
    pub(crate) keep_slash: bool,
}

impl Coercion {
    /// As a derivation's attributes and arguments.
    pub(crate) const DERIVATION: Self = Self {
        more: true,
        copy_to_store: true,
        keep_slash: false,
    };
    /// As `toString`.
    pub(crate) const TO_STRING: Self = Self {
        more: true,
        copy_to_store: false,
        keep_slash: false,
    };
    /// Strings, and what stands for one; paths are copied.
    pub(crate) const STRICT: Self = Self {
        more: false,
        copy_to_store: true,
        keep_slash: false,
    };
    /// Strings and paths, which stay where they are.
    pub(crate) const PLAIN: Self = Self {
        more: false,
        copy_to_store: false,
        keep_slash: false,
    };
}

impl Evaluator {
    /// An empty buffer, perhaps with room from earlier use.
    #[expect(
        clippy::unused_self,
        reason = "a pool may come to live in the evaluator"
    )]
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        Vec::with_capacity(128)
    }

    /// Gives a buffer back.
    #[expect(
        clippy::unused_self,
        reason = "a pool may come to live in the evaluator"
    )]
    pub(crate) fn give_buffer(&mut self, buffer: Vec<u8>) {
        drop(buffer);
    }

    /// The string that `value` stands for, with its context.
    pub(crate) fn coerce_to_string(
        &mut self,
        value: Value,
        options: Coercion,
        context: &str,
    ) -> R<(Vec<u8>, ContextId)> {
        let mut text = Vec::new();
        let mut elements = ContextId::EMPTY;
        self.coerce_into(value, options, &mut text, &mut elements, context)?;
        Ok((text, elements))
    }

    /// The same, as a string value: the very string where `value` is one.
    pub(crate) fn coerce_to_value(
        &mut self,
        value: Value,
        options: Coercion,
        context: &str,
    ) -> R<Value> {
        let forced = self.force(value)?;
        if forced.is_string() {
            return Ok(forced);
        }
        let (text, elements) = self.coerce_to_string(forced, options, context)?;
        Ok(self.heap.new_string(&text, elements))
    }

    /// Appends the string that `value` stands for.
    pub(crate) fn coerce_into(
        &mut self,
        value: Value,
        options: Coercion,
        text: &mut Vec<u8>,
        elements: &mut ContextId,
        context: &str,
    ) -> R<()> {
        self.enter_call(Position::NONE)?;
        let value = self.force(value)?;
        match self.heap.kind(value) {
            Kind::String => {
                text.extend_from_slice(self.heap.string(value));
                let more = self.heap.string_context(value);
                *elements = self.contexts.union(*elements, more);
            }
            Kind::Path if options.copy_to_store => {
                let path = self.heap.path(value).to_vec();
                let (stored, element) = self.copy_to_store(&path)?;
                text.extend_from_slice(&stored);
                *elements = self.contexts.union(*elements, element);
            }
            Kind::Path => {
                let path = self.heap.path(value);
                if options.keep_slash {
                    text.extend_from_slice(path);
                } else {
                    text.extend_from_slice(&crate::path::canonical(path));
                }
            }
            Kind::Attrs => self.coerce_attrs(value, options, text, elements, context)?,
            Kind::Bool if options.more => {
                if value == Value::TRUE {
                    text.push(b'1');
                }
            }
            Kind::Null if options.more => {}
            Kind::Int if options.more => {
                let int = self.heap.int(value);
                text.extend_from_slice(int.to_string().as_bytes());
            }
            Kind::Float if options.more => {
                let float = self.heap.float(value);
                text.extend_from_slice(crate::print::float_fixed(float).as_bytes());
            }
            Kind::List if options.more => {
                self.coerce_list(value, options, text, elements, context)?;
            }
            _ => return self.cannot_coerce(value, context),
        }
        self.depth -= 1;
        Ok(())
    }

    #[cold]
    fn cannot_coerce(&mut self, value: Value, context: &str) -> R<()> {
        let found = self.describe(value);
        let shown = self.show_for_message(value);
        let raised = self.type_error(format!("cannot coerce {found} to a string: {shown}"));
        self.frame(Position::NONE, context);
        raised
    }

    fn coerce_attrs(
        &mut self,
        value: Value,
        options: Coercion,
        text: &mut Vec<u8>,
        elements: &mut ContextId,
        context: &str,
    ) -> R<()> {
        if let Some(function) = self.heap.attr(value, known::TO_STRING) {
            let result = self.call(function, &[value], Position::NONE)?;
            let context = "while evaluating the result of the `__toString` attribute";
            return self.coerce_into(result, options, text, elements, context);
        }
        match self.heap.attr(value, known::OUT_PATH) {
            Some(path) => self.coerce_into(path, options, text, elements, context),
            None => self.cannot_coerce(value, context),
        }
    }

    fn coerce_list(
        &mut self,
        list: Value,
        options: Coercion,
        text: &mut Vec<u8>,
        elements: &mut ContextId,
        context: &str,
    ) -> R<()> {
        let length = self.heap.list_length(list);
        for index in 0..length {
            let item = self.heap.list_item(list, index);
            let inner = "while evaluating one element of the list";
            if let Err(raised) = self.coerce_into(item, options, text, elements, inner) {
                self.frame(Position::NONE, context);
                return Err(raised);
            }
            let item = self.force(item)?;
            let empty_list = item.is_list() && self.heap.list_length(item) == 0;
            if index + 1 < length && !empty_list {
                text.push(b' ');
            }
        }
        Ok(())
    }

    /// The path that `value` stands for, normalised, with the context it had as a string.
    pub(crate) fn coerce_to_path(
        &mut self,
        value: Value,
        context: &str,
    ) -> R<(Vec<u8>, ContextId)> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        match self.heap.kind(value) {
            Kind::Path => {
                return Ok((
                    crate::path::canonical(self.heap.path(value)),
                    ContextId::EMPTY,
                ));
            }
            Kind::Attrs => {
                if let Some(function) = self.heap.attr(value, known::TO_STRING) {
                    let result = self.call(function, &[value], Position::NONE)?;
                    return self.coerce_to_path(result, context);
                }
            }
            _ => {}
        }
        let (text, elements) = self.coerce_to_string(value, Coercion::PLAIN, context)?;
        if !text.starts_with(b"/") {
            let shown = String::from_utf8_lossy(&text).into_owned();
            let raised = self.raise_at(
                ErrorKind::Evaluation,
                Position::NONE,
                format!("string '{shown}' doesn't represent an absolute path"),
            );
            self.frame(Position::NONE, context);
            return raised;
        }
        Ok((crate::path::canonical(&text), elements))
    }

    /// A path value.
    pub(crate) fn new_path(&mut self, path: &[u8]) -> Value {
        let text = self.heap.new_string(path, ContextId::EMPTY);
        self.heap.new_path(text)
    }
}
