//! Why two values are not equal, for assertions that say they are (`assertEqValues` in Nix's
//! `eval.cc`). It follows the steps of equality itself, so that it finds the same difference and
//! evaluates nothing more.

use super::compare::is_immediate;
use super::{ErrorKind, Evaluator, R};
use crate::heap::{Kind, Value};
use crate::position::Position;
use crate::symbol::known;

impl Evaluator {
    /// Raises the error that says where the values of two slots differ.
    fn assert_equal(&mut self, left: Value, right: Value, at: Position) -> R<()> {
        self.enter_call(at)?;
        let (left_value, right_value) = (self.force(left)?, self.force(right)?);
        if left != right || is_immediate(left) {
            self.assert_equal_operands(left_value, right_value, at)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// The same for two operands of `==`.
    pub(super) fn assert_equal_operands(
        &mut self,
        left: Value,
        right: Value,
        at: Position,
    ) -> R<()> {
        let kinds = (self.heap.kind(left), self.heap.kind(right));
        let number = |kind| matches!(kind, Kind::Int | Kind::Float);
        if number(kinds.0) && number(kinds.1) {
            return self.differ_unless_equal(left, right, |this, shown| {
                let (left, right) = (this.describe(left), this.describe(right));
                format!(
                    "{left} with value '{}' is not equal to {right} with value '{}'",
                    shown.0, shown.1
                )
            });
        }
        let function = |kind| matches!(kind, Kind::Lambda | Kind::Builtin | Kind::Partial);
        if function(kinds.0) && function(kinds.1) {
            return self.differ(
                "distinct functions and immediate comparisons of identical functions compare as unequal"
                    .to_owned(),
            );
        }
        if kinds.0 != kinds.1 {
            let (a, b) = (self.describe(left), self.describe(right));
            let shown = self.shown(left, right);
            return self.differ(format!(
                "{a} of value '{}' is not equal to {b} of value '{}'",
                shown.0, shown.1
            ));
        }
        let word = match kinds.0 {
            Kind::Bool => "boolean",
            Kind::String => "string",
            Kind::Path => "path",
            Kind::List => return self.assert_equal_lists(left, right, at),
            Kind::Attrs => return self.assert_equal_attrs(left, right, at),
            _ => return Ok(()),
        };
        self.differ_unless_equal(left, right, |_, shown| {
            format!("{word} '{}' is not equal to {word} '{}'", shown.0, shown.1)
        })
    }

    fn shown(&mut self, left: Value, right: Value) -> (String, String) {
        (self.show_for_message(left), self.show_for_message(right))
    }

    fn differ(&mut self, message: String) -> R<()> {
        self.raise_at(ErrorKind::Assertion, Position::NONE, message)
    }

    fn differ_unless_equal(
        &mut self,
        left: Value,
        right: Value,
        message: impl FnOnce(&Self, (String, String)) -> String,
    ) -> R<()> {
        if self.equal(left, right)? {
            return Ok(());
        }
        let shown = self.shown(left, right);
        let message = message(self, shown);
        self.differ(message)
    }

    fn assert_equal_lists(&mut self, left: Value, right: Value, at: Position) -> R<()> {
        let lengths = (self.heap.list_length(left), self.heap.list_length(right));
        if lengths.0 != lengths.1 {
            let shown = self.shown(left, right);
            return self.differ(format!(
                "list of size '{}' is not equal to list of size '{}', left hand side is '{}', right \
                 hand side is '{}'",
                lengths.0, lengths.1, shown.0, shown.1
            ));
        }
        for index in 0..lengths.0 {
            let items = (
                self.heap.list_item(left, index),
                self.heap.list_item(right, index),
            );
            if let Err(raised) = self.assert_equal(items.0, items.1, at) {
                self.frame(at, format!("while comparing list element {index}"));
                return Err(raised);
            }
        }
        Ok(())
    }

    fn assert_equal_attrs(&mut self, left: Value, right: Value, at: Position) -> R<()> {
        if self.is_derivation(left)? && self.is_derivation(right)? {
            let paths = (
                self.heap.attr(left, known::OUT_PATH),
                self.heap.attr(right, known::OUT_PATH),
            );
            if let (Some(a), Some(b)) = paths {
                return self.assert_equal(a, b, at).inspect_err(|_| {
                    self.frame(
                        at,
                        "while comparing a derivation by its 'outPath' attribute",
                    );
                });
            }
        }
        if self.heap.attrs_length(left) != self.heap.attrs_length(right) {
            let shown = self.shown(left, right);
            return self.differ(format!(
                "attribute names of attribute set '{}' differs from attribute set '{}'",
                shown.0, shown.1
            ));
        }
        let (left, left_shape) = self.heap.flat(left);
        let (right, right_shape) = self.heap.flat(right);
        let orders = (
            self.symbol_order(left_shape),
            self.symbol_order(right_shape),
        );
        for (index, right_index) in orders.0.into_iter().zip(orders.1) {
            let name = self.heap.shape_name(left_shape, index);
            let other = self.heap.shape_name(right_shape, right_index);
            if name != other {
                let shown = self.shown(left, right);
                let message = if self.heap.attr(right, name).is_none() {
                    let name = self.name(name);
                    format!(
                        "attribute name '{name}' is contained in '{}', but not in '{}'",
                        shown.0, shown.1
                    )
                } else {
                    let name = self.name(other);
                    format!(
                        "attribute name '{name}' is missing in '{}', but is contained in '{}'",
                        shown.0, shown.1
                    )
                };
                return self.differ(message);
            }
            let values = (
                self.heap.attr_at(left, index),
                self.heap.attr_at(right, right_index),
            );
            if let Err(raised) = self.assert_equal(values.0, values.1, at) {
                let places = (
                    self.heap.shape_position(left_shape, index),
                    self.heap.shape_position(right_shape, right_index),
                );
                for (place, side) in [(places.1, "right"), (places.0, "left")] {
                    if place.is_some() {
                        self.frame(place, format!("where {side} hand side is"));
                    }
                }
                let name = self.name(name);
                self.frame(at, format!("while comparing attribute '{name}'"));
                return Err(raised);
            }
        }
        Ok(())
    }
}
