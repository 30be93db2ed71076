//! Decisions: thunks that came to a truth value or to null, and conditions and predicates. Who reads one depends on
//! what was decided, and not on what led to it: after an edit decisions are made again first, and where they are as they
//! were, nothing else has to be evaluated because of them. Whether a service is there hardly ever depends on which
//! domains are in a list, though whether there are any is asked for it.

use rustc_hash::FxHashMap;

use super::marks::{DECISIONS, MarkSet, MarkTable, Marks, STEADY};
use super::{Evaluator, R, Taint};
use crate::heap::{Pending, Value, Waiting};
use crate::position::Position;
use crate::saved::bytes::{Reader, Writer};

/// Marks of what a decision need not be noted for: other decisions, and what is hardly ever edited.
const NOT_WORTH: MarkSet = MarkSet::range(DECISIONS).with(STEADY);
/// So often decisions are made again because of others that were made again. What goes on after that is no
/// small edit.
const MOST_ROUNDS: u32 = 8;

/// A decision that was made.
#[derive(Clone, Copy)]
struct Decision {
    thunk: Value,
    /// What the thunk waited to do.
    waiting: Waiting,
    /// The marks of what led to it.
    led: Marks,
    /// Where it is a condition or what a predicate said: the thunk that was evaluated when its question came up, and
    /// has it come up again.
    owner: Option<Value>,
}

/// All decisions, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Decisions {
    made: Vec<Decision>,
    /// How many ever got a mark.
    marked: u32,
    /// Those that are made again, with the marks of who read them before, who keep what they read where it
    /// is as it was, and have to notice when it is not any more; and with their owners.
    again: FxHashMap<Value, (Marks, Option<Value>)>,
}

/// Whether a decision is worth noting that was made because of what has these marks.
fn is_worth_noting(led: Marks, table: &MarkTable) -> bool {
    table.set(led).has_others_than(NOT_WORTH)
}

impl Decisions {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.made.len()
    }

    /// Has another owner for what a thunk decided that failed: those made from a number on.
    pub(super) fn hand_over(&mut self, from: usize, thunk: Value, owner: Option<Value>) {
        for decision in self.made.iter_mut().skip(from) {
            if decision.owner == Some(thunk) {
                decision.owner = owner;
            }
        }
    }

    /// Notes a decision that was made because of what has the marks `led`: the marks of who reads it. `None`
    /// where it depends on nothing but other decisions, or on what is hardly ever edited.
    pub(super) fn note(
        &mut self,
        thunk: Value,
        waiting: Waiting,
        led: Marks,
        owner: Option<Value>,
        table: &mut MarkTable,
    ) -> Option<Marks> {
        let again = self.again.get(&thunk).copied();
        if again.is_none() && !is_worth_noting(led, table) {
            return None;
        }
        self.made.push(Decision {
            thunk,
            waiting,
            led,
            owner: again.map_or(owner, |(_, owner)| owner),
        });
        let again = again.map(|(marks, _)| marks);
        Some(again.unwrap_or_else(|| {
            self.marked += 1;
            table.marks(MarkSet::of(DECISIONS.0 + self.marked % DECISIONS.1))
        }))
    }

    pub(super) fn put(&self, out: &mut Writer) {
        out.word(self.marked);
        out.number(self.made.len());
        for decision in &self.made {
            let Waiting { first, payload } = decision.waiting;
            let owner = decision.owner.unwrap_or(Value::EMPTY).to_word();
            for word in [
                decision.thunk.to_word(),
                first,
                payload,
                decision.led.0,
                owner,
            ] {
                out.word(word);
            }
        }
    }

    pub(super) fn take(from: &mut Reader<'_>) -> Option<Self> {
        let marked = from.word()?;
        let length = from.count(20)?;
        let made = (0..length).map(|_| {
            let thunk = Value::from_word(from.word()?);
            let waiting = Waiting {
                first: from.word()?,
                payload: from.word()?,
            };
            let led = Marks(from.word()?);
            let owner = Value::from_word(from.word()?);
            Some(Decision {
                thunk,
                waiting,
                led,
                owner: (!owner.is_empty()).then_some(owner),
            })
        });
        Some(Self {
            made: made.collect::<Option<_>>()?,
            marked,
            again: FxHashMap::default(),
        })
    }
}

