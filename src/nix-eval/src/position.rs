//! Places in sources. One number for file and byte offset, as Nix's `PosTable` has it
//! (`position.hh`); line and column are worked out only when somebody asks.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::world::Saved;

/// A place: the file's base plus a byte offset, or [`Position::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Position(pub u32);

impl Position {
    /// No place known.
    pub const NONE: Self = Self(0);

    /// Whether this names a place.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// Where a source text came from.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its absolute path as the language sees it.
    File(Rc<[u8]>),
    /// Text from the command line, or given to the library.
    String,
    /// Standard input.
    Stdin,
    /// A file that is part of the evaluator.
    Internal(&'static str),
}

impl Origin {
    /// The path that the language is told, `None` for text that lies in no file.
    #[must_use]
    pub fn path(&self) -> Option<Vec<u8>> {
        match self {
            Self::File(path) => Some(path.to_vec()),
            Self::Internal(name) => Some(format!("/{name}").into_bytes()),
            Self::String | Self::Stdin => None,
        }
    }
}

/// A source text and the range of positions that it owns.
pub struct Source {
    /// Where the text came from.
    pub origin: Origin,
    text: Text,
    base: u32,
    length: u32,
    line_starts: OnceCell<Vec<u32>>,
}

/// A text, for lines and columns.
enum Text {
    /// In memory.
    Here(Arc<[u8]>),
    /// Where it was saved: it is read when somebody asks.
    Saved(Rc<dyn Saved>, u64, OnceCell<Vec<u8>>),
}

/// All sources of an evaluation.
#[derive(Default)]
pub struct PositionTable {
    sources: Vec<Source>,
    /// Sources whose positions were reserved, by base.
    reserved: BTreeMap<u32, Source>,
    /// Positions before this one belong to a source, or are reserved.
    next: u32,
}

/// A position made readable.
pub struct Place<'a> {
    /// The source it lies in.
    pub source: &'a Source,
    /// Byte offset from the start of the source.
    pub offset: u32,
}

impl PositionTable {
    /// Registers a source of `text` and returns the position of its first byte.
    /// The text is kept, since an error may have to show it; `None` where no position is left.
    pub fn add(&mut self, origin: Origin, text: Arc<[u8]>) -> Option<Position> {
        let base = self.next();
        let length = u32::try_from(text.len()).ok()?;
        self.next = base.checked_add(length)?.checked_add(2)?;
        self.sources.push(Source::new(origin, text, base, length));
        Some(Position(base))
    }

    /// The position that the next source will have.
    pub(crate) fn next(&self) -> u32 {
        self.next.max(1)
    }

    /// Keeps the positions before `end` for sources that are restored later.
    pub(crate) fn reserve(&mut self, end: u32) {
        self.next = self.next.max(end);
    }

    /// Registers a source whose positions were reserved.
    pub(crate) fn restore(&mut self, origin: Origin, text: Arc<[u8]>, base: Position) {
        let length = text.len() as u32;
        let source = Source::new(origin, text, base.0, length);
        self.reserved.insert(base.0, source);
    }

    /// Registers a source whose positions were reserved, and whose text is read when it is needed.
    pub(crate) fn restore_saved(
        &mut self,
        origin: Origin,
        (base, length): (u32, u32),
        (saved, offset): (Rc<dyn Saved>, u64),
    ) {
        let source = Source {
            origin,
            text: Text::Saved(saved, offset, OnceCell::new()),
            base,
            length,
            line_starts: OnceCell::new(),
        };
        self.reserved.insert(base, source);
    }

    /// All sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.reserved.values().chain(&self.sources)
    }

    /// The source and offset of `position`.
    #[must_use]
    pub fn place(&self, position: Position) -> Option<Place<'_>> {
        if !position.is_some() {
            return None;
        }
        let before = self.sources.partition_point(|s| s.base <= position.0);
        let own = before.checked_sub(1).map(|index| &self.sources[index]);
        let reserved = self.reserved.range(..=position.0).next_back();
        let reserved = reserved.map(|(_, source)| source);
        let mut sources = own.into_iter().chain(reserved);
        let source = sources.find(|source| position.0 - source.base <= source.length)?;
        Some(Place {
            source,
            offset: position.0 - source.base,
        })
    }
}

impl Place<'_> {
    /// Line and column, both from 1; the column counts bytes. CR, LF and CRLF end a line.
    #[must_use]
    pub fn line_column(&self) -> (u32, u32) {
        let starts = self.source.line_starts();
        let line = starts.partition_point(|&start| start <= self.offset);
        (line as u32, self.offset - starts[line - 1] + 1)
    }
}

impl Source {
    fn new(origin: Origin, text: Arc<[u8]>, base: u32, length: u32) -> Self {
        Self {
            origin,
            text: Text::Here(text),
            base,
            length,
            line_starts: OnceCell::new(),
        }
    }

    /// The position of its first byte, and how many bytes it has.
    pub(crate) fn range(&self) -> (u32, u32) {
        (self.base, self.length)
    }

    /// Whether its text was saved, and is read when it is needed.
    pub(crate) fn is_saved(&self) -> bool {
        matches!(self.text, Text::Saved(..))
    }

    /// The text; empty where it was saved and cannot be read again.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        match &self.text {
            Text::Here(text) => text,
            Text::Saved(saved, offset, text) => text.get_or_init(|| {
                let mut bytes = vec![0; self.length as usize];
                match saved.read_at(*offset, &mut bytes) {
                    Ok(()) => bytes,
                    Err(_) => Vec::new(),
                }
            }),
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let text = self.text();
            let mut starts = vec![0];
            let mut at = 0;
            while at < text.len() {
                let byte = text[at];
                at += 1;
                if byte == b'\r' && text.get(at) == Some(&b'\n') {
                    at += 1;
                }
                if byte == b'\n' || byte == b'\r' {
                    starts.push(at as u32);
                }
            }
            starts
        })
    }

    /// The bytes of line `line` (from 1), without its end.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<&[u8]> {
        let starts = self.line_starts();
        let start = *starts.get(line.checked_sub(1)? as usize)? as usize;
        let rest = self.text().get(start..)?;
        let end = rest
            .iter()
            .position(|&b| b == b'\n' || b == b'\r')
            .unwrap_or(rest.len());
        Some(&rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_lf_cr_or_both() {
        let mut table = PositionTable::default();
        let base = table
            .add(Origin::String, Arc::from(&b"a\r\nbc\rd\ne"[..]))
            .unwrap();
        let at = |offset| {
            table
                .place(Position(base.0 + offset))
                .unwrap()
                .line_column()
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(3), (2, 1));
        assert_eq!(at(4), (2, 2));
        assert_eq!(at(6), (3, 1));
        assert_eq!(at(8), (4, 1));
    }

    #[test]
    fn sources_do_not_share_positions() {
        let mut table = PositionTable::default();
        let first = table.add(Origin::String, Arc::from(&b"abc"[..])).unwrap();
        let second = table.add(Origin::Stdin, Arc::from(&b"x"[..])).unwrap();
        assert!(table.place(Position(first.0 + 3)).unwrap().source.origin == Origin::String);
        assert!(table.place(second).unwrap().source.origin == Origin::Stdin);
        assert!(table.place(Position::NONE).is_none());
    }
}
