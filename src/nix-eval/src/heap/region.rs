//! A reserved range of memory that is handed out from the front and never moves.
//! The only file with `unsafe`: reads and writes by index, checked in builds with the feature
//! `checked` and in debug builds.

use std::sync::Arc;

use memmap2::MmapMut;
use rustix::mm::{MapFlags, ProtFlags};

use crate::world::Saved;

use super::kept::{self, Kept};
use super::supply::{Supplier, populate};

/// The panic payload when a region has no room left; the evaluator's entry points turn it into an
/// error.
pub struct HeapFull;

/// Leaves the evaluation because memory is used up.
#[cold]
pub(super) fn heap_full() -> ! {
    std::panic::resume_unwind(Box::new(HeapFull))
}

/// 32-bit words, addressed by word or by granule (two words).
pub(super) struct Region {
    map: Arc<MmapMut>,
    base: *mut u32,
    /// Words handed out.
    used: u32,
    /// Words that may be handed out before more pages are asked for.
    ready: u32,
    /// Words whose pages are there, or on their way.
    ordered: u32,
    supplier: Supplier,
    /// Words that are asked for ahead, at most.
    most_ahead: u32,
    /// Words there may be.
    limit: u32,
    /// Words before this one may hold what an earlier region left there, unless they are ready.
    stale: u32,
    /// Words before this one were saved by another region.
    adopted: u32,
    /// Whether pages of a file lie behind them, too: those are slow to clear.
    pub(super) has_layer: bool,
}

/// Words that are asked of the system at once: one request instead of a thousand page faults.
const CHUNK: u32 = 1 << 20;
/// Words that are cleared at once where there are pages already: they stay in the cache.
const CLEARED: u32 = 1 << 16;
/// The first request: a small evaluation is over before a whole chunk is cleared.
const FIRST_CHUNK: u32 = CHUNK / 8;

/// Less than this many bytes is read and not mapped: a process may have no more than some ten thousand mappings.
const LEAST_MAPPED: usize = 64 << 10;

/// Words of a page, at most.
const PAGE_WORDS: u32 = 16 << 10;

impl Drop for Region {
    fn drop(&mut self) {
        if !self.has_layer {
            kept::put(&self.map, self.used.max(self.stale));
        }
    }
}

/// A range of saved bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Where it starts, at a page.
    pub offset: u64,
    /// How long it is, whole granules.
    pub length: usize,
}

impl Region {
    pub(super) fn new(bytes: usize) -> std::io::Result<Self> {
        let Kept { map, used } = match kept::take(bytes) {
            Some(kept) => kept,
            None => Kept {
                map: Arc::new(
                    memmap2::MmapOptions::new()
                        .len(bytes)
                        .no_reserve_swap()
                        .map_anon()?,
                ),
                used: 0,
            },
        };
        // From here on only `base` reaches the memory; the map is kept to be given back.
        let base = map.as_ptr().cast_mut().cast();
        Ok(Self {
            map,
            base,
            used: 0,
            ready: 0,
            ordered: used,
            supplier: Supplier::default(),
            most_ahead: CHUNK,
            limit: u32::try_from(bytes / 4 - 2).unwrap_or(u32::MAX - 2),
            stale: used,
            adopted: 0,
            has_layer: false,
        })
    }

    /// The memory itself.
    pub(super) fn map(&self) -> Arc<MmapMut> {
        self.map.clone()
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used as usize * 4
    }

    pub(super) fn end_word(&self) -> u32 {
        self.used
    }

    /// Room for `words` zeroed words; returns its granule.
    #[inline]
    pub(super) fn allocate(&mut self, words: u32) -> u32 {
        let start = self.used;
        let rounded = words.saturating_add(words & 1);
        if rounded > self.ready - start {
            self.grow(rounded);
        }
        self.used = start + rounded;
        start / 2
    }

    /// Makes room for `words` more.
    #[cold]
    fn grow(&mut self, words: u32) {
        if words > self.limit - self.used {
            heap_full();
        }
        let needed = self.used + words;
        if self.ready < self.stale {
            let end = needed.max(self.ready.saturating_add(CLEARED));
            let end = end.min(self.stale);
            self.clear(self.ready, end);
            self.ready = end;
            if needed <= end {
                return;
            }
        }
        let ahead = (self.used / 2).clamp(FIRST_CHUNK, self.most_ahead);
        let further = |from: u32| from.saturating_add(ahead).min(self.limit);
        let bytes = |from: u32, to: u32| from as usize * 4..to as usize * 4;
        if needed > self.ordered {
            let end = further(needed);
            populate(&self.map, bytes(self.ordered, end));
            self.ordered = end;
        }
        self.ready = self.ordered;
        // A small evaluation is over before a thread has started.
        if self.used >= CHUNK / 2 && self.most_ahead == CHUNK {
            let end = further(self.ordered);
            self.supplier.order(&self.map, bytes(self.ordered, end));
            self.ordered = end;
        }
    }

