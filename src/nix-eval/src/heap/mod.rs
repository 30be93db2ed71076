//! Where values live: one region of 32-bit words for data and one for code, referred to by index.
//! All `unsafe` of the workspace is in `region.rs`; nothing outside this folder sees an address,
//! and no Rust reference into a region is held over anything that can evaluate.

mod attrs;
mod context;
mod kept;
mod layer;
mod region;
mod shape;
mod supply;
mod thunk;
mod value;
mod written;

pub use attrs::AttrsBuilder;
pub use context::{ContextElement, ContextId, ContextTable};
pub use kept::KeptMemory;
pub(crate) use layer::{ALIGNMENT, LayerPart};
pub use region::{HeapFull, Part};
pub use shape::Shape;
pub(crate) use thunk::Waiting;
pub use thunk::{Pending, ThunkState};
pub use value::{Kind, MAX_SMALL_INT, MIN_SMALL_INT, Value};

use std::sync::Arc;

use hashbrown::HashTable;
use memmap2::MmapMut;
use rustc_hash::FxHashMap;

use crate::world::Saved;
use region::Region;

/// All memory of an evaluation.
pub struct Heap {
    data: Region,
    code: Region,
    /// Shapes of `a // b` for shapes that literals made: the result's shape and how to fill it.
    merges: FxHashMap<(u32, u32), attrs::Merge>,
    recipes: Vec<u32>,
    /// Shapes that were put together, by a hash of what is in them.
    unique_shapes: HashTable<(u32, u32)>,
    /// A buffer for the shape that is put together now.
    draft: Vec<u32>,
    empty_list: Value,
    empty_attrs: Value,
    empty_string: Value,
    empty_shape: Shape,
    scratch: Vec<u32>,
}

/// Bytes that the data region may grow to: what 29 bits of 8-byte granules can name.
const DATA_BYTES: usize = 4 << 30;
/// Bytes of code: what 28 bits of 4-byte words can name.
const CODE_BYTES: usize = 1 << 30;

