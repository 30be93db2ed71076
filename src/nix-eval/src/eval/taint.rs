//! Taint: which thunks depend on what may change. Everything that may change has some of 28 marks;
//! what reads it has them from then on, and so has every thunk that is being evaluated meanwhile. A
//! thunk that ends with marks keeps them beside its value, and what it was before is written down, so
//! that it can be evaluated once more.
//!
//! That is exact enough, since a value is reached through thunks alone: what lies behind a thunk with
//! marks can be read only by who takes the marks on, and is of no account once that thunk is evaluated
//! again. What lies outside of thunks (files imported, sources copied, calls shared) takes care of its
//! marks itself.

use super::Evaluator;
use super::decision::Decisions;
use crate::heap::{Pending, Value, Waiting};
use crate::saved::bytes::{Reader, Writer};

/// Marks, one a bit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Marks(pub(crate) u32);

impl Marks {
    /// No mark.
    pub(crate) const NONE: Self = Self(0);
    /// How many there are: as many as fit beside the state of a thunk.
    pub(crate) const COUNT: u32 = 28;

    /// The mark of this number.
    pub(crate) fn number(number: u32) -> Self {
        Self(1 << (number % Self::COUNT))
    }

    /// Whether there is none.
    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// These and others.
    #[inline]
    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether there is one that is none of those.
    pub(crate) fn has_others_than(self, those: Self) -> bool {
        self.0 & !those.0 != 0
    }

    /// Whether there is any of those.
    pub(crate) fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

/// What is known of marks.
#[derive(Default)]
pub(crate) struct Taint {
    /// The marks of what is being evaluated.
    pub(crate) marks: Marks,
    /// Thunks that have marks, with what they waited to do before they were evaluated.
    done: Vec<(Value, Waiting)>,
    /// Those of them that only came to an answer.
    pub(super) decisions: Decisions,
}

impl Taint {
    /// The thunks that have marks, as bytes.
    pub(crate) fn put(&self, out: &mut Writer) {
        self.decisions.put(out);
        out.number(self.done.len());
        for (thunk, waiting) in &self.done {
            for word in [thunk.to_word(), waiting.first, waiting.payload] {
                out.word(word);
            }
        }
    }

    /// What [`Self::put`] wrote.
    pub(crate) fn take(from: &mut Reader<'_>) -> Option<Self> {
        let decisions = Decisions::take(from)?;
        let count = from.count(12)?;
        let words = from.slice(12 * count)?;
        let (words, _) = words.as_chunks::<4>();
        let (threes, _) = words.as_chunks::<3>();
        let done = threes.iter().map(|&three| {
            let [thunk, first, payload] = three.map(u32::from_le_bytes);
            (Value::from_word(thunk), Waiting { first, payload })
        });
        Some(Self {
            marks: Marks::NONE,
            done: done.collect(),
            decisions,
        })
    }
}

impl Evaluator {
    /// Something was read that has marks.
    #[inline]
    pub(crate) fn taint_by(&mut self, marks: Marks) {
        self.taint.marks = self.taint.marks.and(marks);
    }

    /// Gives a thunk its value, and the marks of what was read for it.
    #[inline]
    pub(super) fn finish_thunk(&mut self, thunk: Value, pending: Pending, value: Value) {
        let marks = self.taint.marks;
        if marks.is_none() {
            self.heap.finish_thunk(thunk, value);
            return;
        }
        let waiting = pending.waiting();
        let noted = value
            .is_answer()
            .then(|| self.taint.decisions.note(thunk, waiting, marks))
            .flatten();
        if noted.is_none() {
            self.taint.done.push((thunk, waiting));
        }
        self.taint.marks = noted.unwrap_or(marks);
        self.heap.finish_marked(thunk, value, self.taint.marks.0);
    }

    /// Has everything be evaluated again that depends on what has any of these marks, but for decisions.
    pub(super) fn take_back(&mut self, marks: Marks) {
        self.taint.marks = Marks::NONE;
        let heap = &mut self.heap;
        self.taint.done.retain(|&(thunk, waiting)| {
            let is_meant = Marks(heap.thunk_marks(thunk)).has_any(marks);
            if is_meant {
                heap.put_back(thunk, waiting);
            }
            !is_meant
        });
    }

    /// Does work, and says whether anything was read for it that has marks.
    pub(crate) fn with_marks_seen<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let outside = std::mem::take(&mut self.taint.marks);
        let result = work(self);
        let is_marked = !self.taint.marks.is_none();
        self.taint_by(outside);
        (result, is_marked)
    }
}
