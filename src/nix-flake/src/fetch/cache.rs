//! What was fetched, kept below the user's cache folder. A name there is a hash of what it holds,
//! or of where it came from; a thing gets its name only once it is whole, by renaming.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix_store::hash::{Algorithm, Encoding, Hash};

use crate::error::{Error, Result};

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Default for Cache {
    /// `$XDG_CACHE_HOME/coop`, or `~/.cache/coop`.
    fn default() -> Self {
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
            .unwrap_or_else(std::env::temp_dir);
        Self::at(base.join("coop"))
    }
}

/// The name of a thing that came from `origin`.
fn name_of(origin: &str) -> String {
    Hash::of(Algorithm::Sha256, origin.as_bytes()).encode(Encoding::Nix32)
}

impl Cache {
    /// A cache below `root`.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a folder of the cache is, or would be.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A folder of the cache, made if need be.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join(name);
        std::fs::create_dir_all(&folder)
            .map_err(Error::io(format!("cannot make '{}'", folder.display())))?;
        Ok(folder)
    }

    /// The file `name` of the folder `part`, to be read. What somebody else could have written is left
    /// alone: it would be believed.
    pub(crate) fn open_own(&self, part: &str, name: &str) -> Option<(File, Metadata)> {
        let path = self.place(part).join(name);
        // A pipe would have to be opened by somebody else, too.
        if !std::fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let file = File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
        let is_closed = metadata.mode() & 0o022 == 0;
        (metadata.is_file() && is_own && is_closed).then_some((file, metadata))
    }

    /// Whether a folder is one of the cache's own, which never change once they have their name.
    pub(crate) fn is_immutable(&self, at: &[u8]) -> bool {
        let at = super::tree::os(at);
        let parts = ["trees", "git-trees"].map(|part| self.place(part));
        parts.iter().any(|part| at != part && at.starts_with(part))
    }

    /// The tree with this NAR hash, if it was unpacked before.
    pub(crate) fn tree(&self, hash: Hash) -> Option<Vec<u8>> {
        let at = self.root.join("trees").join(hash.encode(Encoding::Nix32));
        at.exists()
            .then(|| at.into_os_string().into_encoded_bytes())
    }

    /// Gives a whole tree its name by NAR hash.
    pub(crate) fn keep_tree(&self, folder: &Path, hash: Hash) -> Result<Vec<u8>> {
        let at = self.folder("trees")?.join(hash.encode(Encoding::Nix32));
        settle(folder, &at)?;
        Ok(at.into_os_string().into_encoded_bytes())
    }

    /// An empty folder to make a tree in; it is deleted unless it is given a name.
    pub(crate) fn scratch(&self) -> Result<Scratch> {
        let parent = self.folder("new")?;
        let mut number = 0;
        loop {
            let path = parent.join(format!("{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => {
                    return Err(Error::io(format!("cannot make '{}'", path.display()))(
                        error,
                    ));
                }
            }
        }
    }

    /// The files of a commit, written by `write` unless they are there.
    pub(crate) fn checkout(
        &self,
        key: &str,
        write: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Vec<u8>> {
        let at = self.folder("git-trees")?.join(key);
        if !at.exists() {
            let scratch = self.scratch()?;
            write(&scratch.path)?;
            settle(&scratch.path, &at)?;
        }
        Ok(at.into_os_string().into_encoded_bytes())
    }

    /// The folder of the clone of a repository.
    pub(crate) fn clone_folder(&self, url: &str) -> Result<PathBuf> {
        self.folder(&format!("git/{}", name_of(url)))
    }

    /// Where the copy of a Mercurial repository is, or would be.
    pub(crate) fn mercurial_clone(&self, url: &str) -> Result<PathBuf> {
        Ok(self.folder("hg")?.join(name_of(url)))
    }

    /// Where the answer of a server is kept.
    pub(crate) fn download(&self, url: &str) -> Result<PathBuf> {
        Ok(self.folder("downloads")?.join(name_of(url)))
    }
}

/// Gives `folder` its final name; where another run was first, its result stays.
fn settle(folder: &Path, at: &Path) -> Result<()> {
    match std::fs::rename(folder, at) {
        Err(_) if at.exists() => Ok(()),
        result => result.map_err(Error::io(format!("cannot make '{}'", at.display()))),
    }
}

/// A folder that goes away with its owner, unless it was renamed.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is no longer there if it was renamed, and garbage if it cannot be deleted.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
