//! What an evaluation adds to values that it adopted: the pages of those that it wrote to, and all that
//! comes behind them. Put over the same values again, they make the same heap.

use std::io;

use super::region::{Part, Region};
use crate::world::Saved;

/// Where parts of a layer start, in bytes: pages are no larger.
pub(crate) const ALIGNMENT: usize = 64 << 10;
const ALIGNMENT_WORDS: u32 = (ALIGNMENT / 4) as u32;

/// Where a layer of one region lies among saved bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LayerPart {
    /// The pages that may differ from what was adopted, by number.
    pub(crate) pages: Vec<u32>,
    /// Where the first of them is; the others follow.
    pub(crate) pages_at: u64,
    /// What comes behind the pages of what was adopted.
    pub(crate) rest: Part,
}

impl Region {
    /// The word at which the rest begins.
    fn layer_start(&self) -> u32 {
        self.adopted().next_multiple_of(ALIGNMENT_WORDS)
    }

    /// The numbers of the pages before the rest of a layer that may differ from what was adopted: those that are this
    /// region's own by the map of the process's pages, and those that nothing was adopted to.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) fn layer_pages(&self, page_map: &dyn Saved) -> io::Result<Vec<u32>> {
        let page_words = (rustix::param::page_size() / 4) as u32;
        let mut pages = self.own_pages(page_map, self.adopted())?;
        let end = self.layer_start().min(self.end_word());
        pages.extend(self.adopted().div_ceil(page_words)..end.div_ceil(page_words));
        Ok(pages)
    }

    /// The bytes of pages, those that follow each other together, as many as were handed out.
    pub(super) fn pages(&self, numbers: &[u32]) -> Vec<&[u8]> {
        let page = rustix::param::page_size();
        let bytes = self.as_bytes();
        let runs = numbers.chunk_by(|one, next| one + 1 == *next);
        let bytes_of = |run: &[u32]| {
            let start = run[0] as usize * page;
            let end = start + run.len() * page;
            &bytes[start.min(bytes.len())..end.min(bytes.len())]
        };
        runs.map(bytes_of).collect()
    }

    /// What lies behind the pages of what was adopted.
    pub(super) fn rest(&self) -> &[u8] {
        let bytes = self.as_bytes();
        &bytes[(self.layer_start() as usize * 4).min(bytes.len())..]
    }

    /// Puts a layer over what was adopted, up to word `end`.
    ///
    /// # Errors
    /// As the system reports them, and where it is no layer: the region is of no use then.
    pub(super) fn put_layer(
        &mut self,
        saved: &dyn Saved,
        layer: &LayerPart,
        end: u32,
    ) -> io::Result<()> {
        let page = rustix::param::page_size();
        let page_words = (page / 4) as u32;
        let start = self.layer_start();
        let is_sound = end >= self.end_word()
            && layer.rest.length == end.saturating_sub(start) as usize * 4
            && layer.pages.is_sorted_by(|one, next| one < next)
            && (layer.pages.last()).is_none_or(|last| *last < start / page_words);
        if !is_sound {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.has_layer = true;
        let mut at = layer.pages_at;
        for run in layer.pages.chunk_by(|one, next| one + 1 == *next) {
            let length = run.len() * page;
            let part = Part { offset: at, length };
            self.put_saved(saved, part, run[0] * page_words)?;
            at += length as u64;
        }
        self.put_saved(saved, layer.rest, start)?;
        self.hand_out(end);
        Ok(())
    }
}