    /// Clears the words between two places that were not handed out.
    fn clear(&mut self, from: u32, to: u32) {
        debug_assert!(self.used <= from && to <= self.limit);
        // SAFETY: the range lies in the map, and nobody holds a reference to what was not handed
        // out.
        unsafe {
            let start = self.base.add(from as usize);
            start.write_bytes(0, to.saturating_sub(from) as usize);
        }
    }

    /// Appends words without rounding; returns where they start.
    pub(super) fn push(&mut self, words: &[u32]) -> u32 {
        let start = self.used;
        let count = u32::try_from(words.len()).unwrap_or(u32::MAX);
        if count > self.ready - start {
            self.grow(count);
        }
        self.used = start + words.len() as u32;
        for (index, &word) in words.iter().enumerate() {
            self.set_word(start + index as u32, word);
        }
        start
    }

    /// Hands out all words before `end`: room for what is written there later. Does nothing where
    /// there is no such room.
    pub(super) fn reserve(&mut self, end: u32) -> bool {
        if end < self.used || end > self.limit || !end.is_multiple_of(2) {
            return false;
        }
        if self.ready < self.stale {
            self.clear(self.ready, end.min(self.stale).max(self.ready));
        }
        self.used = end;
        self.ready = self.ready.max(end);
        self.ordered = self.ordered.max(end);
        true
    }

    /// Asks for little memory at once from here on.
    pub(super) fn be_frugal(&mut self) {
        self.most_ahead = FIRST_CHUNK;
    }

    /// Gives the system back the pages of words that were handed out from word `from` on, where there are
    /// many; they hold zeros from then on. Where words begin whose pages are left.
    pub(super) fn give_back(&mut self, from: u32) -> u32 {
        let from = from.next_multiple_of(PAGE_WORDS);
        let end = self.used / PAGE_WORDS * PAGE_WORDS;
        if end.saturating_sub(from) < self.most_ahead {
            return from;
        }
        #[cfg(target_os = "linux")]
        {
            let (start, length) = (from as usize * 4, (end - from) as usize * 4);
            // SAFETY: the range lies in the map, since words before `used` do. Private pages that are
            // given back read as zeros, which is a value of every word; nothing borrows from the
            // region, since `self` is borrowed mutably.
            let given = unsafe {
                let advice = memmap2::UncheckedAdvice::DontNeed;
                self.map.unchecked_advise_range(advice, start, length)
            };
            // Pages that stay are in nobody's way.
            let _ = given;
        }
        end
    }

    /// `count` words from word `at`, where all of them were handed out.
    pub(super) fn range(&self, at: u32, count: u32) -> Option<&[u32]> {
        (u64::from(at) + u64::from(count) <= u64::from(self.used)).then(|| {
            // SAFETY: the range was handed out, as was just compared; the borrow of `self` keeps it
            // from being written while the slice lives.
            unsafe { std::slice::from_raw_parts(self.base.add(at as usize), count as usize) }
        })
    }

    /// Writes words from word `at`, where all of that was handed out.
    pub(super) fn write_words(&mut self, at: u32, words: &[u32]) -> bool {
        let fits = at as usize + words.len() <= self.used as usize;
        if fits {
            for (index, &word) in words.iter().enumerate() {
                self.set_word(at + index as u32, word);
            }
        }
        fits
    }

    /// All that was handed out, as it lies in memory.
    pub(super) fn as_bytes(&self) -> &[u8] {
        // SAFETY: the words before `used` were handed out; the borrow of `self` keeps them from
        // being written while the slice lives; any bit pattern is a byte.
        unsafe { std::slice::from_raw_parts(self.base.cast(), self.used_bytes()) }
    }