impl Evaluator {
    /// What a condition comes to. It is no thunk, but a decision all the same.
    #[inline]
    pub(super) fn decide_condition(&mut self, code: u32, env: u32) -> R<Value> {
        let outside = std::mem::take(&mut self.taint.marks);
        let decided = self.operand(code, env);
        self.note_decision(outside, decided, Pending::Expression { code, env });
        decided
    }

    /// What a predicate says of a value.
    pub(crate) fn call_predicate(&mut self, predicate: Value, value: Value) -> R<Value> {
        let outside = std::mem::take(&mut self.taint.marks);
        let said = self.call(predicate, &[value], Position::NONE);
        let said = said.and_then(|said| self.force(said));
        let pending = Pending::Apply(predicate, value, Value::EMPTY);
        self.note_decision(outside, said, pending);
        said
    }

    /// Notes what was decided, where that depends on what may change, and who goes on with it has the marks of
    /// `outside` too.
    #[inline]
    fn note_decision(&mut self, outside: Marks, decided: R<Value>, pending: Pending) {
        if let Ok(value) = decided
            && !self.taint.marks.is_none()
        {
            self.make_decision(value, pending);
        }
        self.taint_by(outside);
    }

    /// Makes a thunk that was decided, to be asked again.
    #[cold]
    fn make_decision(&mut self, value: Value, pending: Pending) {
        let led = self.taint.marks;
        if !value.is_answer() || !is_worth_noting(led, &self.taint.table) {
            return;
        }
        let thunk = match pending {
            Pending::Expression { code, env } => self.heap.new_thunk(code, env),
            Pending::Apply(function, argument, _) => self.heap.new_apply(function, argument),
        };
        self.finish_marked(thunk, pending.waiting(), value, self.taint.running);
    }

    /// Has everything be evaluated again that depends on what has any of these marks, or on a decision that
    /// is another one now; `false` where that comes to no end.
    pub(super) fn settle(&mut self, marks: MarkSet) -> bool {
        let mut changed = marks;
        self.taint.decisions.again.clear();
        for _ in 0..MOST_ROUNDS {
            if changed.is_none() {
                return true;
            }
            self.take_back(changed);
            let open = self.open_decisions(changed);
            changed = MarkSet::NONE;
            for (thunk, before, marks) in open {
                if self.decide(thunk) != Some(before) {
                    changed = changed.and(self.taint.table.set(marks));
                }
            }
        }
        false
    }

    /// Takes decisions back that were made because of what has any of these marks: each with what it was, and
    /// the marks of who read it. Those are forgotten whose owner was taken back: it will make its own.
    fn open_decisions(&mut self, marks: MarkSet) -> Vec<(Value, Value, Marks)> {
        let Self { heap, taint, .. } = self;
        let mut open = Vec::new();
        let Taint {
            decisions, table, ..
        } = taint;
        let Decisions { made, again, .. } = decisions;
        let having_any = table.having_any(marks);
        made.retain(|decision| {
            let is_meant = having_any.has(decision.led);
            if is_meant && let Some(before) = heap.shown_value(decision.thunk) {
                let readers = Marks(heap.thunk_marks(decision.thunk));
                open.push((*decision, before, readers));
                again.insert(decision.thunk, (readers, decision.owner));
                heap.put_back(decision.thunk, decision.waiting);
            }
            !is_meant
        });
        let is_asked = |decision: &Decision| {
            let owner = decision.owner;
            owner.is_none_or(|owner| heap.shown_value(owner).is_some())
        };
        made.retain(&is_asked);
        let asked = open.iter().filter(|(decision, ..)| is_asked(decision));
        asked
            .map(|&(decision, before, readers)| (decision.thunk, before, readers))
            .collect()
    }

    /// Makes a decision again; `None` where that fails, which it will do again if somebody asks.
    fn decide(&mut self, thunk: Value) -> Option<Value> {
        let depth = self.depth;
        let decided = self.force(thunk);
        // What it depends on, its readers take on when they read it.
        self.taint.marks = Marks::NONE;
        match decided {
            Ok(value) => Some(value),
            Err(raised) => {
                self.take_error(raised);
                self.depth = depth;
                None
            }
        }
    }
}
