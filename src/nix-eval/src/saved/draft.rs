//! An image in the making: files that are parsed where nothing else is going on, so that what comes
//! of each lies together.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::image::{Entry, HEADER_BYTES, Index, Names, Record, digest};
use super::{FileText, adopt, ends_of, image_name};
use crate::eval::{Evaluator, Settings};
use crate::path;
use crate::position::{Origin, Position};
use crate::symbol::Symbol;
use crate::syntax::ast::Ast;
use crate::world::{FetchRequest, Fetched, FileType, Saved, Saving, World};

/// Bytes that an image may grow to; after that it starts anew with what the last evaluation read.
const MOST_BYTES: u64 = 256 << 20;

/// What a new image starts with, told by the header of the one before.
pub(super) type Start = Option<[u8; HEADER_BYTES]>;

/// What the image `saved` would be continued from.
pub(super) fn start_of(saved: Option<&dyn Saved>) -> Start {
    let saved = saved.filter(|saved| saved.length() < MOST_BYTES)?;
    let mut header = [0; HEADER_BYTES];
    saved.read_at(0, &mut header).ok()?;
    Some(header)
}

/// An image in the making.
pub(super) struct Draft {
    evaluator: Evaluator,
    has_spoken: Rc<Cell<bool>>,
    index: Index,
    known: FxHashSet<FileText>,
    /// Where records go.
    records: Box<dyn Saving>,
    /// Bytes of records.
    length: u64,
    /// Where memory begins that has not been given back.
    kept: (u32, u32),
}

/// The position of the first byte of a text that is parsed for others.
pub(super) const BASE: Position = Position(1);

/// Bytes that are copied at once.
const COPIED: usize = 1 << 20;

/// A file's syntax tree in the draft's own names, and with its text at [`BASE`].
pub(super) struct Tree {
    pub(super) ast: Ast,
    /// The names in it, as they appeared.
    pub(super) appeared: Vec<u32>,
}

impl Draft {
    /// Begins an image called `name` with what the one before holds; `None` where these settings make
    /// another image.
    ///
    /// # Errors
    /// As the system reports them.
    pub(super) fn begin(
        settings: Settings,
        now: i64,
        name: &str,
        before: Option<&dyn Saved>,
        mut records: Box<dyn Saving>,
    ) -> io::Result<Option<Self>> {
        let has_spoken = Rc::new(Cell::new(false));
        let nowhere = Nowhere {
            now,
            has_spoken: has_spoken.clone(),
        };
        let mut evaluator = Evaluator::new(settings, Box::new(nowhere))?;
        evaluator.start_on_this_stack();
        if image_name(&evaluator) != name {
            return Ok(None);
        }
        let Some((index, length)) = continued(&mut evaluator, before, &mut *records)? else {
            return Ok(None);
        };
        evaluator.symbols.forget_appearances();
        evaluator.code_table.take();
        evaluator.heap.be_frugal();
        let entries = index.entries.iter();
        let known = entries.map(|entry| (entry.path.clone(), entry.text));
        Ok(Some(Self {
            known: known.collect(),
            kept: evaluator.heap.ends(),
            evaluator,
            has_spoken,
            index,
            records,
            length,
        }))
    }

    /// Parses a file; `None` where it is no expression, or says something.
    pub(super) fn parse(&mut self, path: &[u8], text: &[u8]) -> Option<Tree> {
        self.has_spoken.set(false);
        let folder = path::parent(path);
        let ast = self.evaluator.parse_at(text, BASE, folder).ok();
        let appeared = self.evaluator.symbols.take_appearances();
        let mut ast = ast.filter(|_| !self.has_spoken.get())?;
        let tree = ast.take_compact();
        self.evaluator.spare_tree = ast;
        Some(Tree {
            ast: tree,
            appeared,
        })
    }

