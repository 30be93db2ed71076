//! What an evaluation asked of the results of shared calls: the derivations in them that were made.
//! They are made again before the results are saved.

use rustc_hash::FxHashSet;

use crate::eval::Evaluator;
use crate::heap::{Kind, Value};
use crate::saved::Digest;
use crate::symbol::{Symbol, known};

/// How deep derivations are looked for: `legacyPackages.x86_64-linux.python3Packages.requests`.
const MOST_NAMES: usize = 4;

/// A derivation that was made: in which result, and by what names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Demand {
    pub(super) call: Digest,
    pub(super) path: Vec<Vec<u8>>,
}

impl Evaluator {
    /// All derivations that were made in results of shared calls.
    pub(super) fn demands(&mut self) -> Vec<Demand> {
        let mut results: Vec<(Value, Digest)> = self
            .shared
            .digests
            .iter()
            .map(|(&result, &digest)| (result, digest))
            .collect();
        results.sort_unstable();
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for (result, call) in results {
            let mut search = Search {
                seen: &mut seen,
                path: Vec::new(),
                found: Vec::new(),
            };
            self.search(result, &mut search);
            let paths = search.found.into_iter();
            found.extend(paths.map(|path| Demand { call, path }));
        }
        found
    }

    fn search(&mut self, set: Value, search: &mut Search<'_>) {
        let Some(set) = self.done(set) else { return };
        if self.heap.kind(set) != Kind::Attrs || !search.seen.insert(set) {
            return;
        }
        if self.is_made(set) {
            let names = search.path.iter();
            let names = names.map(|&name| self.symbols.name(name).to_vec());
            search.found.push(names.collect());
            return;
        }
        if search.path.len() == MOST_NAMES {
            return;
        }
        let (flat, shape) = self.heap.flat(set);
        for index in 0..self.heap.shape_length(shape) {
            search.path.push(self.heap.shape_name(shape, index));
            self.search(self.heap.attr_at(flat, index), search);
            search.path.pop();
        }
    }

    /// Whether a set is a derivation whose path was asked for.
    fn is_made(&self, set: Value) -> bool {
        let attr = |name| self.heap.attr(set, name).and_then(|value| self.done(value));
        let is_derivation = attr(known::TYPE)
            .is_some_and(|kind| kind.is_string() && self.heap.string(kind) == b"derivation");
        is_derivation && (attr(known::DRV_PATH).is_some() || attr(known::OUT_PATH).is_some())
    }
}

struct Search<'a> {
    seen: &'a mut FxHashSet<Value>,
    path: Vec<Symbol>,
    found: Vec<Vec<Vec<u8>>>,
}
