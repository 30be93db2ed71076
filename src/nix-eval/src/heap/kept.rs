//! Memory of regions that are gone, kept for those that come: one evaluation after the other needs as
//! much, and the kernel takes longer to make pages than it takes to clear them. And which pages of adopted memory they
//! write to.

use std::sync::{Arc, Mutex, PoisonError};

use memmap2::MmapMut;

use super::written::Pages;

/// Memory as a region left it.
pub(super) struct Kept {
    pub(super) map: Arc<MmapMut>,
    /// Words that may hold something.
    pub(super) used: u32,
}

struct Store {
    /// How many [`KeptMemory`] there are.
    keepers: usize,
    kept: Vec<Kept>,
    /// By the hash of the values that were adopted.
    written: Option<([u8; 32], Pages)>,
}

static STORE: Mutex<Store> = Mutex::new(Store {
    keepers: 0,
    kept: Vec::new(),
    written: None,
});

/// While there is one, memory of evaluations that are over is kept for the next ones; with the last
/// it goes back to the system.
pub struct KeptMemory(());

impl Default for KeptMemory {
    fn default() -> Self {
        with(|store| store.keepers += 1);
        Self(())
    }
}

impl Drop for KeptMemory {
    fn drop(&mut self) {
        let gone = with(|store| {
            store.keepers -= 1;
            let is_last = store.keepers == 0;
            is_last.then(|| (std::mem::take(&mut store.kept), store.written.take()))
        });
        drop(gone);
    }
}

/// Memory of this many bytes, if some was kept.
pub(super) fn take(bytes: usize) -> Option<Kept> {
    with(|store| {
        let fits = |kept: &Kept| kept.map.len() == bytes;
        let index = store.kept.iter().rposition(fits)?;
        Some(store.kept.swap_remove(index))
    })
}

/// Keeps the memory of a region that nobody has any more, if somebody wants that.
pub(super) fn put(map: &Arc<MmapMut>, used: u32) {
    with(|store| {
        if store.keepers > 0 {
            let map = map.clone();
            store.kept.push(Kept { map, used });
        }
    });
}

/// Whether somebody wants to know which pages are written to of values with this hash.
pub(super) fn wants_written(hash: [u8; 32]) -> bool {
    with(|store| store.keepers > 0 && store.written.as_ref().is_none_or(|(of, _)| *of != hash))
}

/// Keeps which pages are written to.
pub(super) fn put_written(hash: [u8; 32], pages: Pages) {
    with(|store| {
        if store.keepers > 0 {
            store.written = Some((hash, pages));
        }
    });
}

/// The pages that are written to, where that is known.
pub(super) fn written(hash: [u8; 32]) -> Option<Pages> {
    with(|store| {
        let known = store.written.as_ref().filter(|(of, _)| *of == hash)?;
        Some(known.1.clone())
    })
}

fn with<T>(work: impl FnOnce(&mut Store) -> T) -> T {
    work(&mut STORE.lock().unwrap_or_else(PoisonError::into_inner))
}
