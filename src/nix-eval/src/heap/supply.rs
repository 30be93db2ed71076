//! Pages of a region, asked of the kernel before they are needed: by another thread, since handing
//! out memory is a quarter of what a large evaluation costs. Nothing is read or written here.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use memmap2::MmapMut;

/// Bytes of a page, at least.
const PAGE: usize = 4096;
/// Bytes that the kernel is asked for at once: while it works, other requests for memory wait.
const STEP: usize = 1 << 20;

/// Has the kernel make the pages of a range of bytes. Where it cannot, they come one by one as they
/// are touched.
///
/// Huge pages were tried instead: on machines with scattered memory the kernel spends more time
/// making them than they save.
pub(super) fn populate(map: &MmapMut, bytes: Range<usize>) {
    #[cfg(target_os = "linux")]
    {
        let mut at = bytes.start / PAGE * PAGE;
        while at < bytes.end {
            let length = STEP.min(bytes.end - at);
            let _ = map.advise_range(memmap2::Advice::PopulateWrite, at, length);
            at += length;
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (map, bytes);
}

/// The thread that populates ahead of the evaluation, once there is need of one.
#[derive(Default)]
pub(super) enum Supplier {
    /// Nothing was ordered yet.
    #[default]
    Absent,
    /// It takes orders; it ends when this is dropped.
    Works(Sender<Range<usize>>),
    /// The system has no thread to give, which is no reason to fail.
    Refused,
}

impl Supplier {
    /// Has a range of bytes populated some time soon.
    pub(super) fn order(&mut self, map: &Arc<MmapMut>, bytes: Range<usize>) {
        if matches!(self, Self::Absent) {
            let (sender, orders) = channel();
            let map = map.clone();
            let thread = std::thread::Builder::new()
                .name("pages".to_owned())
                .spawn(move || supply(&map, &orders));
            *self = match thread {
                Ok(_) => Self::Works(sender),
                Err(_) => Self::Refused,
            };
        }
        if let Self::Works(orders) = self {
            // A thread that is gone leaves the pages to be made as they are touched.
            let _ = orders.send(bytes);
        }
    }
}

fn supply(map: &MmapMut, orders: &Receiver<Range<usize>>) {
    for bytes in orders {
        populate(map, bytes);
    }
}
