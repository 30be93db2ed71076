//! What evaluations read of a nixpkgs beside its packages: the modules that they import, and the folders that
//! they copy in part. Files are parsed, and folders hashed, before values are saved, so that later evaluations
//! need not even look at them: that nothing has changed there is known of all that was read.

use std::rc::Rc;

use nix_store::hash::{Algorithm, Hash};
use rustc_hash::FxHashSet;

use super::{Function, NOT_SHARED, PACKAGES};
use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::ir::op;
use crate::path;
use crate::saved::bytes::Writer;
use crate::saved::{Digest, digest};
use crate::stand_in::has_stand_in;

/// Fewer files than this are parsed faster than saved.
const WORTH_SAVING: usize = 100;
/// New files that are worth saving values anew: this part of those that were saved already.
const PART_WORTH_SAVING: usize = 8;

/// A folder of fewer files is hashed faster than its hash is found.
const LARGE: usize = 50;
/// More folders are not worth looking for: their filters differ each time.
const MOST_SOURCES: usize = 64;

/// A folder that was copied in part.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(super) path: Vec<u8>,
    /// What was kept of it, in order; all where there was no filter, which is not noted.
    pub(super) kept: Option<Vec<Vec<u8>>>,
}

impl Source {
    pub(crate) fn new(path: &[u8], kept: Option<&FxHashSet<Vec<u8>>>) -> Self {
        let kept = kept.map(|kept| {
            let mut kept: Vec<Vec<u8>> = kept.iter().cloned().collect();
            kept.sort_unstable();
            kept
        });
        Self {
            path: path.to_vec(),
            kept,
        }
    }

    fn digest(&self) -> Digest {
        let mut bytes = Writer::default();
        bytes.bytes(&self.path);
        bytes.word(u32::from(self.kept.is_some()));
        for path in self.kept.iter().flatten() {
            bytes.bytes(path);
        }
        digest(&bytes.0)
    }
}

impl Evaluator {
    /// The folders of the nixpkgs whose packages are shared.
    fn shared_roots(&self) -> Vec<Rc<[u8]>> {
        let functions = self.shared.functions.values();
        let mut roots: Vec<Rc<[u8]>> = functions
            .filter_map(|function| match function {
                Function::File(path) => Some(path.strip_suffix(PACKAGES)?.into()),
                _ => None,
            })
            .collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// The hash of a folder, if it was saved.
    pub(crate) fn saved_source(&self, source: &Source) -> Option<Hash> {
        self.shared.hashed.get(&source.digest()).copied()
    }

    /// Whether hashes of a folder were saved, for whatever was kept of it.
    pub(crate) fn has_saved_sources(&self, path: &[u8]) -> bool {
        let mut sources = self.shared.sources.iter();
        !self.shared.hashed.is_empty() && sources.any(|source| source.path == path)
    }

    /// Notes that a folder was hashed.
    pub(crate) fn note_source(&mut self, source: Source, hash: Hash) {
        let is_large = source.kept.as_ref().is_some_and(|kept| kept.len() >= LARGE);
        let has_room = self.shared.sources.len() < MOST_SOURCES;
        if self.shared.name.is_none() || !is_large || !has_room || has_stand_in(&source.path) {
            return;
        }
        if self.shared.hashed.insert(source.digest(), hash).is_none() {
            self.shared.sources.push(source);
            self.shared.has_new_sources = true;
        }
    }

    /// The files that were imported from below those folders, and whether it is worth it to save them.
    pub(super) fn shared_files(&self) -> (Vec<Vec<u8>>, bool) {
        let roots = self.shared_roots();
        let is_below = |file: &&Rc<[u8]>| {
            !has_stand_in(file) && roots.iter().any(|root| path::is_within(file, root))
        };
        let mut files: Vec<Vec<u8>> = self
            .imports
            .keys()
            .filter(is_below)
            .map(|file| file.to_vec())
            .collect();
        files.sort_unstable();
        let known = self.shared.saved_imports;
        let new = files.len().saturating_sub(known);
        let is_worth_it = new >= WORTH_SAVING.max(known / PART_WORTH_SAVING);
        (files, is_worth_it)
    }

    /// The folders that were hashed below those folders, and whether there is a new one.
    pub(super) fn shared_sources(&self) -> (Vec<Source>, bool) {
        let roots = self.shared_roots();
        let is_below =
            |source: &&Source| roots.iter().any(|root| path::is_within(&source.path, root));
        let sources = self.shared.sources.iter().filter(is_below).cloned();
        (sources.collect(), self.shared.has_new_sources)
    }

    /// Parses a file as if it had been imported, and evaluates nothing of it.
    pub(super) fn preload(&mut self, at: &[u8]) -> R<()> {
        if self.imports.contains_key(at) {
            return Ok(());
        }
        let file: Rc<[u8]> = self.import_path(at)?.into();
        let known = self.imports.get(&file).copied();
        let value = if let Some(value) = known {
            value
        } else {
            let text = self.read_code(&file)?;
            if memchr::memmem::find(&text, NOT_SHARED).is_some() {
                return Ok(());
            }
            let code = self.file_code(&file, text.into(), None)?;
            let value = self.unevaluated(code);
            self.imports.insert(file, value);
            value
        };
        self.imports.insert(at.into(), value);
        Ok(())
    }

    /// The value of a file's code, where that takes no evaluation, or what will be its value.
    fn unevaluated(&mut self, code: u32) -> Value {
        if matches!(
            op::operation(self.heap.code(code)),
            op::LAMBDA | op::LAMBDA_SET
        ) {
            self.heap.new_lambda(code, 0)
        } else {
            self.heap.new_thunk(code, 0)
        }
    }

    /// Hashes a folder as it was hashed before.
    pub(super) fn hash_again(&mut self, source: &Source) -> R<()> {
        let kept = source.kept.as_ref();
        let kept: Option<FxHashSet<&[u8]>> =
            kept.map(|kept| kept.iter().map(|path| &path[..]).collect());
        let keeps = |path: &[u8]| kept.as_ref().is_none_or(|kept| kept.contains(path));
        let hash = self.hash_kept(&source.path, &keeps)?;
        self.note_source(source.clone(), hash);
        Ok(())
    }

    /// Puts saved hashes in place, and the folders that they are of.
    pub(super) fn restore_sources_hashed(&mut self, sources: Vec<(Source, [u8; 32])>) {
        for (source, bytes) in sources {
            if let Some(hash) = Hash::from_bytes(Algorithm::Sha256, &bytes) {
                self.shared.hashed.insert(source.digest(), hash);
                self.shared.sources.push(source);
            }
        }
    }

    /// The folders that were hashed, with their hashes.
    pub(super) fn hashed_sources(&self) -> Vec<(Source, [u8; 32])> {
        let hash = |source: &Source| {
            let hash = self.saved_source(source)?;
            Some((source.clone(), hash.bytes().try_into().ok()?))
        };
        self.shared.sources.iter().filter_map(hash).collect()
    }
}
