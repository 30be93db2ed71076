//! The bytes of saved values: a header, tables, what tables point to and is read when it is asked
//! for, data, code. All numbers are little-endian; data and code lie as they lie in memory, each from
//! a page on. That every byte is as it was written is seen to by who keeps them.

use crate::heap::Part;
use crate::saved::bytes::{Reader, Writer};
use crate::world::Saved;

/// What saved values start with.
const MAGIC: &[u8; 8] = b"coop-val";
/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 64;
/// Where data and code may start.
const PAGE: usize = 64 << 10;

/// Where the parts are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    pub(super) tables: usize,
    pub(super) data: Part,
    pub(super) code: Part,
}

impl Layout {
    /// The layout of parts with these lengths: tables, what they point to, data, code.
    pub(super) fn new(tables: usize, more: usize, data: usize, code: usize) -> Self {
        let data_at = (HEADER_BYTES + tables + more).next_multiple_of(PAGE);
        let code_at = (data_at + data).next_multiple_of(PAGE);
        Self {
            tables,
            data: part(data_at, data),
            code: part(code_at, code),
        }
    }

    /// Where what the tables point to starts.
    pub(super) fn more(self) -> u64 {
        (HEADER_BYTES + self.tables) as u64
    }

    /// Zeros before data, before code, and at the end.
    pub(super) fn padding(self, more: usize) -> [usize; 3] {
        let (data, code) = (self.data.offset as usize, self.code.offset as usize);
        let end = code + self.code.length;
        [
            data - HEADER_BYTES - self.tables - more,
            code - data - self.data.length,
            end.next_multiple_of(PAGE) - end,
        ]
    }

    pub(super) fn header(self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        let numbers = [
            self.tables as u64,
            self.data.offset,
            self.data.length as u64,
            self.code.offset,
            self.code.length as u64,
        ];
        for number in numbers {
            out.0.extend(number.to_le_bytes());
        }
        out.0.resize(HEADER_BYTES, 0);
        out.0
    }

    pub(super) fn read(saved: &dyn Saved) -> Option<Self> {
        let mut header = [0; HEADER_BYTES];
        saved.read_at(0, &mut header).ok()?;
        let mut from = Reader(header.strip_prefix(MAGIC)?);
        let mut number = || Some(u64::from_le_bytes(from.take()?));
        let tables = usize::try_from(number()?).ok()?;
        let mut next = || {
            let offset = number()?;
            Some((offset, usize::try_from(number()?).ok()?))
        };
        let (data, code) = (next()?, next()?);
        let layout = Self {
            tables,
            data: Part {
                offset: data.0,
                length: data.1,
            },
            code: Part {
                offset: code.0,
                length: code.1,
            },
        };
        let is_sound = |part: Part| {
            let end = part.offset.checked_add(part.length as u64);
            part.offset.is_multiple_of(PAGE as u64)
                && part.length.is_multiple_of(4)
                && end.is_some_and(|end| end <= saved.length())
        };
        let has_tables =
            layout.data.offset >= (HEADER_BYTES as u64).saturating_add(layout.tables as u64);
        (has_tables && is_sound(layout.data) && is_sound(layout.code)).then_some(layout)
    }
}

fn part(offset: usize, length: usize) -> Part {
    Part {
        offset: offset as u64,
        length,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    struct Bytes(Vec<u8>);

    impl Saved for Bytes {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            let start = offset as usize;
            let bytes = self.0.get(start..start + buffer.len());
            buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        }

        fn length(&self) -> u64 {
            self.0.len() as u64
        }
    }

    #[test]
    fn no_part_lies_outside_of_the_file() {
        let layout = Layout::new(100, 50, 8, 16);
        let file = |layout: Layout| {
            let mut bytes = layout.header();
            bytes.resize(3 * PAGE, 0);
            Layout::read(&Bytes(bytes))
        };
        assert_eq!(file(layout), Some(layout));
        let changes: [fn(&mut Layout); 6] = [
            |layout| layout.tables = 1 << 40,
            |layout| layout.tables = usize::MAX,
            |layout| layout.data.length = 4 * PAGE,
            |layout| layout.data.offset = u64::MAX - 65535,
            |layout| layout.code.offset += 8,
            |layout| layout.code.length = 3,
        ];
        for change in changes {
            let mut layout = layout;
            change(&mut layout);
            assert_eq!(file(layout), None);
        }
    }
}
