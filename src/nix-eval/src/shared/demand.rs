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
    /// All derivations that this evaluation made in results of shared calls.
    pub(super) fn demands(&mut self) -> Vec<Demand> {
        let mut results: Vec<(Value, Digest)> = self.shared.results().collect();
        results.sort_unstable();
        let adopted = self.adopted_data();
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for (result, call) in results {
            let mut search = Search {
                adopted,
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
        let Some(set) = self.known_value(set) else {
            return;
        };
        if self.heap.kind(set) != Kind::Attrs || !search.seen.insert(set) {
            return;
        }
        if let Some(path) = self.path_made(set) {
            // What was made before may have been found by other names then.
            if !path.lies_before(search.adopted) {
                let names = search.path.iter();
                let names = names.map(|&name| self.symbols.name(name).to_vec());
                search.found.push(names.collect());
            }
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

    /// A value that needs no evaluation, with marks or without: it is only looked for.
    fn known_value(&self, value: Value) -> Option<Value> {
        if value.is_thunk() {
            self.heap.shown_value(value)
        } else {
            Some(value)
        }
    }

    /// The path of a derivation, or of its output, where a set is one and was asked for it.
    fn path_made(&self, set: Value) -> Option<Value> {
        let attr = |name| self.known_value(self.heap.attr(set, name)?);
        let kind = attr(known::TYPE)?;
        let is_derivation = kind.is_string() && self.heap.string(kind) == b"derivation";
        let path = is_derivation.then(|| attr(known::DRV_PATH).or_else(|| attr(known::OUT_PATH)));
        path.flatten().filter(|path| path.is_string())
    }
}

struct Search<'a> {
    /// Where the values end that were adopted.
    adopted: u32,
    seen: &'a mut FxHashSet<Value>,
    path: Vec<Symbol>,
    found: Vec<Vec<Vec<u8>>>,
}
