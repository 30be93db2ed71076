//! Values in the language's own notation, in the two styles of Nix: that of `nix-instantiate`
//! (`print-ambiguous.cc`) and that of `nix eval` (`print.cc`).

use rustc_hash::FxHashSet;

use super::literal;
use crate::eval::{Evaluator, R, Raised};
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
    /// `nix repl`: on lines of their own where there is more than one, down to a depth.
    Pretty { depth: u32 },
    /// Inside of a message.
    Short,
}

impl Style {
    /// Whether values are forced, and derivations shown by their paths.
    fn forces(self) -> bool {
        matches!(self, Self::Nix | Self::Pretty { .. })
    }
}

/// The colours of `nix repl`, by what is shown.
mod colour {
    pub(super) const SCALAR: &str = "\x1b[36;1m";
    pub(super) const STRING: &str = "\x1b[35;1m";
    pub(super) const PATH: &str = "\x1b[32;1m";
    pub(super) const FUNCTION: &str = "\x1b[34;1m";
    pub(super) const ERROR: &str = "\x1b[31;1m";
    pub(super) const NONE: &str = "\x1b[0m";
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

/// As `nix repl` prints, sets and lists down to `depth`; what is shown is forced. The text has
/// colours.
///
/// # Errors
/// What forcing the value itself raises; what raises in it is shown in its place.
pub fn pretty(evaluator: &mut Evaluator, value: Value, depth: u32) -> R<Vec<u8>> {
    print(evaluator, value, Style::Pretty { depth })
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
            Style::Pretty { .. } if depth > 0 => {
                let calls = self.evaluator.depth;
                match self.evaluator.force(slot) {
                    Ok(value) => value,
                    Err(raised) => {
                        self.evaluator.depth = calls;
                        self.error(raised);
                        return Ok(());
                    }
                }
            }
            style if style.forces() => self.evaluator.force(slot)?,
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

    /// What fails below what was asked for is no reason to show nothing of the rest.
    fn error(&mut self, raised: Raised) {
        let error = self.evaluator.take_error(raised);
        self.text(colour::ERROR);
        self.text(&format!("«error: {}»", error.message));
        self.text(colour::NONE);
    }

    /// `slot` is where the value lies: that is what makes a list the same list.
    fn forced(&mut self, slot: Value, value: Value, depth: u32) -> R<()> {
        let kind = self.evaluator.heap.kind(value);
        let colour = match kind {
            Kind::Int | Kind::Float | Kind::Bool | Kind::Null => Some(colour::SCALAR),
            Kind::String => Some(colour::STRING),
            Kind::Path => Some(colour::PATH),
            Kind::Lambda | Kind::Builtin | Kind::Partial => Some(colour::FUNCTION),
            Kind::Thunk | Kind::List | Kind::Attrs => None,
        };
        let colour = colour.filter(|_| matches!(self.style, Style::Pretty { .. }));
        if let Some(colour) = colour {
            self.text(colour);
        }
        match kind {
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
        if colour.is_some() {
            self.text(colour::NONE);
        }
        Ok(())
    }

    /// Whether sets and lists at this depth are shown as dots.
    fn is_too_deep(&self, depth: u32) -> bool {
        match self.style {
            Style::Short => depth >= SHORT_DEPTH,
            Style::Pretty { depth: most } => depth >= most,
            Style::Ambiguous | Style::Nix => false,
        }
    }

    /// Whether what has these items gets several lines; a single item may be forced, since it is
    /// about to be shown.
    fn wants_lines(&mut self, items: &[Value]) -> bool {
        if !matches!(self.style, Style::Pretty { .. }) {
            return false;
        }
        match items {
            [] => false,
            &[single] => {
                let calls = self.evaluator.depth;
                match self.evaluator.force(single) {
                    Ok(single) => single.is_list() || single.is_attrs(),
                    Err(raised) => {
                        self.evaluator.depth = calls;
                        self.evaluator.take_error(raised);
                        false
                    }
                }
            }
            _ => true,
        }
    }

    /// What stands between items: a space, or a new line for what lies at `depth`.
    fn space(&mut self, lines: bool, depth: u32) {
        if lines {
            self.text("\n");
            for _ in 0..depth {
                self.text("  ");
            }
        } else {
            self.text(" ");
        }
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
        let items = self.evaluator.heap.list_items(list);
        if self.style != Style::Short && self.is_repeated(slot, items.len() as u32) {
            self.text("«repeated»");
            return Ok(());
        }
        if self.is_too_deep(depth) {
            self.text("[ ... ]");
            return Ok(());
        }
        self.text("[");
        let lines = self.wants_lines(&items);
        let mut left = items.len() as u32;
        for item in items {
            self.space(lines, depth + 1);
            if self.elided(left, "item") {
                break;
            }
            left -= 1;
            self.value(item, depth + 1)?;
        }
        self.space(lines, depth);
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
            self.text(&format!("«{left} {what}{plural} elided»"));
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
        if self.style.forces() && self.evaluator.is_derivation(attrs)? {
            return self.derivation(attrs);
        }
        if self.is_too_deep(depth) {
            self.text("{ ... }");
            return Ok(());
        }
        let (flat, shape) = self.evaluator.heap.flat(attrs);
        let order = self.evaluator.name_order(shape);
        self.text("{");
        let single: Vec<Value> = order
            .iter()
            .map(|&index| self.evaluator.heap.attr_at(flat, index))
            .take(2)
            .collect();
        let lines = self.wants_lines(&single);
        for (done, index) in order.into_iter().enumerate() {
            self.space(lines, depth + 1);
            if self.elided(length - done as u32, "attribute") {
                break;
            }
            let name = self.evaluator.heap.shape_name(shape, index);
            let name = self.evaluator.symbols.name(name);
            literal::identifier(&mut self.out, name);
            self.text(" = ");
            let value = self.evaluator.heap.attr_at(flat, index);
            self.value(value, depth + 1)?;
            self.text(";");
        }
        self.space(lines, depth);
        self.text("}");
        Ok(())
    }

    fn derivation(&mut self, attrs: Value) -> R<()> {
        let has_colours = matches!(self.style, Style::Pretty { .. });
        if has_colours {
            self.text(colour::PATH);
        }
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
        if has_colours {
            self.text(colour::NONE);
        }
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
        let name = self.evaluator.builtin_name(function);
        let partially = if is_partial { "partially applied " } else { "" };
        self.text(&format!("«{partially}primop {name}»"));
    }
}