    /// Takes a file into the image, where it is not there yet.
    ///
    /// # Errors
    /// As the system reports them: the image is of no use then.
    pub(super) fn add(&mut self, path: &[u8], text: &Arc<[u8]>) -> io::Result<()> {
        let hash = digest(text);
        if !self.known.insert((path.to_vec(), hash)) {
            return Ok(());
        }
        let evaluator = &mut self.evaluator;
        let start = evaluator.heap.ends();
        let position = evaluator.positions.next();
        self.has_spoken.set(false);
        let origin = Origin::File(path.into());
        let root = evaluator.parse_source(text, origin, path::parent(path), &[]);
        let (data, code) = evaluator.heap.words_since(start.0, start.1);
        let part = evaluator.code_table.take();
        let symbols = evaluator.symbols.take_appearances();
        // What warns has to be parsed each time.
        let Some(root) = root.ok().filter(|_| !self.has_spoken.get()) else {
            return Ok(());
        };
        let places = part.places.iter();
        let names = part.names.iter();
        let record = Record {
            code,
            data,
            places: places.map(|&(code, at)| (code, at.0)).collect(),
            names: names.map(|&(code, name)| (code, name.0)).collect(),
            symbols,
        };
        let record = record.to_bytes();
        self.records.append(&record)?;
        self.index.entries.push(Entry {
            path: path.to_vec(),
            text: hash,
            offset: HEADER_BYTES as u64 + self.length,
            length: record.len() as u32,
            record: digest(&record),
            root,
            code: start.1,
            data: start.0,
            position,
        });
        self.length += record.len() as u64;
        self.kept = evaluator.heap.give_back(self.kept);
        Ok(())
    }

    /// The names from symbol `from` on.
    pub(super) fn names_from(&self, from: usize) -> impl Iterator<Item = &[u8]> {
        let symbols = &self.evaluator.symbols;
        (from..symbols.len()).map(|symbol| symbols.name(Symbol(symbol as u32)))
    }

    /// Writes what is left of the image.
    ///
    /// # Errors
    /// As the system reports them.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.index.end = ends_of(&self.evaluator);
        let mut names = Names::default();
        for name in self.names_from(self.index.start.symbols as usize) {
            names.push(name);
        }
        self.index.names = names;
        let (header, index) = self.index.to_bytes(HEADER_BYTES as u64 + self.length);
        self.records.finish(&header, &index)
    }
}

/// The index that the new image starts with, and how many bytes of records: those of the one before, or
/// none.
fn continued(
    evaluator: &mut Evaluator,
    before: Option<&dyn Saved>,
    records: &mut dyn Saving,
) -> io::Result<Option<(Index, u64)>> {
    let start = ends_of(evaluator);
    if let Some(bytes) = before
        && bytes.length() < MOST_BYTES
        && let Some(index) = adopt(evaluator, bytes)
    {
        let ends = index.entries.iter();
        let end = ends.map(|entry| entry.offset + u64::from(entry.length));
        let end = end.max().unwrap_or(HEADER_BYTES as u64);
        let mut at = HEADER_BYTES as u64;
        let mut part = vec![0; COPIED];
        while at < end {
            let rest = usize::try_from(end - at).unwrap_or(COPIED);
            let part = &mut part[..rest.min(COPIED)];
            bytes.read_at(at, part)?;
            records.append(part)?;
            at += part.len() as u64;
        }
        return Ok(Some((index, end - HEADER_BYTES as u64)));
    }
    let index = Index {
        start,
        ..Index::default()
    };
    let has_room = evaluator.heap.reserve(start.data, start.code);
    Ok(has_room.then_some((index, 0)))
}

/// A world without anything in it, for an evaluator that only parses.
struct Nowhere {
    now: i64,
    has_spoken: Rc<Cell<bool>>,
}

fn nothing<T>() -> io::Result<T> {
    Err(io::ErrorKind::NotFound.into())
}

impl World for Nowhere {
    fn read_file(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        nothing()
    }

    fn file_type(&mut self, _: &[u8]) -> io::Result<Option<FileType>> {
        Ok(None)
    }

    fn read_dir(&mut self, _: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        nothing()
    }

    fn read_link(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        nothing()
    }

    fn variable(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&mut self) -> i64 {
        self.now
    }

    fn say(&mut self, _: &[u8]) {
        self.has_spoken.set(true);
    }

    fn fetch(&mut self, _: &FetchRequest) -> Result<Fetched, String> {
        Err("nothing is fetched here".to_owned())
    }
}
