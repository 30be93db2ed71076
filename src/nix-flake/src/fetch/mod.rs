//! Fetching: from an input to a tree with a store path. Each input is fetched once; what a lock file
//! says of a tree is held against what came.

pub(crate) mod archive;
pub mod cache;
pub(crate) mod download;
mod forge;
mod git;
mod git_tree;
mod look;
mod mercurial;
mod path;
mod stamp;
pub(crate) mod tarball;
pub mod tree;
mod usage;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use nix_eval::eval::StoreContent;
use nix_eval::world::Tree;
use nix_store::hash::{Encoding, Hash};
use nix_store::nar::MemoryTree;
use nix_store::{ContentAddress, Method, References, StoreDir, StorePath};

use crate::error::{Error, Result};
use crate::input::{FINAL, Input, Scheme};
use crate::reference::FlakeRef;
use crate::registry::Registries;
use cache::Cache;
use stamp::Stamp;
use tree::Files;
use watch::Watch;

/// A source that was fetched.
#[derive(Clone)]
pub struct Fetched {
    /// The input with all that is known of it.
    pub locked: Input,
    /// Its place in the store.
    pub store_path: StorePath,
    /// Where its files are.
    pub files: Files,
}

impl Fetched {
    /// As the evaluator takes it.
    #[must_use]
    pub fn to_tree(&self) -> Tree {
        let content = match &self.files {
            Files::InStore => None,
            Files::At { root, kept } => {
                let kept = kept.clone().map(Rc::new);
                Some(StoreContent::Tree(root.as_slice().into(), kept))
            }
        };
        Tree {
            store_path: self.store_path.clone(),
            content,
            attributes: self.locked.attributes.0.clone(),
        }
    }
}

/// Fetches, and remembers what it fetched.
#[derive(Clone, Default)]
pub struct Fetcher {
    known: BTreeMap<Input, Fetched>,
    memory: Vec<Arc<MemoryTree>>,
    pub(crate) registries: Registries,
    pub(crate) cache: Cache,
    store: StoreDir,
    /// Folders that were hashed and may change.
    watch: Watch,
    /// What is to be told to the user, in order.
    pub warnings: Vec<String>,
}

/// What a scheme found: the input with what it learnt, and the files.
struct Found {
    input: Input,
    files: Files,
}

/// Folders in memory have paths below this one, which no machine has.
pub(crate) const MEMORY: &str = "/.in-memory";

impl Fetcher {
    /// Makes a tree in memory readable, and says under which path.
    pub fn add_memory(&mut self, tree: Arc<MemoryTree>) -> String {
        self.memory.push(tree);
        format!("{MEMORY}/{}", self.memory.len() - 1)
    }

