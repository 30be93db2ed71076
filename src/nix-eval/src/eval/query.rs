//! Questions from outside: attribute paths, texts, and the derivations in a value.

use std::collections::BTreeSet;

use super::{Coercion, ErrorKind, Evaluator, R};
use crate::heap::{Kind, Pending, ThunkState, Value};
use crate::ir::op;
use crate::position::{Origin, Position};
use crate::symbol::{Symbol, known};
use crate::syntax::lint::Lints;
use crate::syntax::{self, ParseOptions, show};

impl Evaluator {
    /// One step of an attribute path: a name of a set, or an index of a list.
    ///
    /// # Errors
    /// Where there is no such thing.
    pub fn select_by_text(&mut self, value: Value, name: &[u8], path: &str) -> R<Value> {
        let value = self.force(value)?;
        let shown = String::from_utf8_lossy(name).into_owned();
        let index = std::str::from_utf8(name)
            .ok()
            .and_then(|text| text.parse::<u32>().ok());
        match (self.heap.kind(value), index) {
            (Kind::List, Some(index)) if index < self.heap.list_length(value) => {
                Ok(self.heap.list_item(value, index))
            }
            (Kind::List, Some(index)) => self.fail(format!(
                "list index {index} in selection path '{path}' is out of range"
            )),
            (Kind::Attrs, None) => {
                let symbol = self.symbols.intern(name);
                match self.heap.attr(value, symbol) {
                    Some(value) => Ok(value),
                    None => self.fail(format!(
                        "attribute '{shown}' in selection path '{path}' not found"
                    )),
                }
            }
            _ => {
                let expected = if index.is_some() { "a list" } else { "a set" };
                let found = self.describe(value);
                self.raise_at(
                    ErrorKind::Type,
                    Position::NONE,
                    format!(
                        "the expression selected by the selection path '{path}' should be \
                         {expected} but is {found}"
                    ),
                )
            }
        }
    }

    /// The names of a set, sorted, with their values.
    ///
    /// # Errors
    /// What forcing the value raises, and where it is no set.
    pub fn attributes(&mut self, value: Value) -> R<Vec<(String, Value)>> {
        let value = self.force_attrs(value, "while listing the attributes of a set")?;
        let (flat, shape) = self.heap.flat(value);
        let order = self.name_order(shape);
        Ok(order
            .into_iter()
            .map(|index| {
                let name = self.name(self.heap.shape_name(shape, index));
                (name, self.heap.attr_at(flat, index))
            })
            .collect())
    }

    /// Forces a value that is written out as a set, list or function, as those of `flake.nix` have
    /// to be (`forceTrivialValue` in Nix's `flake.cc`); what would have to be computed stays.
    ///
    /// # Errors
    /// What making the set raises.
    pub fn force_trivial(&mut self, value: Value) -> R<Value> {
        if !value.is_thunk() {
            return Ok(value);
        }
        let is_trivial = match self.heap.thunk_state(value) {
            ThunkState::Done(_) => true,
            ThunkState::Pending(Pending::Expression { code, .. }) => {
                let head = self.heap.code(code);
                match op::operation(head) {
                    op::ATTRS => op::number(head) & op::ATTRS_DYNAMIC == 0,
                    op::CONSTANT | op::LIST | op::LAMBDA | op::LAMBDA_SET => true,
                    _ => false,
                }
            }
            _ => false,
        };
        if is_trivial {
            self.force(value)
        } else {
            Ok(value)
        }
    }

    /// The text of a value that is a string or stands for one.
    ///
    /// # Errors
    /// Where it does not.
    pub fn text_of(&mut self, value: Value, context: &str) -> R<Vec<u8>> {
        self.coerce_to_string(value, Coercion::STRICT, context)
            .map(|(text, _)| text)
    }

    /// A text as the parser reads it, fully parenthesised; its variables are checked.
    ///
    /// # Errors
    /// Where it is not an expression.
    pub fn parse_shown(&mut self, text: &[u8], origin: Origin, base_path: &[u8]) -> R<Vec<u8>> {
        self.parse_source(&text.into(), origin, base_path, &[])?;
        let home = self.settings.home.clone();
        let options = ParseOptions {
            base: Position::NONE,
            base_path,
            home: home.as_deref(),
            pipe_operators: self.settings.pipe_operators,
            lints: Lints::default(),
        };
        match syntax::parse(text, &options, &mut self.symbols) {
            Ok(ast) => Ok(ast
                .root
                .map(|root| show::expression(&ast, &self.symbols, root))
                .unwrap_or_default()),
            Err(error) => self.fail(error.message),
        }
    }

    /// The derivations in a value as `nix-instantiate` finds them: the value itself, or those in
    /// its attributes or elements, further down only where `recurseForDerivations` says so.
    ///
    /// # Errors
    /// What evaluating them raises.
    pub fn find_derivations(&mut self, value: Value, args: &[(Symbol, Value)]) -> R<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        self.collect_derivations(value, args, &mut found, &mut seen)?;
        Ok(found)
    }

    fn collect_derivations(
        &mut self,
        value: Value,
        args: &[(Symbol, Value)],
        found: &mut Vec<Vec<u8>>,
        seen: &mut BTreeSet<Value>,
    ) -> R<()> {
        let value = self.auto_call(value, args)?;
        if self.is_derivation(value)? {
            if seen.insert(value) {
                let drv = self.describe_derivation(value)?;
                found.push(drv);
            }
            return Ok(());
        }
        match self.heap.kind(value) {
            Kind::Attrs => {
                let (flat, shape) = self.heap.flat(value);
                for index in self.name_order(shape) {
                    let item = self.heap.attr_at(flat, index);
                    let item = self.force(item)?;
                    let recurse =
                        self.is_derivation(item)? || !item.is_attrs() || self.recurses(item)?;
                    if recurse && (item.is_attrs() || item.is_list()) {
                        self.collect_derivations(item, args, found, seen)?;
                    }
                }
                Ok(())
            }
            Kind::List => {
                for item in self.heap.list_items(value) {
                    self.collect_derivations(item, args, found, seen)?;
                }
                Ok(())
            }
            _ => self.raise_at(
                ErrorKind::Type,
                Position::NONE,
                "expression does not evaluate to a derivation (or a set or list of those)"
                    .to_owned(),
            ),
        }
    }

    fn recurses(&mut self, set: Value) -> R<bool> {
        let name = self.symbols.intern(b"recurseForDerivations");
        match self.heap.attr(set, name) {
            Some(value) => self.force_bool(
                value,
                "while evaluating the attribute `recurseForDerivations`",
            ),
            None => Ok(false),
        }
    }

    fn describe_derivation(&mut self, value: Value) -> R<Vec<u8>> {
        let context = "while evaluating the drvPath of a derivation";
        let drv = self.need_attr(value, known::DRV_PATH, context)?;
        let mut text = self.text_of(drv, context)?;
        if let Some(output) = self.heap.attr(value, known::OUTPUT_NAME) {
            let output = self.force_string(output, "while evaluating the output name")?;
            let output = self.heap.string(output);
            if output != b"out" {
                text.push(b'!');
                text.extend_from_slice(output);
            }
        }
        Ok(text)
    }
}
