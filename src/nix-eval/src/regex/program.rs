//! The automaton made ready to run: joints gone, only reachable states, and what can be known of
//! each loop beforehand.

use rustc_hash::FxHashMap;

use super::byte_set::ByteSet;
use super::counts::Counts;
use super::nfa::{NOWHERE, Nfa, Operation, StateId};

/// The address of an instruction.
pub(super) type Address = u32;

/// One step of matching.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    Consume {
        set: u32,
        next: Address,
    },
    Repeat {
        body: Address,
        next: Address,
        kind: Loop,
    },
    Alternative {
        first: Address,
        second: Address,
    },
    GroupStart {
        group: u32,
        next: Address,
    },
    GroupEnd {
        group: u32,
        next: Address,
    },
    LineStart {
        next: Address,
    },
    LineEnd {
        next: Address,
    },
    Accept,
}

/// What is special about a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loop {
    /// Its body is one byte of this set.
    Bytes { set: u32 },
    /// It cannot come back to itself without consuming a byte.
    Consuming,
    /// It can, so its entries must be counted.
    Counted,
}

/// A program.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) sets: Vec<ByteSet>,
    /// For each instruction, the cycle of instructions that consume nothing which it lies on. Counts
    /// of entries matter on one cycle only.
    pub(super) cycles: Vec<u32>,
    /// How many groups there are, the whole expression included.
    pub(super) groups: usize,
    /// The bytes a match can start with; `None` if it may be empty.
    pub(super) first_bytes: Option<ByteSet>,
    pub(super) has_alternatives: bool,
}

impl Program {
    /// Lays out the states of `nfa` that can be reached. The first instruction is the start.
    pub(super) fn new(nfa: &Nfa) -> Self {
        let mut layout = Layout {
            nfa,
            addresses: FxHashMap::default(),
            pending: Vec::new(),
        };
        let mut sets = Vec::new();
        let mut numbers: FxHashMap<ByteSet, u32> = FxHashMap::default();
        let mut instructions = Vec::new();
        layout.address(nfa.start);
        while instructions.len() < layout.pending.len() {
            let state = nfa.states[layout.pending[instructions.len()] as usize];
            let mut next = || layout.address(state.next);
            instructions.push(match state.operation {
                Operation::Consume(set) => {
                    let number = *numbers.entry(set).or_insert_with(|| {
                        sets.push(set);
                        sets.len() as u32 - 1
                    });
                    Instruction::Consume {
                        set: number,
                        next: next(),
                    }
                }
                Operation::GroupStart(group) => Instruction::GroupStart {
                    group,
                    next: next(),
                },
                Operation::GroupEnd(group) => Instruction::GroupEnd {
                    group,
                    next: next(),
                },
                Operation::LineStart => Instruction::LineStart { next: next() },
                Operation::LineEnd => Instruction::LineEnd { next: next() },
                Operation::Repeat { body } => Instruction::Repeat {
                    next: next(),
                    body: layout.address(body),
                    kind: Loop::Consuming,
                },
                Operation::Alternative { first } => {
                    let second = next();
                    Instruction::Alternative {
                        first: layout.address(first),
                        second,
                    }
                }
                Operation::Accept | Operation::Joint => Instruction::Accept,
            });
        }
        let has_alternatives = instructions
            .iter()
            .any(|i| matches!(i, Instruction::Alternative { .. }));
        let mut program = Self {
            cycles: Vec::new(),
            groups: nfa.groups as usize,
            first_bytes: None,
            has_alternatives,
            instructions,
            sets,
        };
        program.cycles = program.find_cycles();
        program.classify_loops();
        program.first_bytes = program.find_first_bytes();
        program
    }

    /// What is left of `counts` on the way between two instructions: entries are counted for the
    /// loops of one cycle only, which cannot be come back to once it has been left.
    pub(super) fn counts_after(&self, from: Address, to: Address, counts: Counts) -> Counts {
        if counts == Counts::default() || self.cycles[from as usize] == self.cycles[to as usize] {
            return counts;
        }
        Counts::default()
    }