    /// Puts what was saved of another region in place of all that this one holds, but for its first
    /// `kept` words. Pages of a file are mapped and become this region's own when they are written.
    ///
    /// # Errors
    /// As the system reports them: the region is of no use then.
    pub(super) fn adopt(&mut self, saved: &dyn Saved, at: Part, kept: u32) -> std::io::Result<()> {
        let words = u32::try_from(at.length / 4).unwrap_or(u32::MAX);
        let page = u32::try_from(rustix::param::page_size() / 4).unwrap_or(PAGE_WORDS);
        let pages = words.next_multiple_of(page);
        if words < self.used || pages > self.limit || kept > self.used {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let first: Vec<u32> = self.range(0, kept).unwrap_or_default().to_vec();
        self.put_saved(saved, at, 0)?;
        self.used = words;
        self.ready = pages;
        self.ordered = self.ordered.max(pages);
        self.adopted = words;
        self.write_words(0, &first);
        Ok(())
    }

    /// Puts saved bytes where word `to` is, which starts a page; what lies behind them on their last page holds
    /// zeros then. What is there is not handed out, if it was not before.
    ///
    /// # Errors
    /// As the system reports them: the region is of no use then.
    pub(super) fn put_saved(
        &mut self,
        saved: &dyn Saved,
        at: Part,
        to: u32,
    ) -> std::io::Result<()> {
        let end = (to as usize + at.length / 4).next_multiple_of(PAGE_WORDS as usize);
        let page = rustix::param::page_size();
        if end > self.limit as usize || !(to as usize * 4).is_multiple_of(page) {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        if at.length == 0 {
            return Ok(());
        }
        let file = saved.file().filter(|_| at.length >= LEAST_MAPPED);
        if let Some(file) = file {
            // SAFETY: the range lies inside the map that `self.map` owns and unmaps, since `end` is within
            // the limit; nothing borrows from it, since `self` is borrowed mutably. The file is the
            // evaluator's own, and the map is private.
            unsafe {
                rustix::mm::mmap(
                    self.base.add(to as usize).cast(),
                    at.length,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::PRIVATE | MapFlags::FIXED,
                    file,
                    at.offset,
                )?;
            }
        } else {
            // SAFETY: as above: the range lies in the map, and nothing borrows from it.
            let bytes = unsafe {
                let start = self.base.add(to as usize);
                std::slice::from_raw_parts_mut(start.cast(), at.length)
            };
            saved.read_at(at.offset, bytes)?;
            let read = to + (at.length / 4) as u32;
            let page_end = (read as usize * 4).next_multiple_of(page) / 4;
            // SAFETY: as above, for the rest of the last page.
            unsafe {
                let start = self.base.add(read as usize);
                start.write_bytes(0, page_end - read as usize);
            }
        }
        Ok(())
    }

    /// Hands out all words before `end`, which were put there just now.
    pub(super) fn hand_out(&mut self, end: u32) {
        let page = u32::try_from(rustix::param::page_size() / 4).unwrap_or(PAGE_WORDS);
        debug_assert!(self.used <= end && end.next_multiple_of(page) <= self.limit);
        self.used = end;
        self.ready = end.next_multiple_of(page);
        self.ordered = self.ordered.max(self.ready);
    }

    /// Makes the pages of a range of bytes.
    pub(super) fn make(&self, bytes: std::ops::Range<usize>) {
        populate(&self.map, bytes);
    }

    /// Words that were adopted.
    pub(super) fn adopted(&self) -> u32 {
        self.adopted
    }

    /// The address of the first word.
    pub(super) fn address(&self) -> usize {
        self.base as usize
    }

    #[inline]
    fn check(&self, word: u32, count: u32) {
        if cfg!(any(debug_assertions, feature = "checked")) {
            let end = u64::from(word) + u64::from(count);
            assert!(end <= u64::from(self.used), "reference outside of the heap");
        }
    }

    #[inline]
    pub(super) fn word(&self, at: u32) -> u32 {
        self.check(at, 1);
        // SAFETY: indices come from `allocate` and `push` of this region alone, which never give
        // out more than `limit` words of the map; memory is never given back.
        unsafe { self.base.add(at as usize).read() }
    }

    #[inline]
    pub(super) fn set_word(&mut self, at: u32, word: u32) {
        self.check(at, 1);
        // SAFETY: as in `word`; `&mut self` excludes other accesses.
        unsafe { self.base.add(at as usize).write(word) }
    }

    /// Word `index` of the object at `granule`.
    #[inline]
    pub(super) fn get(&self, granule: u32, index: u32) -> u32 {
        self.check(granule * 2, index + 1);
        // SAFETY: as in `word`; `granule * 2` cannot overflow, since granules have 29 bits.
        unsafe { self.base.add(granule as usize * 2 + index as usize).read() }
    }

    #[inline]
    pub(super) fn set(&mut self, granule: u32, index: u32, word: u32) {
        self.check(granule * 2, index + 1);
        // SAFETY: as in `get`; `&mut self` excludes other accesses.
        unsafe {
            self.base
                .add(granule as usize * 2 + index as usize)
                .write(word);
        }
    }

    /// `count` words from `index` of the object at `granule`.
    #[inline]
    pub(super) fn words(&self, granule: u32, index: u32, count: u32) -> &[u32] {
        self.check(granule * 2, index + count);
        // SAFETY: as in `get`, for a range inside one object; the borrow of `self` keeps it from
        // being written while the slice lives.
        unsafe {
            let start = self.base.add(granule as usize * 2 + index as usize);
            std::slice::from_raw_parts(start, count as usize)
        }
    }

    /// Copies `count` words inside the region.
    #[inline]
    pub(super) fn copy_words(&mut self, from: u32, to: u32, count: u32) {
        self.check(from, count);
        self.check(to, count);
        // SAFETY: both ranges were handed out; `copy` allows them to overlap.
        unsafe {
            std::ptr::copy(
                self.base.add(from as usize),
                self.base.add(to as usize),
                count as usize,
            );
        }
    }

    /// `length` bytes from word `index` of the object at `granule`.
    #[inline]
    pub(super) fn bytes(&self, granule: u32, index: u32, length: u32) -> &[u8] {
        self.check(granule * 2, index + length.div_ceil(4));
        // SAFETY: as in `words`; any bit pattern is a byte.
        unsafe {
            let start = self
                .base
                .add(granule as usize * 2 + index as usize)
                .cast::<u8>();
            std::slice::from_raw_parts(start, length as usize)
        }
    }

    /// Writes bytes from word `index` of the object at `granule`.
    #[inline]
    pub(super) fn write_bytes(&mut self, granule: u32, index: u32, bytes: &[u8]) {
        self.check(granule * 2, index + (bytes.len() as u32).div_ceil(4));
        // SAFETY: as in `set`, for a range inside one object; `bytes` is no part of the region,
        // since `&mut self` excludes that it is borrowed.
        unsafe {
            let start = self
                .base
                .add(granule as usize * 2 + index as usize)
                .cast::<u8>();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeptMemory;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut region = Region::new(4096).unwrap();
        let first = region.allocate(3);
        let second = region.allocate(2);
        region.set(first, 2, 7);
        region.set(second, 0, 9);
        region.write_bytes(second, 1, b"abc");
        assert_eq!(region.get(first, 2), 7);
        assert_eq!(region.words(second, 0, 1), [9]);
        assert_eq!(region.bytes(second, 1, 3), b"abc");
    }

    #[test]
    fn what_was_reserved_is_written_later() {
        let mut region = Region::new(1 << 20).unwrap();
        let before = region.allocate(2);
        region.set(before, 0, 5);
        assert!(region.reserve(1000));
        assert!(!region.reserve(500), "it was handed out already");
        assert!(!region.reserve(1 << 30), "there is no such room");
        let after = region.allocate(2);
        assert_eq!(after, 500);
        assert!(region.write_words(996, &[1, 2, 3, 4]));
        assert!(!region.write_words(1001, &[1, 2]));
        assert_eq!(region.range(996, 4), Some(&[1, 2, 3, 4][..]));
        assert_eq!(region.range(1001, 2), None);
        assert_eq!((region.get(before, 0), region.get(after, 0)), (5, 0));
    }

    #[test]
    fn a_full_region_unwinds_with_its_own_payload() {
        let mut region = Region::new(4096).unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            region.allocate(u32::MAX);
        }));
        assert!(result.unwrap_err().is::<HeapFull>());
    }

