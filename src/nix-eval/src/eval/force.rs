//! Forcing: from a slot to a value that is not a thunk, and to values of an expected type.

use super::marks::Marks;
use super::{ErrorKind, Evaluator, R};
use std::borrow::Cow;

use crate::heap::{Kind, Pending, ThunkState, Value};
use crate::position::Position;
use crate::symbol::{Symbol, known};

impl Evaluator {
    /// The value of a slot.
    ///
    /// # Errors
    /// What evaluating it raises.
    #[inline]
    pub fn force(&mut self, value: Value) -> R<Value> {
        if !value.is_thunk() {
            return Ok(value);
        }
        match self.heap.thunk_value(value) {
            Some(value) => Ok(value),
            None => self.force_thunk(value),
        }
    }

    #[inline(never)]
    fn force_thunk(&mut self, thunk: Value) -> R<Value> {
        let pending = match self.heap.thunk_state(thunk) {
            ThunkState::Done(value) => {
                self.taint_by(Marks(self.heap.thunk_marks(thunk)));
                return Ok(value);
            }
            ThunkState::Running => return self.infinite_recursion(thunk),
            ThunkState::Pending(pending) => pending,
        };
        self.stats.forced += 1;
        let outside = self.enter_thunk(thunk);
        self.heap.start_thunk(thunk);
        let result = match pending {
            Pending::Expression { code, env } => self.eval(code, env),
            Pending::Apply(function, first, second) => {
                let args = [first, second];
                let count = if second.is_empty() { 1 } else { 2 };
                self.call(function, &args[..count], Position::NONE)
            }
        };
        match result {
            Ok(value) => {
                self.finish_thunk(thunk, pending, value);
                self.leave_thunk(&outside);
                Ok(value)
            }
            Err(raised) => {
                self.leave_failed_thunk(thunk, &outside);
                self.leave_ring(thunk);
                self.heap.reset_thunk(thunk, pending);
                Err(raised)
            }
        }
    }

    /// Forces a value and everything in it.
    ///
    /// # Errors
    /// The first error met.
    pub fn force_deep(&mut self, value: Value) -> R<Value> {
        let mut seen = rustc_hash::FxHashSet::default();
        self.force_deep_seen(value, &mut seen)
    }

    fn force_deep_seen(
        &mut self,
        value: Value,
        seen: &mut rustc_hash::FxHashSet<Value>,
    ) -> R<Value> {
        self.enter_call(Position::NONE)?;
        let forced = self.force(value)?;
        if seen.insert(forced) {
            match self.heap.kind(forced) {
                Kind::List => {
                    for index in 0..self.heap.list_length(forced) {
                        let item = self.heap.list_item(forced, index);
                        if let Err(raised) = self.force_deep_seen(item, seen) {
                            let text = format!("while evaluating list element at index {index}");
                            self.frame(Position::NONE, text);
                            return Err(raised);
                        }
                    }
                }
                Kind::Attrs => {
                    let (flat, shape) = self.heap.flat(forced);
                    for index in self.symbol_order(shape) {
                        let item = self.heap.attr_at(flat, index);
                        if let Err(raised) = self.force_deep_seen(item, seen) {
                            let name = self.name(self.heap.shape_name(shape, index));
                            let position = self.heap.shape_position(shape, index);
                            self.frame(
                                position,
                                format!("while evaluating the attribute '{name}'"),
                            );
                            return Err(raised);
                        }
                    }
                }
                _ => {}
            }
        }
        self.depth -= 1;
        Ok(forced)
    }

    /// Counts a call; the caller gives it back by `depth -= 1`. On an error the depth is restored
    /// by whoever catches it.
    #[inline]
    pub(crate) fn enter_call(&mut self, position: Position) -> R<()> {
        self.depth += 1;
        if self.depth > self.settings.max_call_depth || self.stack_is_low() {
            return self.stack_overflow(position);
        }
        Ok(())
    }

    #[cold]
    pub(crate) fn stack_overflow<T>(&mut self, position: Position) -> R<T> {
        self.raise_at(
            ErrorKind::StackOverflow,
            position,
            "stack overflow; max-call-depth exceeded".to_owned(),
        )
    }

    #[cold]
    pub(crate) fn wrong_type<T>(&mut self, value: Value, expected: &str, context: &str) -> R<T> {
        let found = self.describe(value);
        let shown = self.show_for_message(value);
        let message = format!("expected {expected} but found {found}: {shown}");
        let raised = self.type_error(message);
        self.frame(Position::NONE, context);
        raised
    }

    /// Adds `context` to an error.
    #[inline]
    pub(crate) fn context<T>(&mut self, result: R<T>, context: &str) -> R<T> {
        if result.is_err() {
            self.frame(Position::NONE, context);
        }
        result
    }