/// What a heap took of the system, to be given back by dropping it, which another thread may do.
pub struct Remains(#[expect(dead_code, reason = "it is there to be dropped")] [Arc<MmapMut>; 2]);

impl Heap {
    /// All that takes long to give back; tables are not taken apart.
    pub(crate) fn into_remains(self) -> Remains {
        let Self {
            data,
            code,
            merges,
            unique_shapes,
            ..
        } = self;
        std::mem::forget((merges, unique_shapes));
        Remains([data.map(), code.map()])
    }

    /// Reserves address space; memory is taken as it is used.
    ///
    /// # Errors
    /// Where the system refuses the reservation.
    pub fn new() -> std::io::Result<Self> {
        let mut data = Region::new(DATA_BYTES)?;
        let mut code = Region::new(CODE_BYTES)?;
        // Granule 0 and code 0 mean "nothing".
        data.allocate(2);
        code.push(&[0]);
        let mut heap = Self {
            data,
            code,
            merges: FxHashMap::default(),
            recipes: Vec::new(),
            unique_shapes: HashTable::new(),
            draft: Vec::new(),
            empty_list: Value::NULL,
            empty_attrs: Value::NULL,
            empty_string: Value::NULL,
            empty_shape: Shape::NONE,
            scratch: Vec::new(),
        };
        heap.empty_shape = heap.new_shape(&[], None, true);
        let list = heap.data.allocate(1);
        heap.empty_list = Value::list(list);
        let attrs = heap.data.allocate(1);
        heap.data.set(attrs, 0, heap.empty_shape.0);
        heap.empty_attrs = Value::attrs(attrs);
        heap.empty_string = heap.new_string(b"", ContextId::EMPTY);
        Ok(heap)
    }

    /// Bytes of data in use.
    #[must_use]
    pub fn data_bytes(&self) -> usize {
        self.data.used_bytes()
    }

    /// Bytes of code in use.
    #[must_use]
    pub fn code_bytes(&self) -> usize {
        self.code.used_bytes()
    }

    /// Where the data and the code end, in words.
    #[must_use]
    pub fn ends(&self) -> (u32, u32) {
        (self.data.end_word(), self.code.end_word())
    }

    /// Hands out all data and code before two ends at once, to be filled by [`Self::restore`].
    pub(crate) fn reserve(&mut self, data: u32, code: u32) -> bool {
        self.data.reserve(data) && self.code.reserve(code)
    }

    /// The words of data and code from two places to their ends.
    pub(crate) fn words_since(&self, data: u32, code: u32) -> (Vec<u32>, Vec<u32>) {
        let words = |region: &Region, from: u32| {
            let count = region.end_word().saturating_sub(from);
            region.range(from, count).unwrap_or_default().to_vec()
        };
        (words(&self.data, data), words(&self.code, code))
    }

    /// Asks for little memory at once from here on, for a heap that takes its time.
    pub(crate) fn be_frugal(&mut self) {
        self.data.be_frugal();
        self.code.be_frugal();
    }

    /// Gives back memory of what lies between two places and the ends, and is never read again: when it is
    /// worth it. Where memory begins that was not given back.
    pub(crate) fn give_back(&mut self, (data, code): (u32, u32)) -> (u32, u32) {
        (self.data.give_back(data), self.code.give_back(code))
    }

    /// Writes data and code where they were when they were saved; `false` where that is outside of
    /// what was reserved.
    pub(crate) fn restore(&mut self, data: (u32, &[u32]), code: (u32, &[u32])) -> bool {
        self.data.write_words(data.0, data.1) && self.code.write_words(code.0, code.1)
    }

    /// All data and all code, as they lie in memory.
    pub(crate) fn bytes(&self) -> (&[u8], &[u8]) {
        (self.data.as_bytes(), self.code.as_bytes())
    }

    /// Puts saved data and code in place of what is there, but for the words before two places.
    ///
    /// # Errors
    /// As the system reports them: the heap is of no use then.
    pub(crate) fn adopt(
        &mut self,
        saved: &dyn Saved,
        data: (Part, u32),
        code: (Part, u32),
    ) -> std::io::Result<()> {
        self.merges.clear();
        self.unique_shapes.clear();
        self.data.adopt(saved, data.0, data.1)?;
        self.code.adopt(saved, code.0, code.1)
    }

    /// The pages of adopted data and code that may have been written to, by number, and those up to the rest of a layer;
    /// the map of the process's pages tells.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(crate) fn layer_pages(&self, page_map: &dyn Saved) -> std::io::Result<[Vec<u32>; 2]> {
        Ok([
            self.data.layer_pages(page_map)?,
            self.code.layer_pages(page_map)?,
        ])
    }

    /// The bytes of pages of data and code, and what lies behind the pages of what was adopted.
    pub(crate) fn layer_bytes(&self, [data, code]: &[Vec<u32>; 2]) -> [(Vec<&[u8]>, &[u8]); 2] {
        [(&self.data, data), (&self.code, code)]
            .map(|(region, numbers)| (region.pages(numbers), region.rest()))
    }

    /// Puts a layer of data and code over what was adopted, up to two words.
    ///
    /// # Errors
    /// As the system reports them: the heap is of no use then.
    pub(crate) fn put_layer(
        &mut self,
        saved: &dyn Saved,
        [data, code]: &[LayerPart; 2],
        ends: (u32, u32),
    ) -> std::io::Result<()> {
        self.data.put_layer(saved, data, ends.0)?;
        self.code.put_layer(saved, code, ends.1)
    }

    /// Word `at` of the code.
    #[inline]
    #[must_use]
    pub fn code(&self, at: u32) -> u32 {
        self.code.word(at)
    }

    /// Changes a word of the code: only inline caches do.
    #[inline]
    pub fn set_code(&mut self, at: u32, word: u32) {
        self.code.set_word(at, word);
    }

    /// Appends code and returns where it starts.
    pub fn push_code(&mut self, words: &[u32]) -> u32 {
        self.code.push(words)
    }

    /// Where the next code will be.
    #[must_use]
    pub fn code_end(&self) -> u32 {
        self.code.end_word()
    }

    // Environments: word 0 is the environment outside, then the variables.

    /// A new environment with `slots` empty variables.
    #[inline]
    pub fn new_env(&mut self, up: u32, slots: u32) -> u32 {
        let env = self.data.allocate(slots + 1);
        self.data.set(env, 0, up);
        env
    }

    /// The environment outside of `env`.
    #[inline]
    #[must_use]
    pub fn env_up(&self, env: u32) -> u32 {
        self.data.get(env, 0)
    }

    /// Variable `slot` of `env`; [`Value::EMPTY`] while it is being set up.
    #[inline]
    #[must_use]
    pub fn env_slot(&self, env: u32, slot: u32) -> Value {
        Value(self.data.get(env, slot + 1))
    }

    /// Sets variable `slot` of `env`.
    #[inline]
    pub fn set_env_slot(&mut self, env: u32, slot: u32, value: Value) {
        self.data.set(env, slot + 1, value.0);
    }

    // Functions: code and environment.

    /// A function value.
    #[inline]
    pub fn new_lambda(&mut self, code: u32, env: u32) -> Value {
        let at = self.data.allocate(2);
        self.data.set(at, 0, code);
        self.data.set(at, 1, env);
        Value::lambda(at)
    }

    /// Code and environment of a function value.
    #[inline]
    #[must_use]
    pub fn lambda(&self, value: Value) -> (u32, u32) {
        let at = value.granule();
        (self.data.get(at, 0), self.data.get(at, 1))
    }

    // Lists: length, then the elements.

    /// A list of `elements`.
    pub fn new_list(&mut self, elements: &[Value]) -> Value {
        if elements.is_empty() {
            return self.empty_list;
        }
        let at = self.data.allocate(elements.len() as u32 + 1);
        self.data.set(at, 0, elements.len() as u32);
        for (index, element) in elements.iter().enumerate() {
            self.data.set(at, index as u32 + 1, element.0);
        }
        Value::list(at)
    }

    /// A list whose elements are set later by [`Self::set_list_item`].
    pub fn new_list_of_length(&mut self, length: u32) -> Value {
        if length == 0 {
            return self.empty_list;
        }
        let at = self.data.allocate(length + 1);
        self.data.set(at, 0, length);
        Value::list(at)
    }

    /// The length of a list.
    #[inline]
    #[must_use]
    pub fn list_length(&self, list: Value) -> u32 {
        self.data.get(list.granule(), 0)
    }

    /// Element `index` of a list.
    #[inline]
    #[must_use]
    pub fn list_item(&self, list: Value, index: u32) -> Value {
        Value(self.data.get(list.granule(), index + 1))
    }

    /// Sets an element of a list that is being built.
    #[inline]
    pub fn set_list_item(&mut self, list: Value, index: u32, value: Value) {
        self.data.set(list.granule(), index + 1, value.0);
    }

    /// The elements, copied out.
    #[must_use]
    pub fn list_items(&self, list: Value) -> Vec<Value> {
        (0..self.list_length(list))
            .map(|i| self.list_item(list, i))
            .collect()
    }

    /// The lists one after the other.
    pub fn concat_lists(&mut self, lists: &[Value]) -> Value {
        let length: u64 = lists.iter().map(|&l| u64::from(self.list_length(l))).sum();
        let Ok(length) = u32::try_from(length) else {
            region::heap_full()
        };
        if let Some(&only) = lists.iter().find(|&&l| self.list_length(l) == length) {
            return only;
        }
        let out = self.new_list_of_length(length);
        let mut at = out.granule_word() + 1;
        for &list in lists {
            let count = self.list_length(list);
            self.data.copy_words(list.granule_word() + 1, at, count);
            at += count;
        }
        out
    }

    /// `[ ]`
    #[must_use]
    pub fn empty_list(&self) -> Value {
        self.empty_list
    }

    // Strings: length, context, the symbol of the same text plus one (0: not looked up), bytes.

    /// A string.
    pub fn new_string(&mut self, bytes: &[u8], context: ContextId) -> Value {
        if bytes.is_empty() && context == ContextId::EMPTY && self.empty_string != Value::NULL {
            return self.empty_string;
        }
        let Ok(length) = u32::try_from(bytes.len()) else {
            region::heap_full()
        };
        let Some(words) = length.div_ceil(4).checked_add(3) else {
            region::heap_full()
        };
        let at = self.data.allocate(words);
        self.data.set(at, 0, length);
        self.data.set(at, 1, context.0);
        self.data.write_bytes(at, 3, bytes);
        Value::string(at)
    }

    /// `""`
    #[must_use]
    pub fn empty_string(&self) -> Value {
        self.empty_string
    }

    /// The bytes of a string.
    #[inline]
    #[must_use]
    pub fn string(&self, string: Value) -> &[u8] {
        let at = string.granule();
        self.data.bytes(at, 3, self.data.get(at, 0))
    }

    /// The context of a string.
    #[inline]
    #[must_use]
    pub fn string_context(&self, string: Value) -> ContextId {
        ContextId(self.data.get(string.granule(), 1))
    }

    /// The symbol remembered for a string.
    #[inline]
    #[must_use]
    pub fn string_symbol(&self, string: Value) -> Option<u32> {
        self.data.get(string.granule(), 2).checked_sub(1)
    }

    /// Remembers the symbol of a string's text.
    #[inline]
    pub fn set_string_symbol(&mut self, string: Value, symbol: u32) {
        self.data.set(string.granule(), 2, symbol + 1);
    }

    // Boxes: a kind, then what does not fit into a word.

    /// An integer.
    #[inline]
    pub fn new_int(&mut self, value: i64) -> Value {
        if let Some(small) = Value::small_int(value) {
            return small;
        }
        self.new_wide(value::BOX_INT, value as u64)
    }

    /// A float.
    pub fn new_float(&mut self, value: f64) -> Value {
        self.new_wide(value::BOX_FLOAT, value.to_bits())
    }

    fn new_wide(&mut self, kind: u32, bits: u64) -> Value {
        let at = self.data.allocate(4);
        self.data.set(at, 0, kind);
        self.data.set(at, 2, bits as u32);
        self.data.set(at, 3, (bits >> 32) as u32);
        Value::boxed(at)
    }

    fn wide(&self, value: Value) -> u64 {
        let at = value.granule();
        u64::from(self.data.get(at, 2)) | u64::from(self.data.get(at, 3)) << 32
    }

    /// The integer in a value of kind [`Kind::Int`].
    #[inline]
    #[must_use]
    pub fn int(&self, value: Value) -> i64 {
        value
            .as_small_int()
            .unwrap_or_else(|| self.wide(value) as i64)
    }

    /// The float in a value of kind [`Kind::Float`].
    #[must_use]
    pub fn float(&self, value: Value) -> f64 {
        f64::from_bits(self.wide(value))
    }

    /// A path: `text` is its string.
    pub fn new_path(&mut self, text: Value) -> Value {
        let at = self.data.allocate(2);
        self.data.set(at, 0, value::BOX_PATH);
        self.data.set(at, 1, text.0);
        Value::boxed(at)
    }

    /// The text of a path.
    #[must_use]
    pub fn path(&self, path: Value) -> &[u8] {
        self.string(Value(self.data.get(path.granule(), 1)))
    }

    /// A function with too few arguments.
    pub fn new_partial(&mut self, function: Value, args: &[Value]) -> Value {
        let at = self.data.allocate(args.len() as u32 + 3);
        self.data.set(at, 0, value::BOX_PARTIAL);
        self.data.set(at, 1, function.0);
        self.data.set(at, 2, args.len() as u32);
        for (index, arg) in args.iter().enumerate() {
            self.data.set(at, index as u32 + 3, arg.0);
        }
        Value::boxed(at)
    }

    /// The function of a partial application.
    #[must_use]
    pub fn partial_function(&self, partial: Value) -> Value {
        Value(self.data.get(partial.granule(), 1))
    }

    /// How many arguments a partial application has.
    #[must_use]
    pub fn partial_length(&self, partial: Value) -> u32 {
        self.data.get(partial.granule(), 2)
    }

    /// An argument of a partial application.
    #[must_use]
    pub fn partial_arg(&self, partial: Value, index: u32) -> Value {
        Value(self.data.get(partial.granule(), index + 3))
    }

    /// What sort of value a forced value is.
    #[inline]
    #[must_use]
    pub fn kind(&self, value: Value) -> Kind {
        value
            .kind_by_tag()
            .unwrap_or_else(|| match self.data.get(value.granule(), 0) {
                value::BOX_INT => Kind::Int,
                value::BOX_FLOAT => Kind::Float,
                value::BOX_PATH => Kind::Path,
                _ => Kind::Partial,
            })
    }
}
