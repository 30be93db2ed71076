//! Files that earlier evaluations parsed and lowered, kept as they lay in the heap.
//!
//! An image holds, for each file, its stretch of code and data and what tables say of them, all with
//! the words, symbols and positions they had in the evaluator that saved them. An evaluator that
//! uses it leaves those places free from the start and fills in a file's stretch when the file is
//! imported, if its text is still the same. Nothing is moved, so nothing is translated; the order in
//! which names appear is the only thing that depends on what came before, and
//! [`SymbolTable::rank`](crate::symbol::SymbolTable::rank) keeps that apart.
//!
//! Nothing here decides where an image is kept; [`World`](crate::world::World) does.

mod ahead;
mod beside;
pub(crate) mod bytes;
mod draft;
mod expected;
mod image;
mod lowering;
mod room;
mod save;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::eval::{Evaluator, R};
use crate::ir::Part;
use crate::path;
use crate::position::{Origin, Position};
use crate::symbol::Symbol;
use crate::world::Saved;

use expected::files_named;
pub(crate) use image::{Digest, Ends, digest};
use image::{Entry, HEADER_BYTES, Index, Record, parse_header};
use lowering::Lowered;
pub(crate) use room::Ready;
pub(crate) use save::Parsed;
pub use save::Unsaved;

/// The image that an evaluation uses.
pub(crate) struct SavedFiles {
    bytes: Box<dyn Saved>,
    /// Where each file's entries are, by path: a file has one for each of its texts.
    entries: FxHashMap<Vec<u8>, Vec<Entry>>,
    identity: (u32, Digest),
    /// Files that have no place, with the hashes of their texts.
    later: FxHashSet<FileText>,
}

/// A path, and the hash of a text there.
type FileText = (Vec<u8>, Digest);

/// How many entries there are, and a hash over them.
fn identity(entries: &[Entry]) -> (u32, Digest) {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&entry.path);
        bytes.extend(entry.text);
        bytes.extend(entry.record);
        bytes.extend(entry.data.to_le_bytes());
        bytes.extend(entry.code.to_le_bytes());
    }
    (entries.len() as u32, digest(&bytes))
}

/// The name of the image that fits an evaluator which has not evaluated anything yet: its build,
/// what its settings do to the language, and how its heap and its globals lie.
pub(crate) fn image_name(evaluator: &Evaluator) -> String {
    let settings = &evaluator.settings;
    let mut text = format!(
        "{} {} {:?} {:?}",
        env!("NIX_EVAL_BUILD"),
        settings.pipe_operators,
        settings.home.as_ref().filter(|_| !settings.pure),
        ends_of(evaluator),
    );
    let mut globals: Vec<(Symbol, u32)> = evaluator
        .globals
        .iter()
        .map(|(&name, &value)| (name, value.to_word()))
        .collect();
    globals.sort_unstable_by_key(|global| global.0);
    for (name, word) in globals {
        // Writing to a string does not fail.
        let _ = write!(text, " {}={word}", evaluator.name(name));
    }
    format!("{:032x}", u128::from_le_bytes(digest(text.as_bytes())))
}

/// Where everything of an evaluator ends; data and code rounded up to whole granules.
pub(crate) fn ends_of(evaluator: &Evaluator) -> Ends {
    let (data, code) = evaluator.heap.ends();
    Ends {
        data: data.next_multiple_of(2),
        code: code.next_multiple_of(2),
        positions: evaluator.positions.next(),
        symbols: evaluator.symbols.len() as u32,
    }
}

/// The index of an image, if all of it is as it was written.
fn read_index(bytes: &dyn Saved) -> Option<Index> {
    let mut header = [0; HEADER_BYTES];
    bytes.read_at(0, &mut header).ok()?;
    let (offset, length, expected) = parse_header(&header)?;
    if offset.checked_add(length as u64)? != bytes.length() {
        return None;
    }
    let mut index = vec![0; length];
    bytes.read_at(offset, &mut index).ok()?;
    if digest(&index) != expected {
        return None;
    }
    Index::parse(&index)
}

/// Opens an image for an evaluator that has not evaluated anything yet, and keeps the places free
/// that its files take.
fn adopt(evaluator: &mut Evaluator, bytes: &dyn Saved) -> Option<Index> {
    let index = read_index(bytes)?;
    let (start, end) = (index.start, index.end);
    let names = index.names.iter();
    let is_for_this = start == ends_of(evaluator)
        && u64::from(end.symbols) == u64::from(start.symbols) + names.len() as u64;
    if !is_for_this || !evaluator.heap.reserve(end.data, end.code) {
        return None;
    }
    evaluator.positions.reserve(end.positions);
    evaluator.symbols.add_saved(names);
    Some(index)
}

/// The record of an entry, if it is as it was written.
fn read_record(bytes: &dyn Saved, entry: &Entry) -> Option<Record> {
    // A length that was never written is noticed before so much memory is asked for.
    if entry.offset.checked_add(u64::from(entry.length))? > bytes.length() {
        return None;
    }
    let mut record = vec![0; entry.length as usize];
    bytes.read_at(entry.offset, &mut record).ok()?;
    if digest(&record) != entry.record {
        return None;
    }
    Record::parse(&record)
}

impl Evaluator {
    /// Uses what earlier evaluations saved. Has an effect only before anything was evaluated.
    pub fn use_saved_files(&mut self) {
        if self.settings.lints.is_silent() {
            self.use_image(image_name(self));
        }
    }