    /// Where `address` leads without consuming a byte.
    fn successors(&self, address: Address) -> [Option<Address>; 2] {
        match self.instructions[address as usize] {
            Instruction::Consume { .. } | Instruction::Accept => [None, None],
            Instruction::Repeat { body, next, .. } => [Some(body), Some(next)],
            Instruction::Alternative { first, second } => [Some(first), Some(second)],
            Instruction::GroupStart { next, .. }
            | Instruction::GroupEnd { next, .. }
            | Instruction::LineStart { next }
            | Instruction::LineEnd { next } => [Some(next), None],
        }
    }

    /// Numbers the strongly connected components of the instructions that consume nothing (Tarjan's
    /// algorithm with its own stack). An instruction that lies on no cycle gets 0.
    fn find_cycles(&self) -> Vec<u32> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.instructions.len();
        let mut order = vec![UNSEEN; count];
        let mut lowest = vec![0; count];
        let mut is_open = vec![false; count];
        let mut cycles = vec![0; count];
        let (mut clock, mut cycle) = (0, 0);
        let mut open: Vec<Address> = Vec::new();
        let mut path: Vec<(Address, usize)> = Vec::new();
        for root in 0..count as Address {
            if order[root as usize] == UNSEEN {
                path.push((root, 0));
            }
            while let Some((address, edge)) = path.pop() {
                let at = address as usize;
                if edge == 0 {
                    order[at] = clock;
                    lowest[at] = clock;
                    clock += 1;
                    open.push(address);
                    is_open[at] = true;
                }
                let successors = self.successors(address);
                if let Some(target) = edge.checked_sub(1).and_then(|done| successors[done]) {
                    let target = target as usize;
                    if is_open[target] {
                        lowest[at] = lowest[at].min(lowest[target]);
                    }
                }
                if let Some(target) = successors.get(edge).copied().flatten() {
                    path.push((address, edge + 1));
                    if order[target as usize] == UNSEEN {
                        path.push((target, 0));
                    }
                    continue;
                }
                if lowest[at] == order[at] {
                    let start = open
                        .iter()
                        .rposition(|other| *other == address)
                        .unwrap_or(0);
                    let members = open.split_off(start);
                    let number = if members.len() > 1 || successors.contains(&Some(address)) {
                        cycle += 1;
                        cycle
                    } else {
                        0
                    };
                    for member in members {
                        is_open[member as usize] = false;
                        cycles[member as usize] = number;
                    }
                }
            }
        }
        cycles
    }

    fn classify_loops(&mut self) {
        for address in 0..self.instructions.len() {
            let Instruction::Repeat { body, next, .. } = self.instructions[address] else {
                continue;
            };
            let kind = match self.instructions[body as usize] {
                _ if self.cycles[address] != 0 => Loop::Counted,
                Instruction::Consume { set, next } if next as usize == address => {
                    Loop::Bytes { set }
                }
                _ => Loop::Consuming,
            };
            self.instructions[address] = Instruction::Repeat { body, next, kind };
        }
    }

    fn find_first_bytes(&self) -> Option<ByteSet> {
        let mut bytes = ByteSet::default();
        let mut is_seen = vec![false; self.instructions.len()];
        let mut pending = vec![0];
        while let Some(address) = pending.pop() {
            if std::mem::replace(&mut is_seen[address as usize], true) {
                continue;
            }
            match self.instructions[address as usize] {
                Instruction::Accept => return None,
                Instruction::Consume { set, .. } => bytes.add(&self.sets[set as usize]),
                _ => pending.extend(self.successors(address).into_iter().flatten()),
            }
        }
        Some(bytes)
    }
}

/// Gives states their addresses as they are first met.
struct Layout<'n> {
    nfa: &'n Nfa,
    addresses: FxHashMap<StateId, Address>,
    pending: Vec<StateId>,
}

impl Layout<'_> {
    fn address(&mut self, state: StateId) -> Address {
        let state = self.nfa.behind_joints(state);
        debug_assert_ne!(state, NOWHERE, "only the accepting state has no successor");
        *self.addresses.entry(state).or_insert_with(|| {
            self.pending.push(state);
            self.pending.len() as Address - 1
        })
    }
}
