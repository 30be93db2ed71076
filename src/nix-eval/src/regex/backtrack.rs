//! Matching where the first way found is the one that counts: whole matches, and searches with an
//! expression that has no alternatives. Loops are greedy, ways out are kept on a stack of our own.

use rustc_hash::FxHashSet;

use super::Captures;
use super::byte_set::ByteSet;
use super::counts::{CountTable, Counts};
use super::program::{Address, Instruction, Loop, Program};

/// What a search may take for a match, beyond the expression.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions {
    /// The start is not the start of a line (`match_prev_avail`).
    pub(super) is_inside: bool,
    /// An empty match does not count (`match_not_null`).
    pub(super) not_empty: bool,
}

/// A place to resume at when the current way has failed.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Resume {
        at: Address,
        position: usize,
        counts: Counts,
    },
    /// The ways out of a loop over single bytes, from the longest to the shortest.
    Leave {
        at: Address,
        shortest: usize,
        longest: usize,
    },
    RestoreStart {
        group: u32,
        value: usize,
    },
    RestoreEnd {
        group: u32,
        value: usize,
    },
}

/// The value of a group's bound that has none.
const UNSET: usize = usize::MAX;

/// How many steps a search takes for each byte of text before it begins to remember where it was.
/// Most never get there, and remembering costs more than they do.
const FREE_STEPS_PER_BYTE: usize = 8;

/// A search in one text.
pub(super) struct Backtrack<'p, 't> {
    program: &'p Program,
    text: &'t [u8],
    is_whole: bool,
    choices: Vec<Choice>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    counts: CountTable,
    /// Instructions with a choice that have been tried already, with the place and the counts.
    tried: FxHashSet<(Address, Counts, usize)>,
    free_steps: usize,
}

impl<'p, 't> Backtrack<'p, 't> {
    /// Prepares to match `text`; the whole of it if `is_whole`.
    pub(super) fn new(program: &'p Program, text: &'t [u8], is_whole: bool) -> Self {
        let mut search = Self {
            program,
            text,
            is_whole,
            choices: Vec::new(),
            starts: vec![UNSET; program.groups],
            ends: vec![UNSET; program.groups],
            counts: CountTable::default(),
            tried: FxHashSet::default(),
            free_steps: 0,
        };
        search.reset(0);
        search
    }

    /// Forgets all attempts, before a search from `start` on or under other conditions.
    pub(super) fn reset(&mut self, start: usize) {
        self.choices.clear();
        self.tried.clear();
        self.starts.fill(UNSET);
        self.ends.fill(UNSET);
        let rest = self.text.len().saturating_sub(start);
        self.free_steps = rest.saturating_add(8).saturating_mul(FREE_STEPS_PER_BYTE);
    }

    /// Matches at `start` only. After a failure, a later start profits from what was tried.
    pub(super) fn run(&mut self, start: usize, conditions: Conditions) -> Option<Captures> {
        let mut place = Some((0, start, Counts::default()));
        while let Some((at, position, counts)) = place {
            if self.follow(start, conditions, at, position, counts) {
                let bounds = self.starts.iter().zip(&self.ends);
                let slots = bounds
                    .map(|(s, e)| (*e != UNSET).then_some((*s, *e)))
                    .collect();
                return Some(Captures { slots });
            }
            place = self.next_choice();
        }
        None
    }

    /// Takes the most recent choice back and the way it has left.
    fn next_choice(&mut self) -> Option<(Address, usize, Counts)> {
        loop {
            match self.choices.pop()? {
                Choice::Resume {
                    at,
                    position,
                    counts,
                } => return Some((at, position, counts)),
                Choice::Leave {
                    at,
                    shortest,
                    longest,
                } => {
                    if shortest < longest {
                        let longest = longest - 1;
                        self.choices.push(Choice::Leave {
                            at,
                            shortest,
                            longest,
                        });
                    }
                    return Some((at, longest, Counts::default()));
                }
                Choice::RestoreStart { group, value } => self.starts[group as usize] = value,
                Choice::RestoreEnd { group, value } => self.ends[group as usize] = value,
            }
        }
    }

