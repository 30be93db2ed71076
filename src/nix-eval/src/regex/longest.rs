//! Searches with an expression that has alternatives. Every alternative is tried and the longest
//! match wins, the first found among equals; a loop, though, is left only where going on in it leads
//! to no match at all, however short. That is libstdc++'s reading of leftmost-longest.

use rustc_hash::FxHashMap;

use super::Captures;
use super::backtrack::Conditions;
use super::counts::{CountTable, Counts};
use super::program::{Address, Instruction, Loop, Program};

/// A state of the search: an instruction, a place, and how often loops were entered there.
type Place = (Address, Counts, usize);

/// The end of the best match from some place on, if there is one.
type Best = Option<usize>;

/// How many outcomes are kept between matches.
const OUTCOMES_KEPT: usize = 1 << 20;

/// What is known of an instruction with two ways on, at some place.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    best: Best,
    /// Whether the first way (the loop's body, the first alternative) leads there.
    is_first: bool,
}

/// A choice whose ways are being explored.
struct Open {
    place: Place,
    /// What the first way came to, once it has been explored.
    first: Option<Best>,
}

/// A search in one text.
pub(super) struct Longest<'p, 't> {
    program: &'p Program,
    text: &'t [u8],
    counts: CountTable,
    outcomes: FxHashMap<Place, Outcome>,
}

/// One try to match: where, and under which conditions.
#[derive(Clone, Copy)]
struct Attempt {
    start: usize,
    conditions: Conditions,
}

/// Where a way leads until it ends or divides.
enum Stop {
    End(Best),
    Choice(Place),
}

impl<'p, 't> Longest<'p, 't> {
    pub(super) fn new(program: &'p Program, text: &'t [u8]) -> Self {
        let (counts, outcomes) = (CountTable::default(), FxHashMap::default());
        Self {
            program,
            text,
            counts,
            outcomes,
        }
    }

    /// Matches at `start` only. Starts must not decrease between calls, as outcomes are kept.
    pub(super) fn run(&mut self, start: usize, conditions: Conditions) -> Option<Captures> {
        // Outcomes under special conditions hold for this attempt only.
        if conditions.not_empty || self.outcomes.len() > OUTCOMES_KEPT {
            self.outcomes.clear();
        }
        let attempt = Attempt { start, conditions };
        let captures = self.explore(attempt).map(|_| self.captures(attempt));
        if conditions.not_empty {
            self.outcomes.clear();
        }
        captures
    }

    /// Finds the best outcome of every choice that can be reached.
    fn explore(&mut self, attempt: Attempt) -> Best {
        let mut open: Vec<Open> = Vec::new();
        let mut place = (0, Counts::default(), attempt.start);
        loop {
            let mut result = match self.advance(attempt, place, None) {
                Stop::End(best) => best,
                Stop::Choice(choice) => {
                    if let Some(outcome) = self.outcomes.get(&choice) {
                        outcome.best
                    } else {
                        let (first, second) = self.ways(choice);
                        let first_outcome = first.is_none().then_some(None);
                        place = first.unwrap_or(second);
                        open.push(Open {
                            place: choice,
                            first: first_outcome,
                        });
                        continue;
                    }
                }
            };
            loop {
                let Some(top) = open.last_mut() else {
                    return result;
                };
                let is_loop = matches!(
                    self.program.instructions[top.place.0 as usize],
                    Instruction::Repeat { .. }
                );
                if top.first.is_none() && !(is_loop && result.is_some()) {
                    top.first = Some(result);
                    let choice = top.place;
                    place = self.ways(choice).1;
                    break;
                }
                let outcome = match top.first {
                    None => Outcome {
                        best: result,
                        is_first: true,
                    },
                    Some(first) if first.is_some() && first >= result => Outcome {
                        best: first,
                        is_first: true,
                    },
                    Some(_) => Outcome {
                        best: result,
                        is_first: false,
                    },
                };
                result = outcome.best;
                self.outcomes.insert(top.place, outcome);
                open.pop();
            }
        }
    }

    /// Where the two ways from a choice begin. The first is missing if the loop may not be entered
    /// again.
    fn ways(&mut self, (at, counts, position): Place) -> (Option<Place>, Place) {
        let way =
            |to: Address, counts: Counts| (to, self.program.counts_after(at, to, counts), position);
        match self.program.instructions[at as usize] {
            Instruction::Repeat { body, next, kind } => {
                let entered = match kind {
                    Loop::Counted => self.counts.enter(counts, at),
                    Loop::Bytes { .. } | Loop::Consuming => Some(counts),
                };
                (entered.map(|entered| way(body, entered)), way(next, counts))
            }
            Instruction::Alternative { first, second } => {
                (Some(way(first, counts)), way(second, counts))
            }
            _ => (None, (at, counts, position)),
        }
    }

    /// Goes on from a place as long as there is one way only, and notes the groups it passes.
    fn advance(
        &self,
        attempt: Attempt,
        (mut at, mut counts, mut position): Place,
        mut groups: Option<&mut Groups>,
    ) -> Stop {
        loop {
            let from = at;
            match self.program.instructions[at as usize] {
                Instruction::Consume { set, next } => {
                    let set = &self.program.sets[set as usize];
                    if !self
                        .text
                        .get(position)
                        .is_some_and(|byte| set.contains(*byte))
                    {
                        return Stop::End(None);
                    }
                    position += 1;
                    counts = Counts::default();
                    at = next;
                }
                Instruction::Repeat { .. } | Instruction::Alternative { .. } => {
                    return Stop::Choice((at, counts, position));
                }
                Instruction::GroupStart { group, next } => {
                    if let Some(groups) = groups.as_deref_mut() {
                        groups.starts[group as usize] = position;
                    }
                    at = next;
                }
                Instruction::GroupEnd { group, next } => {
                    if let Some(groups) = groups.as_deref_mut() {
                        groups.ends[group as usize] = Some(position);
                    }
                    at = next;
                }
                Instruction::LineStart { next } => {
                    if position != attempt.start || attempt.conditions.is_inside {
                        return Stop::End(None);
                    }
                    at = next;
                }
                Instruction::LineEnd { next } => {
                    if position != self.text.len() {
                        return Stop::End(None);
                    }
                    at = next;
                }
                Instruction::Accept => {
                    let is_refused = attempt.conditions.not_empty && position == attempt.start;
                    return Stop::End((!is_refused).then_some(position));
                }
            }
            counts = self.program.counts_after(from, at, counts);
        }
    }

    /// Walks the best way once more to see what the groups matched.
    fn captures(&mut self, attempt: Attempt) -> Captures {
        let count = self.program.groups;
        let mut groups = Groups {
            starts: vec![0; count],
            ends: vec![None; count],
        };
        let mut place = (0, Counts::default(), attempt.start);
        while let Stop::Choice(choice) = self.advance(attempt, place, Some(&mut groups)) {
            let is_first = self
                .outcomes
                .get(&choice)
                .is_some_and(|outcome| outcome.is_first);
            let (first, second) = self.ways(choice);
            place = first.filter(|_| is_first).unwrap_or(second);
        }
        let bounds = groups.starts.into_iter().zip(groups.ends);
        Captures {
            slots: bounds
                .map(|(start, end)| end.map(|end| (start, end)))
                .collect(),
        }
    }
}

/// The bounds of groups on one way.
struct Groups {
    starts: Vec<usize>,
    ends: Vec<Option<usize>>,
}
