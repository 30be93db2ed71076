//! Equality, order and arithmetic of values (`eqValues` in Nix's `eval.cc`, `CompareValues` and
//! the arithmetic of `primops.cc`).

use super::{Evaluator, R};
use crate::heap::{Kind, Value};
use crate::position::Position;
use crate::symbol::known;

impl Evaluator {
    /// `==` of two operands. Functions are never equal here, not even to themselves.
    #[inline]
    pub(super) fn equal_operands(&mut self, left: Value, right: Value, code: u32) -> R<bool> {
        if let (Some(a), Some(b)) = (left.as_small_int(), right.as_small_int()) {
            return Ok(a == b);
        }
        let result = self.equal_forced(left, right);
        if result.is_err() {
            let position = self.place_of(code);
            self.frame(position, "while testing two values for equality");
        }
        result
    }

    /// Equality of two slots: the same slot is equal to itself, even if it holds a function.
    pub(crate) fn equal(&mut self, left: Value, right: Value) -> R<bool> {
        let left_value = self.force(left)?;
        let right_value = self.force(right)?;
        if left == right && !is_immediate(left) {
            return Ok(true);
        }
        self.equal_forced(left_value, right_value)
    }

    #[expect(clippy::float_cmp, reason = "the language compares floats exactly")]
    #[expect(clippy::cast_precision_loss, reason = "as Nix converts")]
    fn equal_forced(&mut self, left: Value, right: Value) -> R<bool> {
        self.enter_call(Position::NONE)?;
        let (left_kind, right_kind) = (self.heap.kind(left), self.heap.kind(right));
        let result = match (left_kind, right_kind) {
            (Kind::Int, Kind::Int) => self.heap.int(left) == self.heap.int(right),
            (Kind::Int, Kind::Float) => self.heap.int(left) as f64 == self.heap.float(right),
            (Kind::Float, Kind::Int) => self.heap.float(left) == self.heap.int(right) as f64,
            (Kind::Float, Kind::Float) => self.heap.float(left) == self.heap.float(right),
            (Kind::Bool, Kind::Bool) | (Kind::Null, Kind::Null) => left == right,
            (Kind::String, Kind::String) => self.heap.string(left) == self.heap.string(right),
            (Kind::Path, Kind::Path) => self.heap.path(left) == self.heap.path(right),
            (Kind::List, Kind::List) => self.equal_lists(left, right)?,
            (Kind::Attrs, Kind::Attrs) => self.equal_attrs(left, right)?,
            _ => false,
        };
        self.depth -= 1;
        Ok(result)
    }

