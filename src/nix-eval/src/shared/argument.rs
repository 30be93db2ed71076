//! Arguments of shared calls as bytes: numbers, texts with their contexts, paths, lists, sets, and
//! results of other shared calls. What holds any other function is no such argument.

use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, ContextElement, ContextId, Kind, Value};
use crate::position::Position;
use crate::saved::Digest;
use crate::saved::bytes::{Reader, Writer};

/// How many values an argument may hold: one that is larger is no list of settings.
const MOST_VALUES: u32 = 4096;

const NULL: u32 = 0;
const FALSE: u32 = 1;
const TRUE: u32 = 2;
const INT: u32 = 3;
const FLOAT: u32 = 4;
const STRING: u32 = 5;
const PATH: u32 = 6;
const LIST: u32 = 7;
const ATTRS: u32 = 8;
const RESULT: u32 = 9;

const OPAQUE: u32 = 0;
const DEEP: u32 = 1;
const BUILT: u32 = 2;

/// Bytes of an argument on the way.
struct Encoding {
    out: Writer,
    left: u32,
    is_marked: bool,
}

impl Evaluator {
    /// An argument as bytes, and whether it holds the result of a call with marks; `None` where it is none that
    /// can be shared. Everything in it is forced, and forgotten again where that fails: nobody asked for it.
    pub(super) fn argument_bytes(&mut self, argument: Value) -> Option<(Vec<u8>, bool)> {
        if !self.may_be_data(argument, &mut MOST_VALUES.clone()) {
            return None;
        }
        let mut encoding = Encoding {
            out: Writer::default(),
            left: MOST_VALUES,
            is_marked: false,
        };
        let depth = self.depth;
        match self.encode(argument, &mut encoding) {
            Ok(true) => Some((encoding.out.0, encoding.is_marked)),
            Ok(false) => None,
            Err(raised) => {
                self.take_error(raised);
                self.depth = depth;
                None
            }
        }
    }

    /// Whether no function is in sight, as far as nothing has to be evaluated.
    fn may_be_data(&self, value: Value, left: &mut u32) -> bool {
        let Some(rest) = left.checked_sub(1) else {
            return false;
        };
        *left = rest;
        let Some(value) = self.done(value) else {
            return true;
        };
        if self.shared.digest_of(value).is_some() {
            return true;
        }
        match self.heap.kind(value) {
            Kind::Lambda | Kind::Builtin | Kind::Partial => false,
            Kind::List => (0..self.heap.list_length(value))
                .all(|index| self.may_be_data(self.heap.list_item(value, index), left)),
            Kind::Attrs => match self.heap.plain_shape(value) {
                Some(shape) => (0..self.heap.shape_length(shape))
                    .all(|index| self.may_be_data(self.heap.attr_at(value, index), left)),
                None => true,
            },
            _ => true,
        }
    }

    fn encode(&mut self, value: Value, into: &mut Encoding) -> R<bool> {
        let Some(left) = into.left.checked_sub(1) else {
            return Ok(false);
        };
        into.left = left;
        let value = self.force(value)?;
        if let Some((digest, is_marked)) = self.shared.digest_of(value) {
            into.out.word(RESULT);
            into.out.0.extend(digest);
            into.is_marked |= is_marked;
            return Ok(true);
        }
        match self.heap.kind(value) {
            Kind::Null => into.out.word(NULL),
            Kind::Bool if value == Value::TRUE => into.out.word(TRUE),
            Kind::Bool => into.out.word(FALSE),
            Kind::Int => {
                into.out.word(INT);
                into.out.0.extend(self.heap.int(value).to_le_bytes());
            }
            Kind::Float => {
                into.out.word(FLOAT);
                let bits = self.heap.float(value).to_bits();
                into.out.0.extend(bits.to_le_bytes());
            }
            Kind::String => {
                into.out.word(STRING);
                into.out.bytes(self.heap.string(value));
                let elements = self.contexts.elements(self.heap.string_context(value));
                into.out.number(elements.len());
                for element in &elements {
                    put_element(&mut into.out, element);
                }
            }
            Kind::Path => {
                into.out.word(PATH);
                into.out.bytes(self.heap.path(value));
            }
            Kind::List => {
                into.out.word(LIST);
                into.out.word(self.heap.list_length(value));
                for item in self.heap.list_items(value) {
                    if !self.encode(item, into)? {
                        return Ok(false);
                    }
                }
            }
            Kind::Attrs => {
                let (flat, shape) = self.heap.flat(value);
                let order = self.heap.lexicographic_order(shape, &self.symbols);
                into.out.word(ATTRS);
                into.out.number(order.len());
                for index in order {
                    let name = self.heap.shape_name(shape, index);
                    into.out.bytes(self.symbols.name(name));
                    if !self.encode(self.heap.attr_at(flat, index), into)? {
                        return Ok(false);
                    }
                }
            }
            Kind::Thunk | Kind::Lambda | Kind::Builtin | Kind::Partial => return Ok(false),
        }
        Ok(true)
    }

