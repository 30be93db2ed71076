//! What an evaluation adds to values that it adopted: the blocks of those that it wrote to, and all that
//! comes behind them. Put over the same values again, they make the same heap.

use std::io;

use super::region::{Part, Region};
use crate::world::Saved;

/// Bytes of a block: a page, or many.
pub(crate) const BLOCK: usize = 64 << 10;
const BLOCK_WORDS: u32 = (BLOCK / 4) as u32;

/// Where a layer of one region lies among saved bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LayerPart {
    /// The blocks that differ from what was adopted, by number.
    pub(crate) blocks: Vec<u32>,
    /// Where the first of them is; the others follow.
    pub(crate) blocks_at: u64,
    /// What comes behind the blocks of what was adopted.
    pub(crate) rest: Part,
}

impl Region {
    /// The word at which the blocks of what was adopted end.
    fn layer_start(&self) -> u32 {
        self.adopted().next_multiple_of(BLOCK_WORDS)
    }

    /// The numbers of the blocks of what was adopted that hold pages of this region's own, by the map of
    /// the process's pages.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) fn own_blocks(&self, page_map: &dyn Saved) -> io::Result<Vec<u32>> {
        let pages_each = BLOCK / rustix::param::page_size();
        let end = self.layer_start().min(self.end_word());
        let own = self.own_pages(page_map, end.next_multiple_of(BLOCK_WORDS))?;
        let own = own
            .chunks(pages_each)
            .zip(0..)
            .filter(|(block, _)| block.contains(&true));
        Ok(own.map(|(_, number)| number).collect())
    }

    /// The bytes of a block, as many as were handed out.
    pub(super) fn block(&self, number: u32) -> &[u8] {
        let start = number as usize * BLOCK;
        let bytes = self.as_bytes();
        &bytes[start.min(bytes.len())..(start + BLOCK).min(bytes.len())]
    }

    /// What lies behind the blocks of what was adopted.
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
        let start = self.layer_start();
        let is_sound = end >= self.end_word()
            && layer.rest.length == end.saturating_sub(start) as usize * 4
            && layer.blocks.is_sorted_by(|one, next| one < next)
            && (layer.blocks.last()).is_none_or(|last| *last < start / BLOCK_WORDS);
        if !is_sound {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.has_layer = true;
        let mut at = layer.blocks_at;
        for run in layer.blocks.chunk_by(|one, next| one + 1 == *next) {
            let length = run.len() * BLOCK;
            let part = Part { offset: at, length };
            self.put_saved(saved, part, run[0] * BLOCK_WORDS)?;
            at += length as u64;
        }
        self.put_saved(saved, layer.rest, start)?;
        self.hand_out(end);
        Ok(())
    }
}
