//! Values that evaluations have in common: what a nixpkgs makes of the same few arguments is worked
//! out once, and then used by all that ask for it, by this evaluation and by later ones.
//!
//! Three functions are worth it: the one that makes the packages of a nixpkgs, `elaborate`, which
//! describes a platform and whose result is an argument of the first, and the one that makes a flake
//! without inputs. Where one of them is called with plain data, with earlier results of such calls,
//! or with nothing else in it, its result depends on nothing but the files that it reads. Calls are
//! noted as bytes ([`argument`]); after an evaluation they are made once more where nothing else is
//! going on ([`build`]), together with the derivations that it asked of their results, and all that
//! came of it is saved as it lies in memory ([`file`]). A later evaluation maps it ([`adopt`]) if
//! everything that was read is still the same.
//!
//! Nothing here decides where values are kept, or whether a file changed;
//! [`World`](crate::world::World) does.

mod adopt;
mod argument;
mod build;
mod demand;
mod file;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

use std::rc::Rc;

use nix_store::StorePath;
use nix_store::hash::Hash;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::eval::{Evaluator, R};
use crate::heap::{Kind, Value};
use crate::ir::op;
use crate::path;
use crate::position::Position;
use crate::saved::{Digest, Ends, digest};
use crate::stand_in::has_stand_in;

use adopt::{Adopted, SavedDerivations};
pub use build::Unshared;
pub(crate) use tables::Tables;
pub(crate) use tree::Source;

/// Where the packages of a nixpkgs are made.
const PACKAGES: &[u8] = b"/pkgs/top-level/default.nix";
/// What a file must not mention: a value that another evaluation would find another one for.
const NOT_SHARED: &[u8] = b"currentTime";
/// Where platforms are described.
const SYSTEMS: &[u8] = b"/lib/systems/default.nix";
/// The function there that does it.
const ELABORATE: &[u8] = b"elaborate";

/// What an evaluation knows of shared calls.
#[derive(Default)]
pub(crate) struct Shared {
    /// Whether calls are shared at all; and the name of what was saved of them.
    name: Option<String>,
    /// Where everything ended when that was said.
    start: Ends,
    /// Functions whose calls are shared, by code.
    functions: FxHashMap<u32, Function>,
    /// The function that makes a flake without inputs.
    flake: Option<Value>,
    /// Results, by what was called with what.
    known: FxHashMap<Digest, Value>,
    /// The same the other way round, for arguments that hold results.
    digests: FxHashMap<Value, Digest>,
    /// Results of calls that were made with what may be edited. No other call has them, and they are not known
    /// by what was called; they are there so that the calls can be made again when values are saved.
    marked: FxHashMap<Value, Digest>,
    /// The calls that were made, in the order in which they ended.
    calls: Vec<Call>,
    /// The calls whose results were there.
    used: FxHashSet<Digest>,
    /// Trees that are readable below a store path.
    mounts: Vec<(StorePath, Rc<[u8]>)>,
    /// Whether there was nothing to save before.
    is_hopeless: bool,
    /// Folders that were hashed.
    sources: Vec<Source>,
    /// Their hashes, by what was kept of them.
    hashed: FxHashMap<Digest, Hash>,
    /// Whether some were hashed that had not been saved.
    has_new_sources: bool,
    /// How many imported files were saved.
    saved_imports: usize,
    /// What was saved, where that is used.
    adopted: Option<Adopted>,
    /// The derivations of the evaluation that hibernated, where this goes on from one.
    awoken: Option<SavedDerivations>,
}

/// A function whose calls are shared.
#[derive(Clone, PartialEq, Eq)]
enum Function {
    /// What this file holds.
    File(Rc<[u8]>),
    /// `elaborate` of the library whose folder this is.
    Elaborate(Rc<[u8]>),
    /// The function that makes a flake without inputs.
    Flake,
}

/// A call that was made.
#[derive(Clone)]
struct Call {
    /// The way to the function.
    function: Vec<u8>,
    argument: Vec<u8>,
}

impl Call {
    fn digest(&self) -> Digest {
        let mut bytes = (self.function.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.function);
        bytes.extend_from_slice(&self.argument);
        digest(&bytes)
    }
}

impl Shared {
    /// What was called for a result, and whether with what may be edited.
    fn digest_of(&self, result: Value) -> Option<(Digest, bool)> {
        let of = |results: &FxHashMap<Value, Digest>| results.get(&result).copied();
        let unmarked = of(&self.digests).map(|digest| (digest, false));
        unmarked.or_else(|| of(&self.marked).map(|digest| (digest, true)))
    }

    /// All results of calls.
    fn results(&self) -> impl Iterator<Item = (Value, Digest)> {
        let all = self.digests.iter().chain(&self.marked);
        all.map(|(&result, &digest)| (result, digest))
    }
}

impl Evaluator {
    /// Notes a function of the file at `path` whose calls are shared, if it has one. `root` is the
    /// file's code.
    pub(crate) fn mark_shared(&mut self, path: &Rc<[u8]>, root: u32) {
        if self.shared.name.is_none() || has_stand_in(path) {
            return;
        }
        if path.ends_with(PACKAGES) {
            let mut code = root;
            while matches!(self.operation(code), op::LET | op::LET_ALIASES) {
                code = self.heap.code(code + 1);
            }
            if self.operation(code) == op::LAMBDA_SET {
                self.mark(code, Function::File(path.clone()));
            }
        } else if path.ends_with(SYSTEMS) {
            let library: Rc<[u8]> = path::parent(path::parent(path)).into();
            let Some(name) = self.symbols.find(ELABORATE) else {
                return;
            };
            let codes = self.code_table.named(root, name);
            for code in codes {
                let is_of_one = self.heap.code(code) == op::head(op::LAMBDA, 1);
                if is_of_one && self.is_written_in(code, path) {
                    self.mark(code, Function::Elaborate(library.clone()));
                }
            }
        }
    }