    /// The tree in memory at a path, and the path in it.
    pub(crate) fn memory_at<'p>(&self, path: &'p [u8]) -> Option<(&Arc<MemoryTree>, &'p [u8])> {
        let rest = path.strip_prefix(MEMORY.as_bytes())?.strip_prefix(b"/")?;
        let end = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
        let number: usize = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        let below = rest[end..].strip_prefix(b"/").unwrap_or_default();
        Some((self.memory.get(number)?, below))
    }

    /// Fetches an input that is not a name in a registry.
    ///
    /// # Errors
    /// Where it cannot be had, or is not what its attributes say.
    pub fn fetch(&mut self, input: &Input) -> Result<Fetched> {
        if let Some(known) = self.known.get(input) {
            return Ok(known.clone());
        }
        let fetched = self.fetch_new(input)?;
        self.known.insert(input.clone(), fetched.clone());
        Ok(fetched)
    }

    /// Whether a source that a lock file pins is in the store or in the cache.
    #[must_use]
    pub fn is_at_hand(&self, locked: &FlakeRef) -> bool {
        let input = &locked.input;
        let Ok(Some(hash)) = input.nar_hash() else {
            return false;
        };
        self.cache.tree(hash).is_some()
            || self
                .store_path(input.name(), hash)
                .is_ok_and(|path| self.is_in_store(&path))
    }

    /// Forgets what was fetched of a folder that has changed since.
    pub(crate) fn forget(&mut self, input: &Input) {
        self.known.remove(input);
    }

    /// Notes that something is asked of the file system.
    pub(crate) fn touch(&self, path: &[u8]) {
        self.watch.touch(path);
    }

    /// Whether all that was read in folders that were hashed can be seen to be what was hashed.
    pub(crate) fn is_as_it_was(&self) -> bool {
        self.watch.is_as_it_was()
    }

    fn store_path(&self, name: &str, hash: Hash) -> Result<StorePath> {
        let address = ContentAddress {
            method: Method::Nar,
            hash,
        };
        self.store
            .content_addressed_path(name.as_bytes(), &address, &References::default())
            .map_err(|error| Error::rule(error.to_string()))
    }

    fn is_in_store(&self, store_path: &StorePath) -> bool {
        use std::os::unix::ffi::OsStrExt as _;
        let path = self.store.print(store_path);
        std::fs::symlink_metadata(Path::new(std::ffi::OsStr::from_bytes(&path))).is_ok()
    }

    fn fetch_new(&mut self, input: &Input) -> Result<Fetched> {
        if input.is_final()
            && let Some(hash) = input.nar_hash()?
        {
            let store_path = self.store_path(input.name(), hash)?;
            if self.is_in_store(&store_path) {
                return Ok(Fetched {
                    locked: input.clone(),
                    store_path,
                    files: Files::InStore,
                });
            }
            if let Some(root) = self.cache.tree(hash) {
                return Ok(Fetched {
                    locked: input.clone(),
                    store_path,
                    files: Files::At { root, kept: None },
                });
            }
        }
        let found = match input.scheme() {
            Some(Scheme::Path) => {
                let (found, stamp) = path::fetch(self, input)?;
                return self.finish(input, found, stamp);
            }
            Some(Scheme::Git) => git::fetch(self, input)?,
            Some(Scheme::Forge(forge)) => forge::fetch(self, forge, input)?,
            Some(Scheme::Tarball) => tarball::fetch(self, input)?,
            Some(Scheme::File) => tarball::fetch_file(self, input)?,
            Some(Scheme::Indirect) => {
                return Err(Error::rule(format!(
                    "indirect input '{}' cannot be fetched directly",
                    input.show()
                )));
            }
            Some(Scheme::Mercurial) => mercurial::fetch(self, input)?,
            None => {
                return Err(Error::rule(format!(
                    "cannot fetch unsupported input '{}'",
                    input.attributes.to_json()
                )));
            }
        };
        self.finish(input, found, None)
    }

    /// Hashes what was found and holds it against what was said of it.
    fn finish(&mut self, asked: &Input, found: Found, stamp: Option<Stamp>) -> Result<Fetched> {
        let mut locked = found.input;
        let hash = self.hash(&found.files, stamp)?;
        let text = hash.encode(Encoding::Sri);
        if let Some(expected) = asked.nar_hash()?
            && expected != hash
        {
            return Err(Error::rule(format!(
                "NAR hash mismatch in input '{}', expected '{}' but got '{text}'",
                asked.show(),
                expected.encode(Encoding::Sri)
            )));
        }
        for name in ["lastModified", "revCount"] {
            let (expected, found) = (
                asked.attributes.number(name)?,
                locked.attributes.number(name)?,
            );
            if let (Some(expected), Some(found)) = (expected, found)
                && expected != found
            {
                return Err(Error::rule(format!(
                    "'{name}' attribute mismatch in input '{}', expected {expected}, got {found}",
                    locked.show()
                )));
            }
        }
        if let Some(expected) = asked.revision()?
            && locked.revision()?.as_ref() != Some(&expected)
        {
            return Err(Error::rule(format!(
                "'rev' attribute mismatch in input '{}', expected {expected}",
                locked.show()
            )));
        }
        let store_path = self.store_path(locked.name(), hash)?;
        if asked.is_final() {
            locked = asked.clone();
        }
        locked.attributes.set("narHash", &text);
        locked.attributes.set_truth(FINAL, true);
        Ok(Fetched {
            locked,
            store_path,
            files: found.files,
        })
    }

    fn hash(&mut self, files: &Files, stamp: Option<Stamp>) -> Result<Hash> {
        let Files::At { root, kept } = files else {
            return Err(Error::rule("a path of the store has no hash to be found"));
        };
        match self.memory_at(root) {
            Some((memory, _)) => Ok(tree::hash_memory(memory)),
            None if kept.is_none() => {
                let stamp = stamp.or_else(|| stamp::stamp(&self.cache, root));
                let mut is_known = true;
                let hash = stamp::remembered(&self.cache, root, stamp.clone(), || {
                    is_known = false;
                    tree::hash_disk(root, None)
                });
                if !self.cache.is_immutable(root) {
                    self.watch.add(root, stamp, is_known);
                }
                hash
            }
            None => {
                if !self.cache.is_immutable(root) {
                    self.watch.add(root, None, false);
                }
                tree::hash_disk(root, kept.as_ref())
            }
        }
    }
}
