//! Sites: instructions behind which an expression is evaluated by code of the evaluator.
//!
//! A site's words: operation and number, the code that was written, the function's header, how many
//! environments out from the site the function was bound; then the code of each variable of the place; for
//! each literal its shape, and where in it each name is that the place lists; and for each part an
//! instruction of two words, its number and the site.
//!
//! A header's words: operation and number, the environment for which the function was linked last (or
//! [`UNLINKED`]); then for each variable that the function relies on its code, and where it means a known
//! function, the site of that function's body.

use super::known::TABLE;
use super::{Known, Place};
use crate::eval::{Evaluator, R};
use crate::heap::{Heap, Shape, Value};
use crate::ir::op;
use crate::position::Position;

/// A site, by the index of its first word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site(pub(crate) u32);

/// The header of a known function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Header(pub(super) u32);

/// The environment of a function that was not linked.
pub(super) const UNLINKED: u32 = u32::MAX;

const PLACE_BITS: u32 = 4;
const PART_BITS: u32 = 5;
/// Words of a site before the variables.
const SITE_WORDS: u32 = 4;
/// Words of a header before what the function relies on.
const HEADER_WORDS: u32 = 2;

/// The number of a place or a part.
fn number(known: usize, place: usize, part: usize) -> u32 {
    ((known as u32) << (PLACE_BITS + PART_BITS)) | ((place as u32) << PART_BITS) | part as u32
}

/// The function and its place that a number stands for.
fn place_of(number: u32) -> (&'static Known, &'static Place) {
    let known = TABLE[(number >> (PLACE_BITS + PART_BITS)) as usize];
    let place = (number >> PART_BITS) & ((1 << PLACE_BITS) - 1);
    (known, &known.places[place as usize])
}

/// The words of a header for the function of this index in the table.
pub(crate) fn header_words(index: usize, variables: &[u32]) -> Vec<u32> {
    let head = op::head(op::HEADER, number(index, 0, 0));
    let variables = variables.iter().flat_map(|&code| [code, 0]);
    [head, UNLINKED].into_iter().chain(variables).collect()
}

/// The words that say of a function's body which function it is, and change nothing else.
pub(crate) fn recognised_words(index: usize, original: u32, header: u32, levels: u32) -> [u32; 4] {
    let head = op::head(op::RECOGNISED, number(index, 0, 0));
    [head, original, header, levels]
}

/// The words of a site; literals are filled in by [`fill_literal`]. `at` is where they will be.
pub(crate) fn site_words(
    at: u32,
    (index, place): (usize, usize),
    original: u32,
    header: u32,
    levels: u32,
    variables: &[u32],
) -> Vec<u32> {
    let head = op::head(op::INTRINSIC, number(index, place, 0));
    let mut words = vec![head, original, header, levels];
    words.extend_from_slice(variables);
    let place_info = &TABLE[index].places[place];
    for names in place_info.literals {
        words.resize(words.len() + 1 + names.len(), 0);
    }
    for part in 0..place_info.parts.len() {
        words.extend([op::head(op::PART, number(index, place, part)), at]);
    }
    words
}

/// Writes down the shape of a literal of a site.
pub(crate) fn fill_literal(
    heap: &mut Heap,
    symbols: &crate::symbol::SymbolTable,
    site: u32,
    literal: usize,
    shape: Shape,
) {
    let (_, place) = place_of(op::number(heap.code(site)));
    let at = literal_at(place, Site(site), literal);
    heap.set_code(at, shape.0);
    for (number, name) in place.literals[literal].iter().enumerate() {
        let symbol = symbols.find(name.as_bytes());
        let index = symbol.and_then(|symbol| heap.shape_find(shape, symbol));
        heap.set_code(at + 1 + number as u32, index.unwrap_or(0));
    }
}

/// Writes down where the attribute of a literal stands that has one with a computed name.
pub(crate) fn fill_computed(heap: &mut Heap, site: u32, literal: usize, position: Position) {
    let (_, place) = place_of(op::number(heap.code(site)));
    heap.set_code(literal_at(place, Site(site), literal), position.0);
}

fn literal_at(place: &Place, site: Site, literal: usize) -> u32 {
    let before = &place.literals[..literal];
    let words: usize = before.iter().map(|names| names.len() + 1).sum();
    site.0 + SITE_WORDS + place.variables.len() as u32 + words as u32
}

impl Header {
    pub(super) fn known(self, heap: &Heap) -> &'static Known {
        let number = op::number(heap.code(self.0));
        TABLE[(number >> (PLACE_BITS + PART_BITS)) as usize]
    }

    /// The environment for which the function was linked last.
    pub(super) fn linked(self, heap: &Heap) -> u32 {
        heap.code(self.0 + 1)
    }

    pub(super) fn set_linked(self, heap: &mut Heap, outer: u32) {
        heap.set_code(self.0 + 1, outer);
    }

    /// The code of a variable that the function relies on.
    pub(super) fn variable(self, heap: &Heap, number: usize) -> u32 {
        heap.code(self.0 + HEADER_WORDS + number as u32 * 2)
    }

    /// The site of the body of the function that a variable means.
    pub(super) fn callee(self, heap: &Heap, number: usize) -> Site {
        Site(heap.code(self.0 + HEADER_WORDS + 1 + number as u32 * 2))
    }

    pub(super) fn set_callee(self, heap: &mut Heap, number: usize, site: Site) {
        heap.set_code(self.0 + HEADER_WORDS + 1 + number as u32 * 2, site.0);
    }
}

