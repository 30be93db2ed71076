//! Values in the language's own notation, in the two styles of Nix: that of `nix-instantiate`
//! (`print-ambiguous.cc`) and that of `nix eval` (`print.cc`).

use rustc_hash::FxHashSet;

use super::literal;
use crate::eval::{Evaluator, R};
use crate::heap::{Kind, ThunkState, Value};
use crate::ir::op;
use crate::position::Position;
use crate::symbol::known;

/// What the printers have in common.
struct Printer<'a> {
    evaluator: &'a mut Evaluator,
    out: Vec<u8>,
    seen: FxHashSet<Value>,
    style: Style,
    /// How many more names and elements a short text may have.
    budget: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `nix-instantiate --eval`
    Ambiguous,
    /// `nix eval`
    Nix,
    /// Inside of a message.
    Short,
}

/// As `nix-instantiate --eval` prints; nothing is forced.
///
/// # Errors
/// Where values are nested deeper than calls may be.
pub fn ambiguous(evaluator: &mut Evaluator, value: Value) -> R<Vec<u8>> {
    print(evaluator, value, Style::Ambiguous)
}

/// As `nix eval` prints; everything is forced.
///
/// # Errors
/// What forcing raises.
pub fn nix(evaluator: &mut Evaluator, value: Value) -> R<Vec<u8>> {
    print(evaluator, value, Style::Nix)
}

/// A few words of the value, for messages; nothing is forced.
#[must_use]
pub fn short(evaluator: &mut Evaluator, value: Value) -> String {
    match print(evaluator, value, Style::Short) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(_) => "«too deep»".to_owned(),
    }
}

fn print(evaluator: &mut Evaluator, value: Value, style: Style) -> R<Vec<u8>> {
    let mut printer = Printer {
        evaluator,
        out: Vec::new(),
        seen: FxHashSet::default(),
        style,
        budget: 10,
    };
    printer.value(value, 0)?;
    Ok(printer.out)
}

