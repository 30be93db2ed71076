//! Linux's map of this process's pages (`/proc/self/pagemap`), which tells what was written to of memory that a file is
//! mapped to. What is made of that is up to the evaluator.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use nix_eval::Evaluator;
use nix_eval::world::Saved;

pub(crate) struct PageMap(File);

impl PageMap {
    /// The map, where the system has one.
    pub(crate) fn open() -> Option<Self> {
        File::open("/proc/self/pagemap").ok().map(Self)
    }
}

impl Saved for PageMap {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn length(&self) -> u64 {
        u64::MAX
    }
}

/// Notes which pages of saved values an evaluation wrote to that has an answer, for those that come.
pub(crate) fn note_written_pages(evaluator: &Evaluator) {
    evaluator.note_written_pages(|| Some(Box::new(PageMap::open()?)));
}
