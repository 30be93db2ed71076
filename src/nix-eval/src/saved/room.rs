//! Files that a thread lowers for an evaluation that goes on meanwhile: with the symbols of the
//! evaluation, and for places that it keeps free.

use std::sync::Arc;

use super::ends_of;
use super::expected::files_named;
use super::image::Ends;
use super::lowering::{Lowered, Lowering};
use crate::eval::{Evaluator, Settings};
use crate::symbol::SymbolTable;

/// Words of data, and of code, that are kept free: a host has three quarters of that.
const WORDS: u32 = 4 << 20;
/// Positions that are kept free: bytes of text.
const POSITIONS: u32 = 32 << 20;

/// Places that an evaluation keeps free, and its symbols for another thread.
pub(super) struct Room {
    start: Ends,
    end: Ends,
    symbols: SymbolTable,
}

impl Evaluator {
    /// Keeps places free for another thread; `None` where there are not so many left.
    pub(super) fn make_room(&mut self) -> Option<Room> {
        let start = ends_of(self);
        let end = Ends {
            data: start.data.checked_add(WORDS)?,
            code: start.code.checked_add(WORDS)?,
            positions: start.positions.checked_add(POSITIONS)?,
            symbols: start.symbols,
        };
        if !self.heap.reserve(end.data, end.code) {
            return None;
        }
        self.positions.reserve(end.positions);
        Some(Room {
            start,
            end,
            symbols: self.symbols.in_common(),
        })
    }
}

/// A file that was lowered ahead.
pub(crate) struct Ready {
    pub(crate) text: Arc<[u8]>,
    pub(super) lowered: Lowered,
    /// The files that it will ask for, by what it looks like.
    pub(super) named: Vec<Box<[u8]>>,
}

/// Who lowers files for such places.
pub(super) struct Ahead {
    lowering: Lowering,
    end: Ends,
}

impl Ahead {
    /// Begins; `None` where that cannot be.
    pub(super) fn begin(settings: Settings, now: i64, image: &str, room: Room) -> Option<Self> {
        let mut lowering = Lowering::new(settings, now, image).ok()??;
        let evaluator = &mut lowering.evaluator;
        evaluator.symbols = room.symbols;
        evaluator.positions.reserve(room.start.positions);
        if !evaluator.heap.reserve(room.start.data, room.start.code) {
            return None;
        }
        lowering.start();
        let end = room.end;
        Some(Self { lowering, end })
    }

    /// Lowers a file; `None` where it is no expression, says something, or does not find room.
    pub(super) fn lower(&mut self, path: &[u8], text: Arc<[u8]>) -> Option<Ready> {
        let lowered = self.has_room().then(|| {
            let named = |evaluator: &Evaluator, ast: &_| files_named(ast, path, &evaluator.symbols);
            self.lowering.lower(path, &text, named)
        });
        let (lowered, named) = lowered.flatten().filter(|_| self.has_room())?;
        Some(Ready {
            text,
            lowered,
            named,
        })
    }

    fn has_room(&self) -> bool {
        let own = ends_of(&self.lowering.evaluator);
        let end = self.end;
        own.data <= end.data && own.code <= end.code && own.positions <= end.positions
    }
}