impl Site {
    /// The site, or what only says which function it is, at `code`.
    pub(super) fn at(heap: &Heap, code: u32) -> Option<Self> {
        let operation = op::operation(heap.code(code));
        matches!(operation, op::INTRINSIC | op::RECOGNISED).then_some(Self(code))
    }

    /// The code that was written.
    pub(super) fn original(self, heap: &Heap) -> u32 {
        heap.code(self.0 + 1)
    }

    pub(super) fn header(self, heap: &Heap) -> Header {
        Header(heap.code(self.0 + 2))
    }

    /// The environment in which the function was bound.
    pub(super) fn outer(self, heap: &Heap, mut env: u32) -> u32 {
        for _ in 0..heap.code(self.0 + 3) {
            env = heap.env_up(env);
        }
        env
    }

    /// The environment in which the function was bound, from that of the function value whose body this is.
    pub(super) fn outer_of_function(self, heap: &Heap, mut env: u32) -> u32 {
        for _ in 1..heap.code(self.0 + 3) {
            env = heap.env_up(env);
        }
        env
    }

    fn place(self, heap: &Heap) -> &'static Place {
        place_of(op::number(heap.code(self.0))).1
    }

    /// The code of variable `number` of the place.
    pub(super) fn variable(self, heap: &Heap, number: u32) -> u32 {
        heap.code(self.0 + SITE_WORDS + number)
    }

    /// The instruction of part `number`.
    pub(super) fn part(self, heap: &Heap, number: usize) -> u32 {
        let place = self.place(heap);
        literal_at(place, self, place.literals.len()) + number as u32 * 2
    }

    /// The shape of literal `number`.
    pub(super) fn shape(self, heap: &Heap, number: usize) -> Shape {
        Shape(heap.code(literal_at(self.place(heap), self, number)))
    }

    /// The position of the attribute of literal `number`, whose name is computed.
    pub(super) fn computed_position(self, heap: &Heap, number: usize) -> Position {
        Position(heap.code(literal_at(self.place(heap), self, number)))
    }

    /// Literal `number` with values in the order in which the place lists its names.
    pub(super) fn literal(self, heap: &mut Heap, number: usize, values: &[Value]) -> Value {
        let at = literal_at(self.place(heap), self, number);
        let set = heap.new_attrs(Shape(heap.code(at)));
        for (index, &value) in values.iter().enumerate() {
            let slot = heap.code(at + 1 + index as u32);
            heap.set_attr(set, slot, value);
        }
        set
    }
}

impl Evaluator {
    /// Evaluates the expression at a site, where that may be done here; `None` where it is for the code that
    /// was written.
    pub(crate) fn run_intrinsic(&mut self, code: u32, env: u32) -> R<Option<Value>> {
        if self.settings.exact_laziness || !self.settings.intrinsics {
            return Ok(None);
        }
        let site = Site(code);
        let Some(run) = site.place(&self.heap).run else {
            return Ok(None);
        };
        self.intrinsics.need_names(&self.symbols);
        let outer = site.outer(&self.heap, env);
        if !self.is_linked(site.header(&self.heap), outer) {
            return Ok(None);
        }
        match run(self, site, env)? {
            super::Done::Value(value) => {
                self.stats.intrinsics += 1;
                Ok(Some(value))
            }
            super::Done::Otherwise => {
                self.stats.otherwise += 1;
                Ok(None)
            }
        }
    }

    /// Evaluates what was suspended for a site.
    pub(crate) fn run_part(&mut self, code: u32, env: u32) -> R<Value> {
        self.intrinsics.need_names(&self.symbols);
        let number = op::number(self.heap.code(code));
        let site = Site(self.heap.code(code + 1));
        let (_, place) = place_of(number);
        place.parts[(number & ((1 << PART_BITS) - 1)) as usize](self, site, env)
    }

    /// A variable of a place, forced.
    pub(super) fn site_variable(&mut self, site: Site, number: u32, env: u32) -> R<Value> {
        let code = site.variable(&self.heap, number);
        self.operand(code, env)
    }

    /// A thunk for a part of a site.
    pub(super) fn suspend_part(&mut self, site: Site, number: usize, env: u32) -> Value {
        let code = site.part(&self.heap, number);
        self.heap.new_thunk(code, env)
    }

    /// An environment with these variables.
    pub(super) fn env_of(&mut self, up: u32, values: &[Value]) -> u32 {
        let env = self.heap.new_env(up, values.len() as u32);
        for (slot, &value) in values.iter().enumerate() {
            self.heap.set_env_slot(env, slot as u32, value);
        }
        env
    }

    /// What a known function gives for these arguments, by the code that was written. `closure` is the
    /// environment of the function value, and `site` that of its body.
    pub(super) fn as_written(&mut self, site: Site, closure: u32, args: &[Value]) -> R<Value> {
        let env = self.env_of(closure, args);
        let code = site.original(&self.heap);
        self.eval(code, env)
    }

    /// The function that variable `number` of a header means, in the environment of what it relies on: the
    /// site of its body, and the environment of the function value.
    pub(super) fn relied_function(
        &mut self,
        header: Header,
        number: usize,
        outer: u32,
    ) -> R<(Site, u32)> {
        let code = header.variable(&self.heap, number);
        let function = self.operand(code, outer)?;
        let (_, closure) = self.heap.lambda(function);
        Ok((header.callee(&self.heap, number), closure))
    }
}