    /// The argument that bytes are of; `None` where they are of none, or hold a result that is not
    /// known.
    pub(super) fn argument_of(&mut self, bytes: &[u8]) -> Option<Value> {
        let mut from = Reader(bytes);
        let value = self.decode(&mut from)?;
        from.0.is_empty().then_some(value)
    }

    fn decode(&mut self, from: &mut Reader<'_>) -> Option<Value> {
        Some(match from.word()? {
            NULL => Value::NULL,
            FALSE => Value::FALSE,
            TRUE => Value::TRUE,
            INT => self.heap.new_int(i64::from_le_bytes(from.take()?)),
            FLOAT => {
                let bits = u64::from_le_bytes(from.take()?);
                self.heap.new_float(f64::from_bits(bits))
            }
            STRING => {
                let bytes = from.bytes()?;
                let count = from.count(1)?;
                let elements: Option<Vec<_>> = (0..count).map(|_| take_element(from)).collect();
                let context = self.contexts.collect(elements?);
                self.heap.new_string(&bytes, context)
            }
            PATH => {
                let bytes = from.bytes()?;
                let text = self.heap.new_string(&bytes, ContextId::EMPTY);
                self.heap.new_path(text)
            }
            LIST => {
                let count = from.count(1)?;
                let items: Option<Vec<_>> = (0..count).map(|_| self.decode(from)).collect();
                self.heap.new_list(&items?)
            }
            ATTRS => {
                let count = from.count(1)?;
                let mut set = AttrsBuilder::with_capacity(count);
                for _ in 0..count {
                    let name = from.bytes()?;
                    let name = self.symbols.intern(&name);
                    set.push(name, self.decode(from)?, Position::NONE);
                }
                set.finish(&mut self.heap)
            }
            RESULT => {
                let digest: Digest = from.take()?;
                *self.shared.known.get(&digest)?
            }
            _ => return None,
        })
    }
}

/// Writes an element of a context.
pub(super) fn put_element(out: &mut Writer, element: &ContextElement) {
    match element {
        ContextElement::Opaque(path) => {
            out.word(OPAQUE);
            out.bytes(path);
        }
        ContextElement::DrvDeep(path) => {
            out.word(DEEP);
            out.bytes(path);
        }
        ContextElement::Built {
            through,
            drv,
            output,
        } => {
            out.word(BUILT);
            out.number(through.len());
            for name in through {
                out.bytes(name);
            }
            out.bytes(drv);
            out.bytes(output);
        }
    }
}

/// Reads an element of a context.
pub(super) fn take_element(from: &mut Reader<'_>) -> Option<ContextElement> {
    Some(match from.word()? {
        OPAQUE => ContextElement::Opaque(from.bytes()?.into()),
        DEEP => ContextElement::DrvDeep(from.bytes()?.into()),
        BUILT => ContextElement::Built {
            through: {
                let count = from.count(1)?;
                let names = (0..count).map(|_| Some(from.bytes()?.into()));
                names.collect::<Option<_>>()?
            },
            drv: from.bytes()?.into(),
            output: from.bytes()?.into(),
        },
        _ => return None,
    })
}
