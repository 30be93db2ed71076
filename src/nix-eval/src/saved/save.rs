//! Writing an image: what the one before holds, and the files that had to be parsed.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::image::{Digest, Entry, HEADER_BYTES, Index, Names, Record, digest};
use super::{adopt, ends_of, image_name};
use crate::eval::{Evaluator, Settings, with_stack};
use crate::path;
use crate::position::Origin;
use crate::symbol::Symbol;
use crate::world::{FetchRequest, Fetched, FileType, World};

/// Text that is worth saving, in bytes: less is parsed before an image would be written.
const WORTH_SAVING: usize = 64 << 10;
/// What is worth saving is at least this part of what was saved already. A tree that changes with
/// every edit has another path each time, and would be saved again and again.
const PART_WORTH_SAVING: usize = 16;
/// Bytes that an image may grow to; after that it starts anew with what the last evaluation read.
const MOST_BYTES: u64 = 256 << 20;

/// Path and text.
type ParsedFile = (Rc<[u8]>, Rc<[u8]>);

/// The files that an evaluation had to parse.
pub(crate) struct Parsed {
    image: String,
    files: Vec<ParsedFile>,
    bytes: usize,
    /// Bytes of the files that were saved already.
    reused: usize,
    /// Bytes of the files that were saved, but for which there is no place beside the values that
    /// are in use.
    pub(super) displaced: usize,
}

impl Parsed {
    pub(super) fn new(image: String) -> Self {
        Self {
            image,
            files: Vec::new(),
            bytes: 0,
            reused: 0,
            displaced: 0,
        }
    }

    pub(super) fn reuse(&mut self, text: &[u8]) {
        self.reused += text.len();
    }

    pub(super) fn add(&mut self, path: Rc<[u8]>, text: Rc<[u8]>) {
        self.bytes += text.len();
        self.files.push((path, text));
    }
}

/// Files that later evaluations need not parse, once they are saved.
pub struct Unsaved {
    image: String,
    settings: Settings,
    now: i64,
    /// Paths and texts.
    files: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Evaluator {
    /// Whether many files were parsed because they have no place beside the values that are in use.
    pub(crate) fn has_displaced_files(&self) -> bool {
        let parsed = self.parsed.as_ref();
        parsed.is_some_and(|parsed| {
            parsed.displaced >= WORTH_SAVING.max(parsed.reused / PART_WORTH_SAVING)
        })
    }

    /// What there is to save, where that is worth it.
    pub fn take_unsaved(&mut self) -> Option<Unsaved> {
        let parsed = self.parsed.take_if(|parsed| {
            parsed.bytes >= WORTH_SAVING.max(parsed.reused / PART_WORTH_SAVING)
        })?;
        let files = parsed.files.iter();
        Some(Unsaved {
            image: parsed.image,
            settings: self.settings.clone(),
            now: self.world.now(),
            files: files
                .map(|(path, text)| (path.to_vec(), text.to_vec()))
                .collect(),
        })
    }
}

impl Unsaved {
    /// Parses the files once more, where nothing else is going on, and saves what comes of it.
    ///
    /// # Errors
    /// As the system reports them. Nothing depends on its success but the speed of what follows.
    pub fn save(self, world: &mut (dyn World + Send)) -> io::Result<()> {
        with_stack(|| self.write(world))?.unwrap_or(Ok(()))
    }

    fn write(self, world: &mut dyn World) -> io::Result<()> {
        let has_spoken = Rc::new(Cell::new(false));
        let nowhere = Nowhere {
            now: self.now,
            has_spoken: has_spoken.clone(),
        };
        let mut evaluator = Evaluator::new(self.settings, Box::new(nowhere))?;
        evaluator.start_on_this_stack();
        if image_name(&evaluator) != self.image {
            return Ok(());
        }
        let Some((mut index, mut records)) = continued(&mut evaluator, world, &self.image)? else {
            return Ok(());
        };
        evaluator.symbols.forget_appearances();
        evaluator.code_table.take();
        let known: FxHashSet<(Vec<u8>, Digest)> = index
            .entries
            .iter()
            .map(|entry| (entry.path.clone(), entry.text))
            .collect();
        for (path, text) in self.files {
            if known.contains(&(path.clone(), digest(&text))) {
                continue;
            }
            has_spoken.set(false);
            let parsed = record(&mut evaluator, &path.into(), &text.into());
            // What warns has to be parsed each time.
            if let Some((mut entry, record)) = parsed.filter(|_| !has_spoken.get()) {
                let record = record.to_bytes();
                entry.offset = (HEADER_BYTES + records.len()) as u64;
                entry.length = record.len() as u32;
                entry.record = digest(&record);
                records.extend(record);
                index.entries.push(entry);
            }
        }
        index.end = ends_of(&evaluator);
        index.names = Names::default();
        for symbol in index.start.symbols..index.end.symbols {
            index.names.push(evaluator.symbols.name(Symbol(symbol)));
        }
        let (header, index) = index.to_bytes((HEADER_BYTES + records.len()) as u64);
        world.save(&self.image, &[&header, &records, &index])
    }
}

/// The index and the records that the new image starts with: those of the one before, or none.
fn continued(
    evaluator: &mut Evaluator,
    world: &mut dyn World,
    image: &str,
) -> io::Result<Option<(Index, Vec<u8>)>> {
    let start = ends_of(evaluator);
    if let Some(bytes) = world.saved(image)
        && bytes.length() < MOST_BYTES
        && let Some(index) = adopt(evaluator, &*bytes)
    {
        let ends = index.entries.iter();
        let end = ends.map(|entry| entry.offset + u64::from(entry.length));
        let end = usize::try_from(end.max().unwrap_or(0)).unwrap_or(0);
        let mut records = vec![0; end.saturating_sub(HEADER_BYTES)];
        bytes.read_at(HEADER_BYTES as u64, &mut records)?;
        return Ok(Some((index, records)));
    }
    let index = Index {
        start,
        ..Index::default()
    };
    let has_room = evaluator.heap.reserve(start.data, start.code);
    Ok(has_room.then(|| (index, Vec::new())))
}

/// Parses a file where nothing else is going on, and takes out what that left.
fn record(evaluator: &mut Evaluator, path: &Rc<[u8]>, text: &Rc<[u8]>) -> Option<(Entry, Record)> {
    let start = evaluator.heap.ends();
    let position = evaluator.positions.next();
    let origin = Origin::File(path.clone());
    let root = evaluator.parse_source(text, origin, path::parent(path), &[]);
    let (data, code) = evaluator.heap.words_since(start.0, start.1);
    let part = evaluator.code_table.take();
    let symbols = evaluator.symbols.take_appearances();
    let entry = Entry {
        path: path.to_vec(),
        text: digest(text),
        offset: 0,
        length: 0,
        record: Digest::default(),
        root: root.ok()?,
        code: start.1,
        data: start.0,
        position,
    };
    let record = Record {
        code,
        data,
        places: part.places.iter().map(|&(code, at)| (code, at.0)).collect(),
        names: part
            .names
            .iter()
            .map(|&(code, name)| (code, name.0))
            .collect(),
        symbols,
    };
    Some((entry, record))
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
