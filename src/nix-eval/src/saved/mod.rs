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

mod image;
mod save;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::eval::Evaluator;
use crate::ir::Part;
use crate::path;
use crate::position::{Origin, Position};
use crate::symbol::Symbol;
use crate::world::Saved;

use image::{Ends, Entry, HEADER_BYTES, Index, Record, digest, parse_header};
pub(crate) use save::Parsed;
pub use save::Unsaved;

/// The image that an evaluation uses.
pub(crate) struct SavedFiles {
    bytes: Box<dyn Saved>,
    /// Where each file's entries are, by path: a file has one for each of its texts.
    entries: FxHashMap<Vec<u8>, Vec<Entry>>,
}

/// The name of the image that fits an evaluator which has not evaluated anything yet: its build,
/// what its settings do to the language, and how its heap and its globals lie.
fn image_name(evaluator: &Evaluator) -> String {
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
fn ends_of(evaluator: &Evaluator) -> Ends {
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
        if !self.settings.lints.is_silent() {
            return;
        }
        let name = image_name(self);
        if let Some(bytes) = self.world.saved(&name)
            && let Some(index) = adopt(self, &*bytes)
        {
            let mut entries: FxHashMap<Vec<u8>, Vec<Entry>> = FxHashMap::default();
            for entry in index.entries {
                entries.entry(entry.path.clone()).or_default().push(entry);
            }
            self.saved_files = Some(SavedFiles { bytes, entries });
        }
        self.parsed = Some(Parsed::new(name));
    }

    /// Code for the file at `path`, if it was saved with this text.
    pub(crate) fn saved_code(&mut self, path: &Rc<[u8]>, text: &Rc<[u8]>) -> Option<u32> {
        let saved = self.saved_files.as_ref()?;
        let entries = saved.entries.get(&path[..])?;
        let expected = digest(text);
        let entry = entries.iter().find(|entry| entry.text == expected)?.clone();
        let record = read_record(&*saved.bytes, &entry)?;
        let data = (entry.data, &record.data[..]);
        if !self.heap.restore(data, (entry.code, &record.code)) {
            return None;
        }
        let origin = Origin::File(path.clone());
        self.positions
            .restore(origin, text.clone(), Position(entry.position));
        let places = record.places.iter();
        let names = record.names.iter();
        let part = Part {
            places: places.map(|&(code, at)| (code, Position(at))).collect(),
            names: names.map(|&(code, name)| (code, Symbol(name))).collect(),
        };
        self.code_table.restore(entry.code, part);
        for &symbol in &record.symbols {
            self.symbols.appears(Symbol(symbol));
        }
        if let Some(parsed) = &mut self.parsed {
            parsed.reuse(text);
        }
        self.stats.saved_files += 1;
        Some(entry.root)
    }

    /// Code for the file at `path`: as it was saved, or parsed now.
    pub(crate) fn file_code(&mut self, path: &Rc<[u8]>, text: Vec<u8>) -> crate::eval::R<u32> {
        let text: Rc<[u8]> = text.into();
        if let Some(code) = self.saved_code(path, &text) {
            return Ok(code);
        }
        let origin = Origin::File(path.clone());
        let code = self.parse_source(&text, origin, path::parent(path), &[])?;
        if let Some(parsed) = &mut self.parsed {
            parsed.add(path.clone(), text);
        }
        Ok(code)
    }
}
