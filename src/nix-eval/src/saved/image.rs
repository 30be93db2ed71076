//! The bytes of saved files: a header, a record for each file, an index. All numbers are
//! little-endian. Every part has its hash, so that what was cut off or changed is noticed when it is
//! read; nothing here touches a heap.

use nix_store::hash::{Algorithm, Hash};

use super::bytes::{Reader, Writer};
use crate::symbol::Names;

/// What every image starts with.
const MAGIC: &[u8; 8] = b"coop-ir\n";
/// Bytes of the header: magic, where the index is, how long it is, its hash.
pub(super) const HEADER_BYTES: usize = 8 + 8 + 8 + HASH_BYTES;
/// Bytes of a hash here: a BLAKE3 one, folded.
const HASH_BYTES: usize = 16;

/// A hash of what was saved, or of the text it came from.
pub(crate) type Digest = [u8; HASH_BYTES];

/// The hash of `bytes`.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Hash::of(Algorithm::Blake3, bytes).fold()
}

/// Where the regions, names and positions end.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Ends {
    pub(crate) data: u32,
    pub(crate) code: u32,
    pub(crate) positions: u32,
    pub(crate) symbols: u32,
}

/// One file in the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// Its absolute path, as the language sees it.
    pub(super) path: Vec<u8>,
    /// The hash of its text.
    pub(super) text: Digest,
    /// Where its record is, in bytes from the start.
    pub(super) offset: u64,
    /// Bytes of its record.
    pub(super) length: u32,
    /// The hash of its record.
    pub(super) record: Digest,
    /// The instruction it starts with.
    pub(super) root: u32,
    /// The word of code where its part starts.
    pub(super) code: u32,
    /// The granule's word where its part of the data starts.
    pub(super) data: u32,
    /// The position of its first byte.
    pub(super) position: u32,
}

/// What an image holds beside the records.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Index {
    /// Where everything starts: where a new evaluator's own things end.
    pub(super) start: Ends,
    /// Where everything ends.
    pub(super) end: Ends,
    /// The names of the symbols from `start.symbols` on.
    pub(super) names: Names,
    pub(super) entries: Vec<Entry>,
}

/// The lowered form of one file.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) code: Vec<u32>,
    pub(super) data: Vec<u32>,
    /// Instructions and where they were written.
    pub(super) places: Vec<(u32, u32)>,
    /// Instructions and the names of their values.
    pub(super) names: Vec<(u32, u32)>,
    /// The symbols in the file, by first appearance.
    pub(super) symbols: Vec<u32>,
}

impl Record {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.words(&self.code);
        out.words(&self.data);
        out.pairs(&self.places);
        out.pairs(&self.names);
        out.words(&self.symbols);
        out.0
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let record = Self {
            code: from.words()?,
            data: from.words()?,
            places: from.pairs()?,
            names: from.pairs()?,
            symbols: from.words()?,
        };
        from.0.is_empty().then_some(record)
    }
}

impl Index {
    /// The header for an index at `offset`, and the index.
    pub(super) fn to_bytes(&self, offset: u64) -> (Vec<u8>, Vec<u8>) {
        let mut out = Writer::default();
        put_ends(&mut out, self.start);
        put_ends(&mut out, self.end);
        out.names(&self.names);
        out.number(self.entries.len());
        for entry in &self.entries {
            out.bytes(&entry.path);
            out.0.extend(entry.text);
            out.0.extend(entry.offset.to_le_bytes());
            out.0.extend(entry.record);
            let words = [
                entry.length,
                entry.root,
                entry.code,
                entry.data,
                entry.position,
            ];
            for word in words {
                out.word(word);
            }
        }
        let mut header = MAGIC.to_vec();
        header.extend(offset.to_le_bytes());
        header.extend((out.0.len() as u64).to_le_bytes());
        header.extend(digest(&out.0));
        (header, out.0)
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let (start, end) = (take_ends(&mut from)?, take_ends(&mut from)?);
        let names = from.names()?;
        let count = from.count(4)?;
        let entries = (0..count)
            .map(|_| take_entry(&mut from))
            .collect::<Option<_>>()?;
        from.0.is_empty().then_some(Self {
            start,
            end,
            names,
            entries,
        })
    }
}

/// Where the index is, how long it is, and its hash.
pub(super) fn parse_header(bytes: &[u8]) -> Option<(u64, usize, Digest)> {
    let mut from = Reader(bytes.strip_prefix(MAGIC)?);
    let offset = u64::from_le_bytes(from.take()?);
    let length = u64::from_le_bytes(from.take()?);
    Some((offset, usize::try_from(length).ok()?, from.take()?))
}

fn put_ends(out: &mut Writer, ends: Ends) {
    for word in [ends.data, ends.code, ends.positions, ends.symbols] {
        out.word(word);
    }
}

fn take_ends(from: &mut Reader<'_>) -> Option<Ends> {
    Some(Ends {
        data: from.word()?,
        code: from.word()?,
        positions: from.word()?,
        symbols: from.word()?,
    })
}

fn take_entry(from: &mut Reader<'_>) -> Option<Entry> {
    Some(Entry {
        path: from.bytes()?,
        text: from.take()?,
        offset: u64::from_le_bytes(from.take()?),
        record: from.take()?,
        length: from.word()?,
        root: from.word()?,
        code: from.word()?,
        data: from.word()?,
        position: from.word()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let record = Record {
            code: vec![1, 2, 3],
            data: vec![],
            places: vec![(1, 9)],
            names: vec![(2, 8), (3, 7)],
            symbols: vec![u32::MAX],
        };
        assert_eq!(Record::parse(&record.to_bytes()), Some(record));
        let mut names = Names::default();
        names.push(b"name");
        names.push(b"");
        assert!(names.iter().eq([&b"name"[..], b""]));
        let index = Index {
            names,
            entries: vec![Entry {
                path: b"/a".to_vec(),
                text: digest(b"text"),
                offset: 1 << 40,
                length: 2,
                record: digest(b"record"),
                root: 3,
                code: 4,
                data: 5,
                position: 6,
            }],
            ..Index::default()
        };
        let (header, bytes) = index.to_bytes(77);
        assert_eq!(header.len(), HEADER_BYTES);
        assert_eq!(
            parse_header(&header),
            Some((77, bytes.len(), digest(&bytes)))
        );
        assert_eq!(Index::parse(&bytes), Some(index));
    }

    #[test]
    fn no_part_of_a_record_is_one() {
        let record = Record {
            code: vec![1, 2],
            symbols: vec![3],
            ..Record::default()
        };
        let bytes = record.to_bytes();
        for length in 0..bytes.len() {
            assert_eq!(Record::parse(&bytes[..length]), None);
        }
    }
}