/// Longest string in a message, in bytes.
const SHORT_STRING: usize = 1024;
/// How deep a message shows a value.
const SHORT_DEPTH: u32 = 10;

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, slot: Value, depth: u32) -> R<()> {
        if depth > self.evaluator.settings.max_call_depth || self.evaluator.stack_is_low() {
            return self.evaluator.stack_overflow(Position::NONE);
        }
        let value = match self.style {
            Style::Nix => self.evaluator.force(slot)?,
            _ if slot.is_thunk() => match self.evaluator.heap.thunk_state(slot) {
                ThunkState::Done(value) => value,
                ThunkState::Running => {
                    self.text("«potential infinite recursion»");
                    return Ok(());
                }
                ThunkState::Pending(_) => {
                    self.text(if self.style == Style::Short {
                        "«thunk»"
                    } else {
                        "<CODE>"
                    });
                    return Ok(());
                }
            },
            _ => slot,
        };
        self.forced(slot, value, depth)
    }

    /// `slot` is where the value lies: that is what makes a list the same list.
    fn forced(&mut self, slot: Value, value: Value, depth: u32) -> R<()> {
        match self.evaluator.heap.kind(value) {
            Kind::Thunk => {}
            Kind::Int => {
                let int = self.evaluator.heap.int(value);
                self.text(&int.to_string());
            }
            Kind::Float => {
                let float = self.evaluator.heap.float(value);
                self.text(&super::float(float));
            }
            Kind::Bool => self.text(if value == Value::TRUE {
                "true"
            } else {
                "false"
            }),
            Kind::Null => self.text("null"),
            Kind::String => self.string(value),
            Kind::Path => {
                let path = crate::path::canonical(self.evaluator.heap.path(value));
                self.out.extend_from_slice(&path);
            }
            Kind::List => self.list(slot, value, depth)?,
            Kind::Attrs => self.attrs(value, depth)?,
            Kind::Lambda => self.lambda(value),
            Kind::Builtin | Kind::Partial => self.builtin(value),
        }
        Ok(())
    }

    fn string(&mut self, value: Value) {
        let text = self.evaluator.heap.string(value);
        if self.style == Style::Short && text.len() > SHORT_STRING {
            let hidden = text.len() - SHORT_STRING;
            literal::string(&mut self.out, &text[..SHORT_STRING]);
            self.text(&format!(" «{hidden} bytes elided»"));
            return;
        }
        literal::string(&mut self.out, text);
    }

    fn is_repeated(&mut self, value: Value, length: u32) -> bool {
        length > 0 && !self.seen.insert(value)
    }

    fn list(&mut self, slot: Value, list: Value, depth: u32) -> R<()> {
        let length = self.evaluator.heap.list_length(list);
        if self.style == Style::Ambiguous && self.is_repeated(slot, length) {
            self.text("«repeated»");
            return Ok(());
        }
        if self.style == Style::Short && depth >= SHORT_DEPTH {
            self.text("[ ... ]");
            return Ok(());
        }
        self.text("[ ");
        for index in 0..length {
            if self.elided(length - index, "item") {
                break;
            }
            let item = self.evaluator.heap.list_item(list, index);
            self.value(item, depth + 1)?;
            self.text(" ");
        }
        self.text("]");
        Ok(())
    }

    /// Whether a message has shown enough; says how much is left out.
    fn elided(&mut self, left: u32, what: &str) -> bool {
        if self.style != Style::Short {
            return false;
        }
        if self.budget == 0 {
            let plural = if left == 1 { "" } else { "s" };
            self.text(&format!("«{left} {what}{plural} elided» "));
            return true;
        }
        self.budget -= 1;
        false
    }

    fn attrs(&mut self, attrs: Value, depth: u32) -> R<()> {
        let length = self.evaluator.heap.attrs_length(attrs);
        let repeats = self.style != Style::Short;
        if repeats && self.is_repeated(attrs, length) {
            self.text("«repeated»");
            return Ok(());
        }
        if self.style == Style::Short && depth >= SHORT_DEPTH {
            self.text("{ ... }");
            return Ok(());
        }
        if self.style == Style::Nix && self.evaluator.is_derivation(attrs)? {
            return self.derivation(attrs);
        }
        let (flat, shape) = self.evaluator.heap.flat(attrs);
        let order = self
            .evaluator
            .heap
            .lexicographic_order(shape, &self.evaluator.symbols);
        self.text("{ ");
        for (done, index) in order.into_iter().enumerate() {
            if self.elided(length - done as u32, "attribute") {
                break;
            }
            let name = self.evaluator.heap.shape_name(shape, index);
            let name = self.evaluator.symbols.name(name);
            if self.style == Style::Ambiguous {
                ambiguous_name(&mut self.out, name);
            } else {
                literal::identifier(&mut self.out, name);
            }
            self.text(" = ");
            let value = self.evaluator.heap.attr_at(flat, index);
            self.value(value, depth + 1)?;
            self.text("; ");
        }
        self.text("}");
        Ok(())
    }

    fn derivation(&mut self, attrs: Value) -> R<()> {
        self.text("«derivation");
        if let Some(path) = self.evaluator.heap.attr(attrs, known::DRV_PATH) {
            let context = "while evaluating the drvPath of a derivation";
            let (path, _) =
                self.evaluator
                    .coerce_to_string(path, crate::eval::Coercion::PLAIN, context)?;
            self.text(" ");
            self.out.extend_from_slice(&path);
        }
        self.text("»");
        Ok(())
    }

    fn lambda(&mut self, value: Value) {
        if self.style == Style::Ambiguous {
            self.text("<LAMBDA>");
            return;
        }
        let (code, _) = self.evaluator.heap.lambda(value);
        self.lambda_at(code, 0);
    }

    /// A function, or what is left of a chain of them after `given` arguments.
    fn lambda_at(&mut self, code: u32, given: u32) {
        let heap = &self.evaluator.heap;
        let position = if op::operation(heap.code(code)) == op::LAMBDA {
            Position(heap.code(code + 3 + given * 2))
        } else {
            Position(heap.code(code + 3))
        };
        let name = heap.code(code + 2).checked_sub(1);
        self.text("«lambda");
        if let Some(name) = name {
            self.text(" ");
            let name = self.evaluator.symbols.name(crate::symbol::Symbol(name));
            literal::identifier(&mut self.out, name);
        }
        let position = self.evaluator.show_position(position);
        self.text(&format!(" @ {position}»"));
    }

    fn builtin(&mut self, value: Value) {
        let function = match self.evaluator.heap.kind(value) {
            Kind::Partial => self.evaluator.heap.partial_function(value),
            _ => value,
        };
        let is_partial = function != value;
        if function.is_lambda() {
            // Functions of several arguments are one function here, a chain of them in Nix.
            let given = self.evaluator.heap.partial_length(value);
            if self.style == Style::Ambiguous {
                self.text("<LAMBDA>");
            } else {
                let (code, _) = self.evaluator.heap.lambda(function);
                self.lambda_at(code, given);
            }
            return;
        }
        if self.style == Style::Ambiguous {
            self.text(if is_partial {
                "<PRIMOP-APP>"
            } else {
                "<PRIMOP>"
            });
            return;
        }
        let name = function
            .as_builtin()
            .map(|index| self.evaluator.builtins[index as usize].name)
            .unwrap_or_default();
        let name = name.strip_prefix("__").unwrap_or(name);
        let partially = if is_partial { "partially applied " } else { "" };
        self.text(&format!("«{partially}primop {name}»"));
    }
}

/// `nix-instantiate` quotes as the symbol table prints.
fn ambiguous_name(out: &mut Vec<u8>, name: &[u8]) {
    literal::identifier(out, name);
}
