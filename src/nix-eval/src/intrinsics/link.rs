//! Linking: whether what a known function relies on is, in the environment where it was bound, what it is in
//! nixpkgs. Nothing is evaluated to find out: what was not evaluated yet is asked again later.

use rustc_hash::FxHashSet;

use super::site::{Header, Site};
use super::{Argument, Meaning};
use crate::eval::Evaluator;
use crate::heap::{Kind, Pending, ThunkState, Value};
use crate::ir::op;

/// A function's header, and the environment in which the function was bound.
pub(crate) type Link = (u32, u32);

/// Asked again after so many times at first, then after twice as many.
const FIRST_WAIT: u32 = 1;
/// Never asked again.
const NEVER: u32 = u32::MAX;
/// How far one value is followed through others that wait for it.
const MOST_STEPS: u32 = 32;

/// What is known of a variable without evaluating anything.
#[derive(Clone, Copy)]
enum Seen {
    Value(Value),
    Function { code: u32, env: u32 },
    Unknown,
}

/// Whether something is as it has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    NotYet,
}

impl Evaluator {
    /// Whether the function may be evaluated here, where `outer` is the environment in which it was bound.
    #[inline]
    pub(super) fn is_linked(&mut self, header: Header, outer: u32) -> bool {
        header.linked(&self.heap) == outer || self.link(header, outer)
    }

    #[cold]
    fn link(&mut self, header: Header, outer: u32) -> bool {
        let link = (header.0, outer);
        // A library may be there several times, each in an environment of its own.
        if let Some(callees) = self.intrinsics.linked.get(&link) {
            header.set_linked(&mut self.heap, outer);
            for (number, &site) in callees.iter().enumerate() {
                header.set_callee(&mut self.heap, number, Site(site));
            }
            return true;
        }
        let wait = self.intrinsics.refused.get_mut(&link);
        if let Some(wait) = wait
            && *wait & 0xffff > 0
        {
            if *wait != NEVER {
                *wait -= 1;
            }
            return false;
        }
        self.intrinsics.find_names(&self.symbols);
        let mut asked = FxHashSet::default();
        match self.relies(header, outer, &mut asked) {
            Verdict::Yes => {
                for link in asked {
                    let header = Header(link.0);
                    header.set_linked(&mut self.heap, link.1);
                    let known = header.known(&self.heap);
                    self.intrinsics.missed.remove(&link);
                    let count = known.relies_on.len();
                    let callees = (0..count).map(|number| header.callee(&self.heap, number).0);
                    self.intrinsics.linked.insert(link, callees.collect());
                }
                self.intrinsics.refused.remove(&link);
                true
            }
            verdict => {
                // The upper half holds how long was waited before.
                let before = self
                    .intrinsics
                    .refused
                    .get(&link)
                    .map_or(0, |wait| wait >> 16);
                let next = (before * 2).clamp(FIRST_WAIT, 0x7fff);
                let wait = match verdict {
                    Verdict::NotYet => next << 16 | next,
                    _ => NEVER,
                };
                self.intrinsics.refused.insert(link, wait);
                false
            }
        }
    }

    /// Known functions that are evaluated as they are written, each with a variable that does not mean what it
    /// has to mean, or is not known to.
    #[must_use]
    pub fn refused_intrinsics(&self) -> Vec<(&'static str, &'static str)> {
        let mut refused: Vec<_> = self.intrinsics.missed.values().copied().collect();
        refused.sort_unstable();
        refused.dedup_by_key(|one| one.0);
        refused
    }

    /// Whether all that a function relies on is there. Functions that are `asked` for already count as
    /// linked: they are, if all others are.
    fn relies(&mut self, header: Header, outer: u32, asked: &mut FxHashSet<Link>) -> Verdict {
        if !asked.insert((header.0, outer)) {
            return Verdict::Yes;
        }
        let mut all = Verdict::Yes;
        for (number, (_, meaning)) in header.known(&self.heap).relies_on.iter().enumerate() {
            if matches!(meaning, Meaning::Anything) {
                continue;
            }
            let code = header.variable(&self.heap, number);
            let seen = self.see(code, outer, MOST_STEPS);
            let verdict = self.means(seen, meaning, (header, number), asked);
            if verdict == Verdict::Yes {
                continue;
            }
            let known = header.known(&self.heap);
            let missed = (known.name, known.relies_on[number].0);
            self.intrinsics.missed.insert((header.0, outer), missed);
            if verdict == Verdict::No {
                return verdict;
            }
            all = verdict;
        }
        all
    }

