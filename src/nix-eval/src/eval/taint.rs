//! Taint: which thunks depend on what may change. Everything that may change has marks (`marks.rs`);
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
use super::marks::{MarkSet, MarkTable, Marks};
use crate::heap::{Pending, Value, Waiting};
use crate::saved::bytes::{Reader, Writer};

/// What is known of marks.
#[derive(Default)]
pub(crate) struct Taint {
    /// The marks of what is being evaluated.
    pub(crate) marks: Marks,
    /// The innermost thunk that is being evaluated.
    pub(super) running: Option<Value>,
    pub(super) table: MarkTable,
    /// Thunks that have marks, with what they waited to do before they were evaluated.
    done: Vec<(Value, Waiting)>,
    /// Those of them that only came to an answer.
    pub(super) decisions: Decisions,
}

impl Taint {
    /// The thunks that have marks, as bytes.
    pub(crate) fn put(&self, out: &mut Writer) {
        self.table.put(out);
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
        let table = MarkTable::take(from)?;
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
            running: None,
            table,
            done: done.collect(),
            decisions,
        })
    }
}

/// What was going on when the evaluation of a thunk began.
pub(super) struct Outside {
    marks: Marks,
    running: Option<Value>,
    decisions: usize,
}

impl Evaluator {
    /// The evaluation of a thunk begins.
    #[inline]
    pub(super) fn enter_thunk(&mut self, thunk: Value) -> Outside {
        Outside {
            marks: std::mem::take(&mut self.taint.marks),
            running: self.taint.running.replace(thunk),
            decisions: self.taint.decisions.count(),
        }
    }

    /// The evaluation of a thunk is over: what went on goes on, with the marks of what was read for it.
    #[inline]
    pub(super) fn leave_thunk(&mut self, outside: &Outside) {
        self.taint.running = outside.running;
        self.taint_by(outside.marks);
    }

    /// The same where it failed: what it decided led to that, and whoever goes on may depend on it.
    pub(super) fn leave_failed_thunk(&mut self, thunk: Value, outside: &Outside) {
        let Outside {
            running, decisions, ..
        } = *outside;
        self.taint.decisions.hand_over(decisions, thunk, running);
        self.leave_thunk(outside);
    }

    /// Something was read that has marks.
    #[inline]
    pub(crate) fn taint_by(&mut self, marks: Marks) {
        let taint = &mut self.taint;
        taint.marks = taint.table.union(taint.marks, marks);
    }

    /// Gives a thunk its value, and the marks of what was read for it.
    #[inline]
    pub(super) fn finish_thunk(&mut self, thunk: Value, pending: Pending, value: Value) {
        if self.taint.marks.is_none() {
            self.heap.finish_thunk(thunk, value);
            return;
        }
        self.finish_marked(thunk, pending.waiting(), value, None);
    }

    /// The same where what was read has marks. It is a decision of its `owner`'s where it has one.
    pub(super) fn finish_marked(
        &mut self,
        thunk: Value,
        waiting: Waiting,
        value: Value,
        owner: Option<Value>,
    ) {
        let taint = &mut self.taint;
        let marks = taint.marks;
        let noted = if value.is_answer() {
            let table = &mut taint.table;
            taint.decisions.note(thunk, waiting, marks, owner, table)
        } else {
            None
        };
        if noted.is_none() {
            taint.done.push((thunk, waiting));
        }
        taint.marks = noted.unwrap_or(marks);
        self.heap.finish_marked(thunk, value, taint.marks.0);
    }

    /// Has everything be evaluated again that depends on what has any of these marks, but for decisions.
    pub(super) fn take_back(&mut self, marks: MarkSet) {
        self.taint.marks = Marks::NONE;
        let heap = &mut self.heap;
        let having_any = self.taint.table.having_any(marks);
        self.taint.done.retain(|&(thunk, waiting)| {
            let is_meant = having_any.has(Marks(heap.thunk_marks(thunk)));
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
