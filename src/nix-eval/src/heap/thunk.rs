//! Suspended evaluations. A thunk is two words (four for applications that builtins suspend): a
//! state in the low four bits of the first word above which the code lies, and a payload. Once it is
//! done the payload is its value, and in place of the code are marks of what it depends on.

use super::{Heap, Value};

const STATE_BITS: u32 = 4;
const STATE_MASK: u32 = (1 << STATE_BITS) - 1;

const EXPRESSION: u32 = 0;
const DONE: u32 = 1;
const RUNNING: u32 = 2;
const APPLY_ONE: u32 = 3;
const APPLY_TWO: u32 = 4;

/// What a thunk waits to do.
#[derive(Clone, Copy)]
pub enum Pending {
    /// Evaluate code in an environment.
    Expression {
        /// The code.
        code: u32,
        /// The environment.
        env: u32,
    },
    /// Call a function with one or two arguments (the second is [`Value::EMPTY`] for one).
    Apply(Value, Value, Value),
}

/// How far a thunk is.
#[derive(Clone, Copy)]
pub enum ThunkState {
    /// Evaluated.
    Done(Value),
    /// Being evaluated: forcing it now is an infinite recursion.
    Running,
    /// Not evaluated yet.
    Pending(Pending),
}

/// The words of a thunk that its evaluation overwrites, as they were before.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) first: u32,
    pub(crate) payload: u32,
}

impl Pending {
    /// The words that a thunk holds which waits to do this.
    #[inline]
    pub(crate) fn waiting(self) -> Waiting {
        let (first, payload) = match self {
            Self::Expression { code, env } => (code << STATE_BITS | EXPRESSION, env),
            Self::Apply(function, _, second) if second.is_empty() => (APPLY_ONE, function.0),
            Self::Apply(function, ..) => (APPLY_TWO, function.0),
        };
        Waiting { first, payload }
    }
}

impl Heap {
    /// A thunk for `code` in `env`.
    #[inline]
    pub fn new_thunk(&mut self, code: u32, env: u32) -> Value {
        let at = self.data.allocate(2);
        self.data.set(at, 0, code << STATE_BITS | EXPRESSION);
        self.data.set(at, 1, env);
        Value::thunk(at)
    }

    /// A thunk for `function argument`.
    pub fn new_apply(&mut self, function: Value, argument: Value) -> Value {
        let at = self.data.allocate(4);
        self.data.set(at, 0, APPLY_ONE);
        self.data.set(at, 1, function.0);
        self.data.set(at, 2, argument.0);
        Value::thunk(at)
    }

    /// A thunk for `function first second`.
    pub fn new_apply_two(&mut self, function: Value, first: Value, second: Value) -> Value {
        let at = self.data.allocate(4);
        self.data.set(at, 0, APPLY_TWO);
        self.data.set(at, 1, function.0);
        self.data.set(at, 2, first.0);
        self.data.set(at, 3, second.0);
        Value::thunk(at)
    }

    /// The value of a thunk that is done and has no marks.
    #[inline]
    #[must_use]
    pub fn thunk_value(&self, thunk: Value) -> Option<Value> {
        let at = thunk.granule();
        (self.data.get(at, 0) == DONE).then(|| Value(self.data.get(at, 1)))
    }

    /// The value of a thunk that is done, with marks or without: for who only shows it.
    #[must_use]
    pub fn shown_value(&self, thunk: Value) -> Option<Value> {
        match self.thunk_state(thunk) {
            ThunkState::Done(value) => Some(value),
            _ => None,
        }
    }

    /// How far `thunk` is.
    #[inline]
    #[must_use]
    pub fn thunk_state(&self, thunk: Value) -> ThunkState {
        let at = thunk.granule();
        let first = self.data.get(at, 0);
        let payload = self.data.get(at, 1);
        match first & STATE_MASK {
            DONE => ThunkState::Done(Value(payload)),
            RUNNING => ThunkState::Running,
            EXPRESSION => ThunkState::Pending(Pending::Expression {
                code: first >> STATE_BITS,
                env: payload,
            }),
            state => {
                let second = if state == APPLY_TWO {
                    Value(self.data.get(at, 3))
                } else {
                    Value::EMPTY
                };
                ThunkState::Pending(Pending::Apply(
                    Value(payload),
                    Value(self.data.get(at, 2)),
                    second,
                ))
            }
        }
    }

    /// Marks a thunk as being evaluated.
    #[inline]
    pub fn start_thunk(&mut self, thunk: Value) {
        let at = thunk.granule();
        let first = self.data.get(at, 0);
        self.data.set(at, 0, (first & !STATE_MASK) | RUNNING);
    }

    /// Gives a thunk its value.
    #[inline]
    pub fn finish_thunk(&mut self, thunk: Value, value: Value) {
        let at = thunk.granule();
        self.data.set(at, 0, DONE);
        self.data.set(at, 1, value.0);
    }

    /// Gives a thunk its value and the number of its marks, of 28 bits.
    pub fn finish_marked(&mut self, thunk: Value, value: Value, marks: u32) {
        let at = thunk.granule();
        self.data.set(at, 0, marks << STATE_BITS | DONE);
        self.data.set(at, 1, value.0);
    }

    /// A thunk that is done from the start.
    pub fn new_marked(&mut self, value: Value, marks: u32) -> Value {
        let thunk = Value::thunk(self.data.allocate(2));
        self.finish_marked(thunk, value, marks);
        thunk
    }

    /// The number of the marks of a thunk that is done.
    #[must_use]
    pub fn thunk_marks(&self, thunk: Value) -> u32 {
        let first = self.data.get(thunk.granule(), 0);
        if first & STATE_MASK == DONE {
            first >> STATE_BITS
        } else {
            0
        }
    }

    /// Makes a thunk pending again: one whose evaluation failed, so that it fails again when asked, or
    /// one that is to be evaluated once more.
    #[inline]
    pub fn reset_thunk(&mut self, thunk: Value, pending: Pending) {
        self.put_back(thunk, pending.waiting());
    }

    /// The same, by the words that it held.
    #[inline]
    pub(crate) fn put_back(&mut self, thunk: Value, waiting: Waiting) {
        let at = thunk.granule();
        self.data.set(at, 0, waiting.first);
        self.data.set(at, 1, waiting.payload);
    }

    /// The code that a running thunk evaluates, for messages; 0 where it is none.
    #[must_use]
    pub fn running_code(&self, thunk: Value) -> u32 {
        self.data.get(thunk.granule(), 0) >> STATE_BITS
    }
}
