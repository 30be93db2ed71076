//! The bytes of an evaluation that hibernates: a header; what is read at once; what tables point to; then, aligned as
//! memory is mapped, pages of adopted data and code that were written to, data, and code that came behind them.
//! All numbers are little-endian. That every byte is as it was written is seen to by who keeps them.

use crate::heap::{ALIGNMENT, LayerPart, Part};
use crate::saved::bytes::{Reader, Writer};
use crate::world::Saved;

const MAGIC: &[u8; 8] = b"coop-hib";
/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 128;

/// Where everything is, and over what it belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    /// The hash of what it began with: values that were adopted, or, where it is whole, the evaluator.
    pub(super) base: [u8; 32],
    pub(super) is_whole: bool,
    /// Bytes that are read at once, and bytes that tables point to.
    pub(super) head: usize,
    more: usize,
    /// Bytes of a page.
    pub(super) page: usize,
    /// For data and code: how many pages there are, how many bytes come behind them, and the word at which all
    /// of it ends.
    pages: [usize; 2],
    rest: [usize; 2],
    ends: [u32; 2],
}

impl Layout {
    /// The layout of parts with these lengths.
    pub(super) fn new(
        (base, is_whole): ([u8; 32], bool),
        [head, more]: [usize; 2],
        (page, pages): (usize, [usize; 2]),
        rest: [usize; 2],
        ends: (u32, u32),
    ) -> Self {
        let ends = [ends.0, ends.1];
        Self {
            base,
            is_whole,
            head,
            more,
            page,
            pages,
            rest,
            ends,
        }
    }

    pub(super) fn header(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.0.extend(self.base);
        let [data_end, code_end] = self.ends.map(|end| end as usize);
        let numbers = [
            usize::from(self.is_whole),
            self.head,
            self.more,
            self.page,
            self.pages[0],
            self.pages[1],
            self.rest[0],
            self.rest[1],
            data_end,
            code_end,
        ];
        for number in numbers {
            out.0.extend((number as u64).to_le_bytes());
        }
        out.0.resize(HEADER_BYTES, 0);
        out.0
    }

    /// The layout of what was saved; `None` where a part would lie outside of it.
    pub(super) fn read(saved: &dyn Saved) -> Option<Self> {
        let mut header = [0; HEADER_BYTES];
        saved.read_at(0, &mut header).ok()?;
        let mut from = Reader(header.strip_prefix(MAGIC)?);
        let base = from.take()?;
        let mut number = || {
            let number = usize::try_from(u64::from_le_bytes(from.take()?)).ok()?;
            // No sum of a few of them is too large for a number then.
            (number as u64 <= saved.length()).then_some(number)
        };
        let layout = Self {
            base,
            is_whole: number()? == 1,
            head: number()?,
            more: number()?,
            page: number()?,
            pages: [number()?, number()?],
            rest: [number()?, number()?],
            ends: [
                u32::try_from(u64::from_le_bytes(from.take()?)).ok()?,
                u32::try_from(u64::from_le_bytes(from.take()?)).ok()?,
            ],
        };
        let is_page = layout.page.is_power_of_two() && layout.page <= ALIGNMENT;
        let pages_fit = |&count: &usize| count as u64 <= saved.length() / layout.page as u64;
        let is_sound = is_page
            && layout.pages.iter().all(pages_fit)
            && layout.rest.iter().all(|length| length.is_multiple_of(4));
        (is_sound && layout.end() <= saved.length()).then_some(layout)
    }

    /// Where what the tables point to starts.
    pub(super) fn more(&self) -> u64 {
        (HEADER_BYTES + self.head) as u64
    }

    /// Where data and code end, in words.
    pub(super) fn ends(&self) -> (u32, u32) {
        (self.ends[0], self.ends[1])
    }

    /// The layers of data and code, whose pages have these numbers.
    pub(super) fn layers(&self, pages: [Vec<u32>; 2]) -> Option<[LayerPart; 2]> {
        if pages.each_ref().map(Vec::len) != self.pages {
            return None;
        }
        let [data_rest, code_rest] = self.rest_at();
        let [data, code] = pages;
        let start = self.pages_at();
        let part = |offset, length| Part { offset, length };
        Some([
            LayerPart {
                pages: data,
                pages_at: start,
                rest: part(data_rest, self.rest[0]),
            },
            LayerPart {
                pages: code,
                pages_at: start + (self.pages[0] * self.page) as u64,
                rest: part(code_rest, self.rest[1]),
            },
        ])
    }

    fn pages_at(&self) -> u64 {
        ((HEADER_BYTES + self.head + self.more) as u64).next_multiple_of(ALIGNMENT as u64)
    }

    fn rest_at(&self) -> [u64; 2] {
        let pages = (self.pages[0] + self.pages[1]) * self.page;
        let data = (self.pages_at() + pages as u64).next_multiple_of(ALIGNMENT as u64);
        let code = (data + self.rest[0] as u64).next_multiple_of(ALIGNMENT as u64);
        [data, code]
    }

    fn end(&self) -> u64 {
        let [_, code] = self.rest_at();
        (code + self.rest[1] as u64).next_multiple_of(ALIGNMENT as u64)
    }
}