    fn equal_lists(&mut self, left: Value, right: Value) -> R<bool> {
        let length = self.heap.list_length(left);
        if length != self.heap.list_length(right) {
            return Ok(false);
        }
        for index in 0..length {
            let (a, b) = (
                self.heap.list_item(left, index),
                self.heap.list_item(right, index),
            );
            if !self.equal(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_attrs(&mut self, left: Value, right: Value) -> R<bool> {
        if self.is_derivation(left)? && self.is_derivation(right)? {
            let paths = (
                self.heap.attr(left, known::OUT_PATH),
                self.heap.attr(right, known::OUT_PATH),
            );
            if let (Some(a), Some(b)) = paths {
                return self.equal(a, b);
            }
        }
        if self.heap.attrs_length(left) != self.heap.attrs_length(right) {
            return Ok(false);
        }
        let (left, left_shape) = self.heap.flat(left);
        let (right, right_shape) = self.heap.flat(right);
        let order = self.symbol_order(left_shape);
        let right_order = if left_shape == right_shape {
            order.clone()
        } else {
            self.symbol_order(right_shape)
        };
        for (index, right_index) in order.into_iter().zip(right_order) {
            let name = self.heap.shape_name(left_shape, index);
            if self.heap.shape_name(right_shape, right_index) != name {
                return Ok(false);
            }
            let (a, b) = (
                self.heap.attr_at(left, index),
                self.heap.attr_at(right, right_index),
            );
            if !self.equal(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a value, forced, is a set that says that it is a derivation.
    ///
    /// # Errors
    /// What evaluating its `type` raises.
    pub fn is_derivation(&mut self, set: Value) -> R<bool> {
        if !set.is_attrs() {
            return Ok(false);
        }
        let Some(kind) = self.heap.attr(set, known::TYPE) else {
            return Ok(false);
        };
        let kind = self.force(kind)?;
        Ok(kind.is_string() && self.heap.string(kind) == b"derivation")
    }

    /// `left < right`, both forced.
    #[expect(clippy::cast_precision_loss, reason = "as Nix converts")]
    pub(crate) fn less_than(&mut self, left: Value, right: Value) -> R<bool> {
        let kinds = (self.heap.kind(left), self.heap.kind(right));
        Ok(match kinds {
            (Kind::Int, Kind::Int) => self.heap.int(left) < self.heap.int(right),
            (Kind::Int, Kind::Float) => (self.heap.int(left) as f64) < self.heap.float(right),
            (Kind::Float, Kind::Int) => self.heap.float(left) < self.heap.int(right) as f64,
            (Kind::Float, Kind::Float) => self.heap.float(left) < self.heap.float(right),
            (Kind::String, Kind::String) => {
                let (left, right) = (self.heap.string(left), self.heap.string(right));
                self.stand_in.compared(left, right);
                left < right
            }
            (Kind::Path, Kind::Path) => {
                let (left, right) = (self.heap.path(left), self.heap.path(right));
                self.stand_in.compared(left, right);
                left < right
            }
            (Kind::List, Kind::List) => return self.list_less_than(left, right),
            (a, b) => {
                let (left_name, right_name) = (self.describe(left), self.describe(right));
                let (left_text, right_text) =
                    (self.show_for_message(left), self.show_for_message(right));
                let is_function =
                    |kind| matches!(kind, Kind::Lambda | Kind::Builtin | Kind::Partial);
                let message = if a == b || is_function(a) && is_function(b) {
                    format!(
                        "cannot compare {left_name} with {right_name}; values of that type are \
                         incomparable (values are {left_text} and {right_text})"
                    )
                } else {
                    format!(
                        "cannot compare {left_name} with {right_name}; values are {left_text} \
                         and {right_text}"
                    )
                };
                return self.fail(message);
            }
        })
    }

    fn list_less_than(&mut self, left: Value, right: Value) -> R<bool> {
        self.enter_call(Position::NONE)?;
        let mut index = 0;
        let result = loop {
            if index == self.heap.list_length(right) {
                break false;
            }
            if index == self.heap.list_length(left) {
                break true;
            }
            let (a, b) = (
                self.heap.list_item(left, index),
                self.heap.list_item(right, index),
            );
            if !self.equal(a, b)? {
                let (a, b) = (self.force(a)?, self.force(b)?);
                break self.less_than(a, b)?;
            }
            index += 1;
        };
        self.depth -= 1;
        Ok(result)
    }

    /// `left + right` for numbers, `left` being one.
    #[expect(clippy::cast_precision_loss, reason = "as Nix converts")]
    pub(crate) fn add(&mut self, left: Value, right: Value) -> R<Value> {
        match (self.heap.kind(left), self.heap.kind(right)) {
            (Kind::Int, Kind::Int) => {
                let (a, b) = (self.heap.int(left), self.heap.int(right));
                match a.checked_add(b) {
                    Some(sum) => Ok(self.heap.new_int(sum)),
                    None => self.fail(format!("integer overflow in adding {a} + {b}")),
                }
            }
            (Kind::Int, Kind::Float) => {
                let sum = self.heap.int(left) as f64 + self.heap.float(right);
                Ok(self.heap.new_float(sum))
            }
            (Kind::Float, Kind::Int) => {
                let sum = self.heap.float(left) + self.heap.int(right) as f64;
                Ok(self.heap.new_float(sum))
            }
            (Kind::Float, Kind::Float) => {
                let sum = self.heap.float(left) + self.heap.float(right);
                Ok(self.heap.new_float(sum))
            }
            (kind, _) => {
                let found = self.describe(right);
                let to = if kind == Kind::Int {
                    "an integer"
                } else {
                    "a float"
                };
                self.fail(format!("cannot add {found} to {to}"))
            }
        }
    }

    /// Both operands as floats where one is, else `None` with both known to be integers.
    fn float_operands(&mut self, left: Value, right: Value, verb: &str) -> R<Option<(f64, f64)>> {
        let first = format!("while evaluating the first argument of the {verb}");
        let second = format!("while evaluating the second argument of the {verb}");
        let left = self.force(left)?;
        let right = self.force(right)?;
        if self.heap.kind(left) == Kind::Float || self.heap.kind(right) == Kind::Float {
            return Ok(Some((
                self.force_float(left, &first)?,
                self.force_float(right, &second)?,
            )));
        }
        self.force_int(left, &first)?;
        self.force_int(right, &second)?;
        Ok(None)
    }

    pub(crate) fn integer_or_float(
        &mut self,
        left: Value,
        right: Value,
        verb: &str,
        symbol: char,
        integers: impl Fn(i64, i64) -> Option<i64>,
        floats: impl Fn(f64, f64) -> f64,
    ) -> R<Value> {
        if let (Some(a), Some(b)) = (left.as_small_int(), right.as_small_int())
            && let Some(result) = integers(a, b)
        {
            return Ok(self.heap.new_int(result));
        }
        if let Some((a, b)) = self.float_operands(left, right, verb)? {
            return Ok(self.heap.new_float(floats(a, b)));
        }
        let (left, right) = (self.force(left)?, self.force(right)?);
        let (a, b) = (self.heap.int(left), self.heap.int(right));
        if let Some(result) = integers(a, b) {
            Ok(self.heap.new_int(result))
        } else {
            let doing = match symbol {
                '+' => "adding",
                '-' => "subtracting",
                '*' => "multiplying",
                _ => "dividing",
            };
            self.fail(format!("integer overflow in {doing} {a} {symbol} {b}"))
        }
    }

    pub(crate) fn subtract(&mut self, left: Value, right: Value) -> R<Value> {
        self.integer_or_float(left, right, "subtraction", '-', i64::checked_sub, |a, b| {
            a - b
        })
    }

    pub(crate) fn multiply(&mut self, left: Value, right: Value) -> R<Value> {
        self.integer_or_float(
            left,
            right,
            "multiplication",
            '*',
            i64::checked_mul,
            |a, b| a * b,
        )
    }

    pub(crate) fn divide(&mut self, left: Value, right: Value) -> R<Value> {
        let divisor =
            self.force_float(right, "while evaluating the second operand of the division")?;
        if divisor == 0.0 {
            return self.fail("division by zero");
        }
        self.integer_or_float(left, right, "division", '/', i64::checked_div, |a, b| a / b)
    }
}

/// Whether a word is a value by itself, so that it has no identity.
pub(super) fn is_immediate(value: Value) -> bool {
    value.as_small_int().is_some()
}