    fn means(
        &mut self,
        seen: Seen,
        meaning: &Meaning,
        (header, number): (Header, usize),
        asked: &mut FxHashSet<Link>,
    ) -> Verdict {
        let is = |holds: bool| if holds { Verdict::Yes } else { Verdict::No };
        if matches!(seen, Seen::Unknown) {
            return Verdict::NotYet;
        }
        match *meaning {
            Meaning::Anything => Verdict::Yes,
            Meaning::Builtin(name) => match seen {
                Seen::Value(value) => is(self.is_builtin(value, name)),
                _ => Verdict::No,
            },
            Meaning::Integer(integer) => match seen {
                Seen::Value(value) => is(value.as_small_int() == Some(integer)),
                _ => Verdict::No,
            },
            Meaning::Known(name) => {
                let Some((site, outer)) = self.known_function(seen, name) else {
                    return Verdict::No;
                };
                header.set_callee(&mut self.heap, number, site);
                let callee = site.header(&self.heap);
                self.relies(callee, outer, asked)
            }
            Meaning::Applied(name, ref argument) => {
                let Some((function, first)) = self.partial(seen) else {
                    return Verdict::No;
                };
                let is_same = match *argument {
                    Argument::Integer(integer) => first.as_small_int() == Some(integer),
                    Argument::String(text) => {
                        first.is_string() && self.heap.string(first) == text.as_bytes()
                    }
                };
                let seen = Seen::Value(function);
                match self.known_function(seen, name) {
                    Some((site, outer)) if is_same => {
                        header.set_callee(&mut self.heap, number, site);
                        let callee = site.header(&self.heap);
                        self.relies(callee, outer, asked)
                    }
                    _ => Verdict::No,
                }
            }
            Meaning::BuiltinApplied(builtin, name) => {
                let Some((function, first)) = self.partial(seen) else {
                    return Verdict::No;
                };
                match self.known_function(Seen::Value(first), name) {
                    Some((site, outer)) if self.is_builtin(function, builtin) => {
                        header.set_callee(&mut self.heap, number, site);
                        let callee = site.header(&self.heap);
                        self.relies(callee, outer, asked)
                    }
                    _ => Verdict::No,
                }
            }
        }
    }

    fn is_builtin(&self, value: Value, name: &str) -> bool {
        let index = value.as_builtin();
        index.is_some_and(|index| self.builtins[index as usize].name == name)
    }

    /// A function that was given one argument, and that argument.
    fn partial(&self, seen: Seen) -> Option<(Value, Value)> {
        let Seen::Value(value) = seen else {
            return None;
        };
        let is_of_one =
            self.heap.kind(value) == Kind::Partial && self.heap.partial_length(value) == 1;
        is_of_one.then(|| {
            let first = self.heap.partial_arg(value, 0);
            let first = match first.is_thunk().then(|| self.heap.thunk_value(first)) {
                Some(Some(done)) => done,
                _ => first,
            };
            (self.heap.partial_function(value), first)
        })
    }

    /// The site of the body of a known function, and the environment in which the function was bound.
    fn known_function(&self, seen: Seen, name: &str) -> Option<(Site, u32)> {
        let (code, env) = match seen {
            Seen::Function { code, env } => (code, env),
            Seen::Value(value) if value.is_lambda() => self.heap.lambda(value),
            _ => return None,
        };
        let site = Site::at(&self.heap, self.heap.code(code + 1))?;
        let is_it = site.header(&self.heap).known(&self.heap).name == name;
        is_it.then(|| (site, site.outer_of_function(&self.heap, env)))
    }

    /// What `code` gives in `env`, as far as that is known.
    fn see(&self, code: u32, env: u32, steps: u32) -> Seen {
        let Some(steps) = steps.checked_sub(1) else {
            return Seen::Unknown;
        };
        let head = self.heap.code(code);
        match op::operation(head) {
            op::CONSTANT => Seen::Value(Value::from_word(self.heap.code(code + 1))),
            op::LOCAL | op::LOCAL_1 | op::LOCAL_2 | op::LOCAL_FAR => match self.local(code, env) {
                Some(slot) if !slot.is_empty() => self.see_slot(slot, steps),
                _ => Seen::Unknown,
            },
            op::LAMBDA | op::LAMBDA_SET => Seen::Function { code, env },
            op::SELECT => {
                let mut seen = self.see(self.heap.code(code + 1), env, steps);
                for index in 0..op::number(head) {
                    let word = self.heap.code(code + 4 + index);
                    let Seen::Value(set) = seen else {
                        return Seen::Unknown;
                    };
                    if word & 1 == 1 || !set.is_attrs() {
                        return Seen::Unknown;
                    }
                    let Some(slot) = self.heap.attr(set, crate::symbol::Symbol(word >> 1)) else {
                        return Seen::Unknown;
                    };
                    seen = self.see_slot(slot, steps);
                }
                seen
            }
            op::SELECT_OR if op::number(head) == 1 => {
                let word = self.heap.code(code + 3);
                let set = match self.see(self.heap.code(code + 1), env, steps) {
                    Seen::Value(set) if set.is_attrs() && word & 1 == 0 => set,
                    _ => return Seen::Unknown,
                };
                match self.heap.attr(set, crate::symbol::Symbol(word >> 1)) {
                    Some(slot) => self.see_slot(slot, steps),
                    None => self.see(self.heap.code(code + 2), env, steps),
                }
            }
            op::INTRINSIC | op::RECOGNISED => self.see(self.heap.code(code + 1), env, steps),
            _ => Seen::Unknown,
        }
    }

    /// A list that needs no evaluation but looking.
    pub(super) fn list_at_hand(&self, slot: Value) -> Option<Value> {
        match self.see_slot(slot, MOST_STEPS) {
            Seen::Value(value) if value.is_list() => Some(value),
            _ => None,
        }
    }

    fn see_slot(&self, slot: Value, steps: u32) -> Seen {
        if !slot.is_thunk() {
            return Seen::Value(slot);
        }
        // What has marks may change.
        if let Some(value) = self.heap.thunk_value(slot) {
            return Seen::Value(value);
        }
        match self.heap.thunk_state(slot) {
            ThunkState::Pending(Pending::Expression { code, env }) => self.see(code, env, steps),
            _ => Seen::Unknown,
        }
    }
}
