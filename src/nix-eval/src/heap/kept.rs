//! Memory of regions that are gone, kept for those that come: one evaluation after the other needs as
//! much, and the kernel takes longer to make pages than it takes to clear them.

use std::sync::{Arc, Mutex, PoisonError};

use memmap2::MmapMut;

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
}

static STORE: Mutex<Store> = Mutex::new(Store {
    keepers: 0,
    kept: Vec::new(),
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
            is_last.then(|| std::mem::take(&mut store.kept))
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

fn with<T>(work: impl FnOnce(&mut Store) -> T) -> T {
    work(&mut STORE.lock().unwrap_or_else(PoisonError::into_inner))
}