    /// A set, or an error that starts with `context`.
    #[inline]
    pub(crate) fn force_attrs(&mut self, value: Value, context: &str) -> R<Value> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        if value.is_attrs() {
            Ok(value)
        } else {
            self.wrong_type(value, "a set", context)
        }
    }

    /// A list.
    #[inline]
    pub(crate) fn force_list(&mut self, value: Value, context: &str) -> R<Value> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        if value.is_list() {
            Ok(value)
        } else {
            self.wrong_type(value, "a list", context)
        }
    }

    /// A string, with whatever context it has.
    #[inline]
    pub(crate) fn force_string(&mut self, value: Value, context: &str) -> R<Value> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        if value.is_string() {
            Ok(value)
        } else {
            self.wrong_type(value, "a string", context)
        }
    }

    /// A string without context.
    pub(crate) fn force_string_no_context(&mut self, value: Value, context: &str) -> R<Value> {
        let string = self.force_string(value, context)?;
        let elements = self.heap.string_context(string);
        if elements == crate::heap::ContextId::EMPTY {
            return Ok(string);
        }
        let text = String::from_utf8_lossy(self.heap.string(string)).into_owned();
        let first = self.contexts.elements(elements);
        let shown = first
            .first()
            .map(super::store::display_element)
            .unwrap_or_default();
        let raised = self.fail(format!(
            "the string '{text}' is not allowed to refer to a store path (such as '{shown}')"
        ));
        self.frame(Position::NONE, context);
        raised
    }

    /// An integer.
    #[inline]
    pub(crate) fn force_int(&mut self, value: Value, context: &str) -> R<i64> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        if self.heap.kind(value) == Kind::Int {
            return Ok(self.heap.int(value));
        }
        self.wrong_type(value, "an integer", context)
    }

    /// A float, or an integer as one.
    pub(crate) fn force_float(&mut self, value: Value, context: &str) -> R<f64> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        match self.heap.kind(value) {
            #[expect(clippy::cast_precision_loss, reason = "as Nix converts")]
            Kind::Int => Ok(self.heap.int(value) as f64),
            Kind::Float => Ok(self.heap.float(value)),
            _ => self.wrong_type(value, "a float", context),
        }
    }

    /// A Boolean.
    #[inline]
    pub(crate) fn force_bool(&mut self, value: Value, context: &str) -> R<bool> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        if value == Value::TRUE {
            Ok(true)
        } else if value == Value::FALSE {
            Ok(false)
        } else {
            self.wrong_type(value, "a Boolean", context)
        }
    }

    /// Something that can be called.
    pub(crate) fn force_function(&mut self, value: Value, context: &str) -> R<Value> {
        let value = self.force(value);
        let value = self.context(value, context)?;
        match self.heap.kind(value) {
            Kind::Lambda | Kind::Builtin | Kind::Partial => Ok(value),
            Kind::Attrs if self.heap.attr(value, known::FUNCTOR).is_some() => Ok(value),
            _ => self.wrong_type(value, "a function", context),
        }
    }

    /// The slot of an attribute that has to be there.
    pub(crate) fn need_attr(&mut self, attrs: Value, name: Symbol, context: &str) -> R<Value> {
        if let Some(value) = self.heap.attr(attrs, name) {
            Ok(value)
        } else {
            let name = self.name(name);
            let raised = self.type_error(format!("attribute '{name}' missing"));
            self.frame(Position::NONE, context);
            raised
        }
    }

    /// An attribute whose name the evaluation need not have met.
    pub(crate) fn attr_named(&self, attrs: Value, name: &str) -> Option<Value> {
        let symbol = self.symbols.find(name.as_bytes())?;
        self.heap.attr(attrs, symbol)
    }

    /// Such an attribute where it must be there.
    pub(crate) fn need_named(&mut self, attrs: Value, name: &str, context: &str) -> R<Value> {
        let symbol = self.symbols.intern(name.as_bytes());
        self.need_attr(attrs, symbol, context)
    }

    /// What Nix calls the type of a value in messages: builtins by their names.
    #[must_use]
    pub fn describe(&self, value: Value) -> Cow<'static, str> {
        Cow::Borrowed(match self.heap.kind(value) {
            Kind::Thunk => "a thunk",
            Kind::Int => "an integer",
            Kind::Float => "a float",
            Kind::Bool => "a Boolean",
            Kind::Null => "null",
            Kind::String => {
                if self.heap.string_context(value) == crate::heap::ContextId::EMPTY {
                    "a string"
                } else {
                    "a string with context"
                }
            }
            Kind::Path => "a path",
            Kind::Attrs => "a set",
            Kind::List => "a list",
            Kind::Lambda => "a function",
            Kind::Builtin => {
                let name = self.builtin_name(value);
                return Cow::Owned(format!("the built-in function '{name}'"));
            }
            // Functions of several arguments are one function here, a chain of them in Nix.
            Kind::Partial => {
                let function = self.heap.partial_function(value);
                if !function.is_lambda() {
                    let name = self.builtin_name(function);
                    let text = format!("the partially applied built-in function '{name}'");
                    return Cow::Owned(text);
                }
                "a function"
            }
        })
    }

    /// Names that stand for something everywhere.
    #[must_use]
    pub fn global_names(&self) -> Vec<String> {
        self.globals.keys().map(|&name| self.name(name)).collect()
    }

    /// What a builtin is called in `builtins`.
    pub(crate) fn builtin_name(&self, builtin: Value) -> &'static str {
        let name = builtin
            .as_builtin()
            .map(|index| self.builtins[index as usize].name)
            .unwrap_or_default();
        name.strip_prefix("__").unwrap_or(name)
    }
}
