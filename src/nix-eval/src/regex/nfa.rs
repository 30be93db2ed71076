//! The automaton as the parser builds it, fragment by fragment. It has the states libstdc++ has,
//! joints included, because their number is limited.

use rustc_hash::FxHashMap;

use super::byte_set::ByteSet;
use super::{RegexError, STATE_LIMIT};

/// The number of a state.
pub(super) type StateId = u32;

/// The successor of a state that has none yet.
pub(super) const NOWHERE: StateId = StateId::MAX;

/// What a state does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operation {
    /// Joins paths; takes no part in matching.
    Joint,
    /// Consumes a byte of the set.
    Consume(ByteSet),
    /// Goes through the body at the given state once more, or leaves.
    Repeat {
        body: StateId,
    },
    /// Either the alternative at the given state, or the next one.
    Alternative {
        first: StateId,
    },
    GroupStart(u32),
    GroupEnd(u32),
    LineStart,
    LineEnd,
    Accept,
}

/// A state and its successor.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) operation: Operation,
    pub(super) next: StateId,
}

/// A part of the automaton with one entry and one exit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fragment {
    pub(super) start: StateId,
    pub(super) end: StateId,
}

/// The automaton of an expression.
#[derive(Debug, Default)]
pub(super) struct Nfa {
    pub(super) states: Vec<State>,
    pub(super) start: StateId,
    /// How many groups there are, the whole expression included.
    pub(super) groups: u32,
}

impl Nfa {
    /// Adds a state that leads nowhere yet.
    pub(super) fn add(&mut self, operation: Operation) -> Result<Fragment, RegexError> {
        self.insert(State {
            operation,
            next: NOWHERE,
        })
        .map(|state| Fragment {
            start: state,
            end: state,
        })
    }

    fn insert(&mut self, state: State) -> Result<StateId, RegexError> {
        if self.states.len() >= STATE_LIMIT {
            return Err(RegexError::TooLarge);
        }
        self.states.push(state);
        Ok(self.states.len() as StateId - 1)
    }

    /// Lets `first` continue with `second`.
    pub(super) fn join(&mut self, first: Fragment, second: Fragment) -> Fragment {
        self.states[first.end as usize].next = second.start;
        Fragment {
            start: first.start,
            end: second.end,
        }
    }

    /// Copies a fragment.
    pub(super) fn copy(&mut self, original: Fragment) -> Result<Fragment, RegexError> {
        let mut copies: FxHashMap<StateId, StateId> = FxHashMap::default();
        let mut pending = vec![original.start];
        while let Some(id) = pending.pop() {
            if copies.contains_key(&id) {
                continue;
            }
            let state = self.states[id as usize];
            copies.insert(id, self.insert(state)?);
            if let Operation::Repeat { body: other } | Operation::Alternative { first: other } =
                state.operation
            {
                pending.push(other);
            }
            if id != original.end && state.next != NOWHERE {
                pending.push(state.next);
            }
        }
        let copy_of = |id: StateId| copies.get(&id).copied().unwrap_or(NOWHERE);
        for copy in copies.values() {
            let state = &mut self.states[*copy as usize];
            state.next = copy_of(state.next);
            match &mut state.operation {
                Operation::Repeat { body: other } | Operation::Alternative { first: other } => {
                    *other = copy_of(*other);
                }
                _ => {}
            }
        }
        Ok(Fragment {
            start: copy_of(original.start),
            end: copy_of(original.end),
        })
    }

    /// The state behind any joints at `id`.
    pub(super) fn behind_joints(&self, mut id: StateId) -> StateId {
        while id != NOWHERE && self.states[id as usize].operation == Operation::Joint {
            id = self.states[id as usize].next;
        }
        id
    }

    /// The text that the expression is, if it is nothing but text.
    pub(super) fn literal(&self) -> Option<Box<[u8]>> {
        let mut bytes = Vec::new();
        let mut id = self.start;
        loop {
            let state = self.states[id as usize];
            match state.operation {
                Operation::Consume(set) => bytes.push(set.single()?),
                Operation::Joint | Operation::GroupStart(0) | Operation::GroupEnd(0) => {}
                Operation::Accept if self.groups == 1 => return Some(bytes.into()),
                _ => return None,
            }
            id = state.next;
        }
    }
}
