//! Properties: what `mkIf`, `mkMerge`, `mkOverride` and `mkOrder` put around a definition, and how it is taken
//! off again.

use smallvec::SmallVec;

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, given};

/// What a value says in `_type`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::intrinsics) enum Tag {
    /// Nothing, or nothing that matters here.
    Plain,
    Definition,
    If,
    Merge,
    Option,
    Order,
    Override,
}

/// Values, unforced or not.
pub(super) type Values = SmallVec<[Value; 4]>;

impl Evaluator {
    /// An attribute of a set.
    #[inline]
    pub(in crate::intrinsics) fn named(&self, set: Value, name: Name) -> Option<Value> {
        self.heap.attr(set, self.known_name(name))
    }

    /// What a forced value says in `_type`: `value._type or null`.
    #[inline]
    pub(in crate::intrinsics) fn tag(&mut self, value: Value) -> R<Tag> {
        if !value.is_attrs() {
            return Ok(Tag::Plain);
        }
        let Some(tag) = self.named(value, Name::Tag) else {
            return Ok(Tag::Plain);
        };
        let tag = self.force(tag)?;
        if !tag.is_string() {
            return Ok(Tag::Plain);
        }
        Ok(match self.heap.string(tag) {
            b"definition" => Tag::Definition,
            b"if" => Tag::If,
            b"merge" => Tag::Merge,
            b"option" => Tag::Option,
            b"order" => Tag::Order,
            b"override" => Tag::Override,
            _ => Tag::Plain,
        })
    }

    /// The values of a definition, with `mkMerge` and `mkIf` taken off (`dischargeProperties`), forced.
    pub(super) fn discharge(&mut self, definition: Value, out: &mut Values) -> R<Done<()>> {
        let value = self.force(definition)?;
        match self.tag(value)? {
            Tag::Merge => {
                let contents = given!(self.named(value, Name::Contents));
                let contents = self.force(contents)?;
                if !contents.is_list() {
                    return Ok(Done::Otherwise);
                }
                for index in 0..self.heap.list_length(contents) {
                    let item = self.heap.list_item(contents, index);
                    crate::intrinsics::done!(self.discharge_deeper(item, out));
                }
            }
            Tag::If => {
                let condition = given!(self.named(value, Name::Condition));
                match self.force(condition)? {
                    Value::TRUE => {
                        let content = given!(self.named(value, Name::Content));
                        return self.discharge_deeper(content, out);
                    }
                    Value::FALSE => {}
                    _ => return Ok(Done::Otherwise),
                }
            }
            _ => out.push(value),
        }
        Ok(Done::Value(()))
    }

    fn discharge_deeper(&mut self, definition: Value, out: &mut Values) -> R<Done<()>> {
        self.enter_call(crate::position::Position::NONE)?;
        let result = self.discharge(definition, out);
        self.depth -= 1;
        result
    }
}