    fn operation(&self, code: u32) -> u32 {
        op::operation(self.heap.code(code))
    }

    fn is_written_in(&self, code: u32, path: &[u8]) -> bool {
        let place = self.positions.place(Position(self.heap.code(code + 3)));
        place.is_some_and(|place| place.source.origin.path().as_deref() == Some(path))
    }

    fn mark(&mut self, code: u32, function: Function) {
        let head = self.heap.code(code);
        self.heap.set_code(code, head | op::head(0, op::SHARED));
        self.shared.functions.insert(code, function);
    }

    /// Notes the function that makes a flake without inputs.
    pub(crate) fn share_flakes(&mut self, function: Value) {
        if self.shared.name.is_some() && function.is_lambda() {
            let (code, _) = self.heap.lambda(function);
            self.mark(code, Function::Flake);
            self.shared.flake = Some(function);
        }
    }

    /// The function that makes a flake without inputs, where it was noted or saved.
    pub(crate) fn shared_flakes(&self) -> Option<Value> {
        self.shared.flake
    }

    /// Notes a tree that is readable below a store path.
    pub(crate) fn note_mount(&mut self, store_path: &StorePath, real: &[u8]) {
        if self.shared.name.is_some() {
            self.shared.mounts.push((store_path.clone(), real.into()));
        }
    }

    /// The result of a call that is shared; `None` where this one cannot be.
    pub(crate) fn call_shared(&mut self, function: Value, argument: Value) -> R<Option<Value>> {
        if self.shared.name.is_none() {
            return Ok(None);
        }
        let Some((way, is_in_marked)) = self.way_to(function) else {
            return Ok(None);
        };
        let (argument_bytes, has_marks) =
            self.with_marks_seen(|evaluator| evaluator.argument_bytes(argument));
        let Some((bytes, holds_marked)) = argument_bytes else {
            return Ok(None);
        };
        // What lies below a path that stands in for another one may differ each time.
        if has_stand_in(&bytes) {
            return Ok(None);
        }
        let call = Call {
            function: way,
            argument: bytes,
        };
        let digest = call.digest();
        if let Some(&known) = self.shared.known.get(&digest) {
            self.stats.shared_calls += 1;
            self.shared.used.insert(digest);
            return Ok(Some(known));
        }
        let (value, reads_marked) =
            self.with_marks_seen(|evaluator| evaluator.call_unshared(function, argument));
        let value = value?;
        // What its result is made of may change, though it is the same call.
        if is_in_marked || has_marks || holds_marked || reads_marked {
            self.shared.marked.insert(value, digest);
        } else {
            self.shared.known.insert(digest, value);
            self.shared.digests.insert(value, digest);
        }
        self.shared.calls.push(call);
        Ok(Some(value))
    }

    /// How to find a function again, which is the one there, and not one like it; and whether that is in the
    /// result of a call with marks.
    fn way_to(&self, function: Value) -> Option<(Vec<u8>, bool)> {
        let (code, outer) = self.heap.lambda(function);
        let is_it = |found: Option<Value>| {
            found.is_some_and(|found| found.is_lambda() && self.heap.lambda(found) == (code, outer))
        };
        let way = match self.shared.functions.get(&code)? {
            Function::File(path) => is_it(self.imported(path)).then(|| [b"F", &path[..]].concat()),
            Function::Elaborate(library) => {
                let names: [&[u8]; 2] = [b"systems", ELABORATE];
                let default = path::join(library, b"default.nix");
                let of_file = self.imported(&default);
                if is_it(of_file.and_then(|set| self.look(set, &names))) {
                    return Some(([b"L", &default[..]].concat(), false));
                }
                let names: [&[u8]; 3] = [b"lib", b"systems", ELABORATE];
                let holder = |results: &FxHashMap<Value, Digest>| {
                    let holders = results.iter();
                    let holders = holders.filter(|&(&result, _)| is_it(self.look(result, &names)));
                    holders.map(|(_, &digest)| digest).min()
                };
                let unmarked = holder(&self.shared.digests).map(|digest| (digest, false));
                let marked = || holder(&self.shared.marked).map(|digest| (digest, true));
                let (digest, is_marked) = unmarked.or_else(marked)?;
                return Some(([b"R", &digest[..]].concat(), is_marked));
            }
            Function::Flake => is_it(self.shared.flake).then(|| b"W".to_vec()),
        };
        way.map(|way| (way, false))
    }

    fn imported(&self, path: &[u8]) -> Option<Value> {
        self.done(*self.imports.get(path)?)
    }

    /// A value that needs no evaluation.
    fn done(&self, value: Value) -> Option<Value> {
        if value.is_thunk() {
            self.heap.thunk_value(value)
        } else {
            Some(value)
        }
    }

    /// What lies below a set, where no evaluation is needed to tell.
    fn look(&self, set: Value, names: &[&[u8]]) -> Option<Value> {
        let mut value = self.done(set)?;
        for name in names {
            if self.heap.kind(value) != Kind::Attrs {
                return None;
            }
            let symbol = self.symbols.find(name)?;
            value = self.done(self.heap.attr(value, symbol)?)?;
        }
        Some(value)
    }
}
