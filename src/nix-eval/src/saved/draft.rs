//! An image in the making.

use std::io;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::image::{Entry, HEADER_BYTES, Index, digest};
use super::lowering::{Lowered, Lowering};
use super::{FileText, adopt, ends_of};
use crate::eval::{Evaluator, Settings};
use crate::symbol::{Names, Symbol};
use crate::world::{Saved, Saving};

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
    lowering: Lowering,
    index: Index,
    known: FxHashSet<FileText>,
    /// Where records go.
    records: Box<dyn Saving>,
    /// Bytes of records.
    length: u64,
}

/// Bytes that are copied at once.
const COPIED: usize = 1 << 20;

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
        let Some(mut lowering) = Lowering::new(settings, now, name)? else {
            return Ok(None);
        };
        // The header comes here when it is known.
        records.append(&[0; HEADER_BYTES])?;
        let Some((index, length)) = continued(&mut lowering.evaluator, before, &mut *records)?
        else {
            return Ok(None);
        };
        lowering.start();
        let entries = index.entries.iter();
        let known = entries.map(|entry| (entry.path.clone(), entry.text));
        Ok(Some(Self {
            known: known.collect(),
            lowering,
            index,
            records,
            length,
        }))
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
        let Some((lowered, ())) = self.lowering.lower(path, text, |_, _| ()) else {
            return Ok(());
        };
        let Lowered {
            root,
            data,
            code,
            position,
            record,
        } = lowered;
        let record = record.to_bytes();
        self.records.append(&record)?;
        self.index.entries.push(Entry {
            path: path.to_vec(),
            text: hash,
            offset: HEADER_BYTES as u64 + self.length,
            length: record.len() as u32,
            record: digest(&record),
            root,
            code,
            data,
            position,
        });
        self.length += record.len() as u64;
        Ok(())
    }

    /// Writes what is left of the image.
    ///
    /// # Errors
    /// As the system reports them.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let evaluator = &self.lowering.evaluator;
        self.index.end = ends_of(evaluator);
        let mut names = Names::default();
        for symbol in self.index.start.symbols..self.index.end.symbols {
            names.push(evaluator.symbols.name(Symbol(symbol)));
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
