//! What an evaluation asked of the results of shared calls: the derivations in them that were made.
//! They are made again before the results are saved.

use rustc_hash::FxHashSet;

use crate::eval::Evaluator;
use crate::heap::{Kind, Value};
use crate::saved::Digest;
use crate::symbol::{Symbol, known};

/// How deep derivations are looked for: `legacyPackages.x86_64-linux.python3Packages.requests.out`.
const MOST_NAMES: usize = 5;

/// A set with so many names is that of all packages.
const ALL_PACKAGES: u32 = 5000;
/// Where fewer new ones than this are among all packages, there is not much in sets below.
const SIGN_OF_MORE: usize = 8;

/// A derivation that was made: in which result, and by what names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Demand {
    pub(super) call: Digest,
    pub(super) path: Vec<Vec<u8>>,
}

impl Evaluator {
    /// All derivations that this evaluation made in results of shared calls, by the shortest names: each set is looked
    /// into once, which has to be where most of what is in it can be reached.
    pub(super) fn demands(&mut self) -> Vec<Demand> {
        let mut results: Vec<(Value, Digest)> = self.shared.results().collect();
        results.sort_unstable();
        let mut search = Search {
            adopted: self.adopted_data(),
            ..Search::default()
        };
        for (result, call) in results {
            self.arrive(result, Way::Call(call), &mut search);
        }
        let mut next = 0;
        while let Some(&Step { set, names, .. }) = search.steps.get(next) {
            if names == MOST_NAMES {
                break;
            }
            let (flat, shape) = self.heap.flat(set);
            let length = self.heap.shape_length(shape);
            for index in 0..length {
                let way = Way::Name(next, self.heap.shape_name(shape, index));
                self.arrive(self.heap.attr_at(flat, index), way, &mut search);
            }
            if search.adopted > 0 && length >= ALL_PACKAGES && search.found.len() < SIGN_OF_MORE {
                break;
            }
            next += 1;
        }
        search.found
    }

    /// Notes a derivation, or a set that may hold some, unless there was another way to it.
    fn arrive(&self, value: Value, way: Way, search: &mut Search) {
        let Some(set) = self.known_value(value) else {
            return;
        };
        if self.heap.kind(set) != Kind::Attrs || !search.seen.insert(set) {
            return;
        }
        match self.path_made(set) {
            // What was made before may have been found by other names then.
            Some(path) if path.lies_before(search.adopted) => {}
            Some(_) => search.found.push(self.demand(way, &search.steps)),
            None => {
                let names = match way {
                    Way::Call(_) => 0,
                    Way::Name(step, _) => search.steps[step].names + 1,
                };
                search.steps.push(Step { set, way, names });
            }
        }
    }

    /// What is found by a way.
    fn demand(&self, mut way: Way, steps: &[Step]) -> Demand {
        let mut path = Vec::new();
        loop {
            match way {
                Way::Call(call) => {
                    path.reverse();
                    return Demand { call, path };
                }
                Way::Name(step, name) => {
                    path.push(self.symbols.name(name).to_vec());
                    way = steps[step].way;
                }
            }
        }
    }

    /// A value that needs no evaluation, with marks or without: it is only looked for.
    fn known_value(&self, value: Value) -> Option<Value> {
        if value.is_thunk() {
            self.heap.shown_value(value)
        } else {
            Some(value)
        }
    }

    /// The path of a derivation, or of its output, where a set is one and was asked for it. What type it has need
    /// not have been asked.
    fn path_made(&self, set: Value) -> Option<Value> {
        let drv_path = self.heap.attr(set, known::DRV_PATH)?;
        let out_path = self.heap.attr(set, known::OUT_PATH)?;
        let kind = self.heap.attr(set, known::TYPE);
        let is_other = |kind: Value| !kind.is_string() || self.heap.string(kind) != b"derivation";
        if kind
            .and_then(|kind| self.known_value(kind))
            .is_some_and(is_other)
        {
            return None;
        }
        let path = self.known_value(drv_path);
        let path = path.or_else(|| self.known_value(out_path));
        path.filter(|path| path.is_string())
    }
}

/// How something is found: as the result of a call, or by a name in the set of a step.
#[derive(Clone, Copy)]
enum Way {
    Call(Digest),
    Name(usize, Symbol),
}

/// A set that may hold derivations.
struct Step {
    set: Value,
    way: Way,
    /// How many names lead to it.
    names: usize,
}

#[derive(Default)]
struct Search {
    /// Where the values end that were adopted.
    adopted: u32,
    seen: FxHashSet<Value>,
    steps: Vec<Step>,
    found: Vec<Demand>,
}