    /// Whether this is the first time that the search is here.
    fn is_new(&mut self, at: Address, position: usize, counts: Counts) -> bool {
        if self.free_steps > 0 {
            self.free_steps -= 1;
            return true;
        }
        self.tried.insert((at, counts, position))
    }

    /// How far from `position` the loop at `at` over single bytes of `set` gets; `None` if it has
    /// been tried from here.
    fn run_of(&mut self, at: Address, set: &ByteSet, position: usize) -> Option<usize> {
        let counts = Counts::default();
        if !self.is_new(at, position, counts) {
            return None;
        }
        let mut end = position;
        while self.text.get(end).is_some_and(|byte| set.contains(*byte))
            && self.is_new(at, end + 1, counts)
        {
            end += 1;
        }
        Some(end)
    }

    /// Follows one way until it succeeds or fails.
    fn follow(
        &mut self,
        start: usize,
        conditions: Conditions,
        mut at: Address,
        mut position: usize,
        mut counts: Counts,
    ) -> bool {
        let program = self.program;
        loop {
            let from = at;
            match program.instructions[at as usize] {
                Instruction::Consume { set, next } => {
                    let set = &program.sets[set as usize];
                    if !self
                        .text
                        .get(position)
                        .is_some_and(|byte| set.contains(*byte))
                    {
                        return false;
                    }
                    position += 1;
                    counts = Counts::default();
                    at = next;
                }
                Instruction::Repeat {
                    next,
                    kind: Loop::Bytes { set },
                    ..
                } => {
                    let set = &program.sets[set as usize];
                    let Some(longest) = self.run_of(at, set, position) else {
                        return false;
                    };
                    if position < longest {
                        let choice = Choice::Leave {
                            at: next,
                            shortest: position,
                            longest: longest - 1,
                        };
                        self.choices.push(choice);
                        counts = Counts::default();
                    }
                    position = longest;
                    at = next;
                }
                Instruction::Repeat { body, next, kind } => {
                    if !self.is_new(at, position, counts) {
                        return false;
                    }
                    let entered = match kind {
                        Loop::Counted => self.counts.enter(counts, at),
                        _ => Some(counts),
                    };
                    at = next;
                    if let Some(entered) = entered {
                        let counts_after = program.counts_after(from, next, counts);
                        let choice = Choice::Resume {
                            at: next,
                            position,
                            counts: counts_after,
                        };
                        self.choices.push(choice);
                        at = body;
                        counts = entered;
                    }
                }
                Instruction::Alternative { first, second } => {
                    if !self.is_new(at, position, counts) {
                        return false;
                    }
                    let counts_after = program.counts_after(from, second, counts);
                    let choice = Choice::Resume {
                        at: second,
                        position,
                        counts: counts_after,
                    };
                    self.choices.push(choice);
                    at = first;
                }
                Instruction::GroupStart { group, next } => {
                    let value = std::mem::replace(&mut self.starts[group as usize], position);
                    self.choices.push(Choice::RestoreStart { group, value });
                    at = next;
                }
                Instruction::GroupEnd { group, next } => {
                    let value = std::mem::replace(&mut self.ends[group as usize], position);
                    self.choices.push(Choice::RestoreEnd { group, value });
                    at = next;
                }
                Instruction::LineStart { next } => {
                    if position != start || conditions.is_inside {
                        return false;
                    }
                    at = next;
                }
                Instruction::LineEnd { next } => {
                    if position != self.text.len() {
                        return false;
                    }
                    at = next;
                }
                Instruction::Accept => {
                    let is_complete = !self.is_whole || position == self.text.len();
                    return is_complete && !(conditions.not_empty && position == start);
                }
            }
            counts = program.counts_after(from, at, counts);
        }
    }
}