    #[test]
    fn memory_of_another_region_is_cleared() {
        const BYTES: usize = 1 << 20;
        let _memory = KeptMemory::default();
        let fill = |region: &mut Region| {
            for _ in 0..1000 {
                let at = region.allocate(100);
                assert!(region.words(at, 0, 100).iter().all(|&word| word == 0));
                for index in 0..100 {
                    region.set(at, index, u32::MAX);
                }
            }
        };
        let mut region = Region::new(BYTES).unwrap();
        fill(&mut region);
        drop(region);
        let mut region = Region::new(BYTES).unwrap();
        assert!(region.stale > 0);
        assert!(region.reserve(5000));
        assert!(region.range(0, 5000).unwrap().iter().all(|&word| word == 0));
        fill(&mut region);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_was_given_back_leaves_the_rest_alone() {
        let mut region = Region::new(16 << 20).unwrap();
        region.be_frugal();
        let mut kept = region.end_word();
        let fill = |region: &mut Region, value| {
            for _ in 0..FIRST_CHUNK / 100 {
                let at = region.allocate(200);
                (0..200).for_each(|index| region.set(at, index, value));
            }
        };
        fill(&mut region, 1);
        let before = region.give_back(kept);
        assert!(before > kept, "there is enough of it");
        kept = before;
        assert_eq!(region.give_back(kept), kept, "all of it was given back");
        assert_eq!(region.range(0, 4), Some(&[0; 4][..]));
        let rest = region.range(before, region.end_word() - before).unwrap();
        assert!(rest.iter().all(|&word| word == 1));
        let end = region.end_word();
        fill(&mut region, 2);
        let new = region.range(end, region.end_word() - end).unwrap();
        assert!(new.iter().all(|&word| word == 2));
    }

    #[test]
    fn a_reference_outside_is_noticed_in_checked_builds() {
        let region = Region::new(4096).unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| region.word(5)));
        assert!(result.is_err());
    }
}