    /// Uses the image of this name. Where values were adopted, its files have their places among
    /// them, and those that came later have none; it is opened when a file is asked for that is not in them.
    pub(crate) fn use_image(&mut self, name: String) {
        self.unopened_image = Some(name.clone());
        self.parsed = Some(Parsed::new(name));
        if self.parsed_beside_values().is_none() {
            self.open_image();
        }
    }

    /// Opens the image, if it is not open yet.
    pub(crate) fn open_image(&mut self) {
        if let Some(name) = self.unopened_image.take()
            && let Some(bytes) = self.world.saved(&name)
            && let Some((index, later)) = self.fitting_index(&*bytes)
        {
            let identity = identity(&index.entries);
            let mut entries: FxHashMap<Vec<u8>, Vec<Entry>> = FxHashMap::default();
            for entry in index.entries {
                entries.entry(entry.path.clone()).or_default().push(entry);
            }
            self.saved_files = Some(SavedFiles {
                bytes,
                entries,
                identity,
                later,
            });
        }
    }

    /// The index of the files that have a place, and the files that have none.
    fn fitting_index(&mut self, bytes: &dyn Saved) -> Option<(Index, FxHashSet<FileText>)> {
        let Some((count, expected)) = self.parsed_beside_values() else {
            return Some((adopt(self, bytes)?, FxHashSet::default()));
        };
        let mut index = read_index(bytes)?;
        if index.entries.len() < count as usize {
            return None;
        }
        let later = index.entries.split_off(count as usize).into_iter();
        let later = later.map(|entry| (entry.path, entry.text)).collect();
        (identity(&index.entries) == (count, expected)).then_some((index, later))
    }

    /// Which saved files are in use: how many, and a hash over them. Of an image that is not open, none are.
    pub(crate) fn saved_files_identity(&self) -> (u32, Digest) {
        let saved = self.saved_files.as_ref();
        saved.map_or((0, Digest::default()), |saved| saved.identity)
    }

    /// Code for the file at `path`, if it was saved with this text.
    pub(crate) fn saved_code(&mut self, path: &Rc<[u8]>, text: &Arc<[u8]>) -> Option<u32> {
        self.open_image();
        let saved = self.saved_files.as_ref()?;
        let entries = saved.entries.get(&path[..])?;
        let expected = digest(text);
        let entry = entries.iter().find(|entry| entry.text == expected)?.clone();
        let record = read_record(&*saved.bytes, &entry)?;
        let lowered = Lowered {
            root: entry.root,
            data: entry.data,
            code: entry.code,
            position: entry.position,
            record,
        };
        if !self.put(path, text, lowered) {
            return None;
        }
        if let Some(parsed) = &mut self.parsed {
            parsed.reuse(text);
        }
        self.stats.saved_files += 1;
        Some(entry.root)
    }

    /// Code for the file at `path`: as it was saved or lowered ahead, or lowered now.
    pub(crate) fn file_code(
        &mut self,
        path: &Rc<[u8]>,
        text: Arc<[u8]>,
        ready: Option<Ready>,
    ) -> R<u32> {
        if let Some(code) = self.editable_code(path, &text) {
            return code;
        }
        self.texts.insert(path.clone(), text.clone());
        if let Some(code) = self.saved_code(path, &text) {
            self.mark_shared(path, code);
            return Ok(code);
        }
        let (code, named) = self.lowered_code(path, &text, ready)?;
        self.mark_shared(path, code);
        let has_no_place = self.saved_files.as_ref().is_some_and(|saved| {
            !saved.later.is_empty() && saved.later.contains(&(path.to_vec(), digest(&text)))
        });
        match &mut self.parsed {
            Some(parsed) if has_no_place => parsed.displaced += text.len(),
            Some(_) => self.was_parsed(path, text, named),
            None => {}
        }
        Ok(code)
    }

    /// Code for the file at `path`, and the files that it names: as it was lowered ahead, or lowered now.
    fn lowered_code(
        &mut self,
        path: &Rc<[u8]>,
        text: &Arc<[u8]>,
        ahead: Option<Ready>,
    ) -> R<(u32, Vec<Box<[u8]>>)> {
        if let Some(ready) = ahead {
            let root = ready.lowered.root;
            self.symbols.catch_up();
            if self.put(path, text, ready.lowered) {
                self.stats.files += 1;
                return Ok((root, ready.named));
            }
        }
        let ast = self.parse(text, Origin::File(path.clone()), path::parent(path))?;
        let code = self.lower(&ast, &[])?;
        let named = match self.parsed {
            Some(_) => files_named(&ast, path, &self.symbols),
            None => Vec::new(),
        };
        self.spare_tree = ast.recycled();
        Ok((code, named))
    }

    /// Puts what came of a file where it belongs; `false` where that is not kept free.
    fn put(&mut self, path: &Rc<[u8]>, text: &Arc<[u8]>, lowered: Lowered) -> bool {
        let record = lowered.record;
        let data = (lowered.data, &record.data[..]);
        if !self.heap.restore(data, (lowered.code, &record.code)) {
            return false;
        }
        let origin = Origin::File(path.clone());
        self.positions
            .restore(origin, text.clone(), Position(lowered.position));
        let places = record.places.iter();
        let names = record.names.iter();
        let part = Part {
            places: places.map(|&(code, at)| (code, Position(at))).collect(),
            names: names.map(|&(code, name)| (code, Symbol(name))).collect(),
        };
        self.code_table.restore(lowered.code, part);
        for &symbol in &record.symbols {
            self.symbols.appears(Symbol(symbol));
        }
        true
    }
}
