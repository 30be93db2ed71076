//! Pages of adopted memory that evaluations write to: much the same ones each time. What one wrote to is made for the
//! next ones before they begin. A page that is read first and written to later is copied by the kernel one at a time,
//! which has to tell all processors that run a thread of this process; that took 8 % of the check of a fleet. What is in
//! the pages is no matter of this file.

use std::io;
use std::sync::Arc;

use crate::world::Saved;

use super::region::Region;
use super::{Heap, kept};

/// Bits of a page in Linux's `/proc/self/pagemap` (`Documentation/admin-guide/mm/pagemap.rst`).
const IS_PRESENT: u64 = 1 << 63;
const IS_SWAPPED: u64 = 1 << 62;
const IS_OF_FILE: u64 = 1 << 61;

/// Numbers of pages of data and of code, in order.
pub(super) type Pages = Arc<[Vec<u32>; 2]>;

impl Region {
    /// The numbers of those pages of the first so many words that are this region's own, by the map of the process's
    /// pages.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) fn own_pages(&self, page_map: &dyn Saved, words: u32) -> io::Result<Vec<u32>> {
        let page = rustix::param::page_size();
        let mut entries = vec![0; (words as usize * 4).div_ceil(page) * 8];
        page_map.read_at((self.address() / page * 8) as u64, &mut entries)?;
        let is_own = |entry: &[u8]| {
            let entry = u64::from_le_bytes(entry.try_into().unwrap_or_default());
            let is_there = entry & IS_PRESENT != 0 && entry & IS_OF_FILE == 0;
            is_there || entry & IS_SWAPPED != 0
        };
        let pages = entries.chunks_exact(8).zip(0..);
        let own = pages.filter(|(entry, _)| is_own(entry));
        Ok(own.map(|(_, number)| number).collect())
    }

    fn make_pages(&self, numbers: &[u32]) {
        let page = rustix::param::page_size();
        for run in numbers.chunk_by(|one, next| one + 1 == *next) {
            let start = run[0] as usize * page;
            let end = start + run.len() * page;
            if end <= (self.adopted() as usize * 4).next_multiple_of(page) {
                self.make(start..end);
            }
        }
    }
}

impl Heap {
    /// Notes which pages of what was adopted were written to, where nobody did for values with this hash, and memory
    /// is kept for others at all.
    pub(crate) fn note_written(
        &self,
        hash: [u8; 32],
        page_map: impl FnOnce() -> Option<Box<dyn Saved>>,
    ) {
        if !kept::wants_written(hash) {
            return;
        }
        let Some(page_map) = page_map() else {
            return;
        };
        let own = |region: &Region| region.own_pages(&*page_map, region.adopted());
        if let (Ok(data), Ok(code)) = (own(&self.data), own(&self.code)) {
            kept::put_written(hash, Arc::new([data, code]));
        }
    }

    /// Makes the pages that others wrote to who adopted values with this hash.
    pub(crate) fn make_written(&self, hash: [u8; 32]) {
        if let Some(pages) = kept::written(hash) {
            let [data, code] = &*pages;
            self.data.make_pages(data);
            self.code.make_pages(code);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
#[expect(
    clippy::disallowed_types,
    reason = "a heap has saved pages where a file has"
)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;
    use std::os::fd::{AsFd as _, BorrowedFd};
    use std::os::unix::fs::FileExt as _;

    use super::super::{KeptMemory, Part};
    use super::*;

    struct OfFile(File);

    impl Saved for OfFile {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            self.0.read_exact_at(buffer, offset)
        }

        fn length(&self) -> u64 {
            u64::MAX
        }

        fn file(&self) -> Option<BorrowedFd<'_>> {
            Some(self.0.as_fd())
        }
    }

    fn page_map() -> OfFile {
        OfFile(File::open("/proc/self/pagemap").unwrap())
    }

    const PAGES: usize = 16;

    /// A heap with saved data and code of as many pages.
    fn adopted() -> Heap {
        let length = PAGES * rustix::param::page_size();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; length]).unwrap();
        let mut heap = Heap::new().unwrap();
        let part = Part { offset: 0, length };
        heap.adopt(&OfFile(file), (part, 0), (part, 0)).unwrap();
        heap
    }

    fn own(heap: &Heap) -> Vec<u32> {
        let words = heap.data.adopted();
        heap.data.own_pages(&page_map(), words).unwrap()
    }

    fn write(heap: &mut Heap, pages: &[u32]) {
        let words = u32::try_from(rustix::param::page_size() / 4).unwrap();
        for page in pages {
            heap.data.set_word(page * words + 5, 1);
        }
    }

    #[test]
    fn pages_that_one_wrote_to_are_made_for_the_next() {
        const HASH: [u8; 32] = [1; 32];
        let _memory = KeptMemory::default();
        let mut first = adopted();
        assert!(own(&first).is_empty());
        write(&mut first, &[2, 3, 9]);
        first.note_written(HASH, || Some(Box::new(page_map())));
        let next = adopted();
        next.make_written([2; 32]);
        assert!(own(&next).is_empty(), "these are other values");
        next.make_written(HASH);
        assert_eq!(own(&next), [2, 3, 9]);
        assert!(next.bytes().0.iter().all(|&byte| byte == 7));
        let mut other = adopted();
        write(&mut other, &[4]);
        other.note_written(HASH, || panic!("it is known already"));
    }

    #[test]
    fn pages_that_are_not_there_are_left_alone() {
        let heap = adopted();
        heap.data.make_pages(&[1, 2, 15, 16, 1 << 30]);
        heap.data.make_pages(&[15, 16]);
        assert_eq!(own(&heap), [1, 2]);
    }
}
