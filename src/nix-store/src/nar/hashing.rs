//! Hashing an archive while it is written: a large one by another thread, since reading the files of a tree takes
//! as long as hashing them. Nothing here knows what an archive is.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use crate::hash::{Algorithm, Hash, Hasher};

/// What is smaller is hashed sooner than a thread has started.
const LARGE: u64 = 1 << 20;
/// Bytes that are handed over at once.
const PIECE: usize = 256 << 10;
/// Pieces that may wait.
const MOST_WAITING: usize = 4;

/// The hash of an archive in the making.
pub(super) struct Hashing {
    size: u64,
    place: Place,
}

/// Where it is hashed.
enum Place {
    Here(Hasher),
    Beside(Beside),
}

struct Beside {
    piece: Vec<u8>,
    pieces: SyncSender<Vec<u8>>,
    used: Receiver<Vec<u8>>,
    thread: JoinHandle<Hasher>,
}

impl Hashing {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            size: 0,
            place: Place::Here(Hasher::new(algorithm)),
        }
    }

    /// Takes in the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let was_small = self.size < LARGE;
        self.size += bytes.len() as u64;
        match &mut self.place {
            Place::Here(hasher) => {
                hasher.update(bytes);
                if was_small && self.size >= LARGE {
                    self.go_beside();
                }
            }
            Place::Beside(beside) => beside.update(bytes),
        }
    }

    /// The hash of all bytes, and how many they were.
    pub(super) fn finish(self) -> (Hash, u64) {
        let hasher = match self.place {
            Place::Here(hasher) => hasher,
            Place::Beside(beside) => beside.finish(),
        };
        (hasher.finish(), self.size)
    }

    /// Goes on in another thread, where there is a processor for one.
    fn go_beside(&mut self) {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        if let Place::Here(hasher) = &self.place
            && processors > 1
            && let Some(beside) = Beside::begin(hasher.clone())
        {
            self.place = Place::Beside(beside);
        }
    }
}

impl Beside {
    /// `None` where the system has no thread to give.
    fn begin(mut hasher: Hasher) -> Option<Self> {
        let (pieces, waiting) = sync_channel::<Vec<u8>>(MOST_WAITING);
        let (give_back, used) = channel();
        let thread = thread::Builder::new().name("hashing".to_owned());
        let thread = thread.spawn(move || {
            for mut piece in waiting {
                hasher.update(&piece);
                piece.clear();
                // Who writes may be done.
                let _ = give_back.send(piece);
            }
            hasher
        });
        Some(Self {
            piece: Vec::with_capacity(PIECE),
            pieces,
            used,
            thread: thread.ok()?,
        })
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = PIECE - self.piece.len();
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = rest;
            if self.piece.len() == PIECE {
                let next = self.used.try_recv();
                let next = next.unwrap_or_else(|_| Vec::with_capacity(PIECE));
                self.hand_over(next);
            }
        }
    }

    fn hand_over(&mut self, next: Vec<u8>) {
        let piece = std::mem::replace(&mut self.piece, next);
        // The thread takes pieces for as long as there may be any; what ended it is told by `finish`.
        let _ = self.pieces.send(piece);
    }

    fn finish(mut self) -> Hasher {
        self.hand_over(Vec::new());
        drop(self.pieces);
        match self.thread.join() {
            Ok(hasher) => hasher,
            Err(cause) => std::panic::resume_unwind(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that do not repeat where pieces begin.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count as u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_is_the_hash_of_all_however_they_come(
            parts in proptest::collection::vec(0..900_000_usize, 0..9),
            algorithm in prop::sample::select(vec![Algorithm::Sha256, Algorithm::Blake3]),
        ) {
            let whole = bytes(parts.iter().sum());
            let mut hashing = Hashing::new(algorithm);
            let mut rest = &whole[..];
            for part in parts {
                let (now, later) = rest.split_at(part);
                hashing.update(now);
                rest = later;
            }
            let expected = (Hash::of(algorithm, &whole), whole.len() as u64);
            prop_assert_eq!(hashing.finish(), expected);
        }
    }
}
