//! Trees of files on disk as an archive sees them, and their hashes.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix_store::hash::{Algorithm, Hash};
use nix_store::nar::{self, FileKind, FileTree, MemoryTree, WriteError, keep_all};
use rustc_hash::FxHashSet;

use crate::error::{Error, Result};

/// Where the files of a tree are.
#[derive(Clone, Debug)]
pub enum Files {
    /// In the store, under the tree's own path.
    InStore,
    /// At a path.
    At {
        /// The path.
        root: Vec<u8>,
        /// What belongs to the tree, relative to the path, folders included; `None`: everything.
        kept: Option<FxHashSet<Vec<u8>>>,
    },
}

impl Files {
    /// Everything at a path.
    pub(crate) fn whole(root: &[u8]) -> Self {
        Self::At {
            root: root.to_vec(),
            kept: None,
        }
    }
}

/// Bytes as a path.
pub(crate) fn os(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

struct Disk<'a> {
    root: &'a Path,
}

/// What could not be read.
struct Unreadable(PathBuf, std::io::Error);

impl Disk<'_> {
    fn at(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() {
            self.root.to_owned()
        } else {
            self.root.join(os(path))
        }
    }
}

impl FileTree for Disk<'_> {
    type Error = Unreadable;

    fn kind(&mut self, path: &[u8]) -> std::result::Result<FileKind, Unreadable> {
        let at = self.at(path);
        let metadata = std::fs::symlink_metadata(&at).map_err(|error| Unreadable(at, error))?;
        let found = metadata.file_type();
        Ok(if found.is_file() {
            FileKind::Regular {
                executable: metadata.permissions().mode() & 0o100 != 0,
            }
        } else if found.is_dir() {
            FileKind::Directory
        } else if found.is_symlink() {
            FileKind::Symlink
        } else {
            FileKind::Other
        })
    }

    fn read(
        &mut self,
        path: &[u8],
        contents: &mut dyn nar::Contents<Unreadable>,
    ) -> std::result::Result<(), Unreadable> {
        let at = self.at(path);
        let fail = |error| Unreadable(at.clone(), error);
        let mut file = std::fs::File::open(&at).map_err(fail)?;
        contents.size(file.metadata().map_err(fail)?.len())?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer).map_err(fail)? {
                0 => return Ok(()),
                count => contents.write(&buffer[..count])?,
            }
        }
    }

    fn list(&mut self, path: &[u8]) -> std::result::Result<Vec<Vec<u8>>, Unreadable> {
        let at = self.at(path);
        let names = || -> std::io::Result<Vec<Vec<u8>>> {
            std::fs::read_dir(&at)?
                .map(|entry| Ok(entry?.file_name().into_vec()))
                .collect()
        };
        names().map_err(|error| Unreadable(at.clone(), error))
    }

    fn read_link(&mut self, path: &[u8]) -> std::result::Result<Vec<u8>, Unreadable> {
        let at = self.at(path);
        let target = std::fs::read_link(&at).map_err(|error| Unreadable(at, error))?;
        Ok(target.into_os_string().into_vec())
    }
}

/// The hash of what lies at `root`, of which `kept` belongs to the tree.
pub(crate) fn hash_disk(root: &[u8], kept: Option<&FxHashSet<Vec<u8>>>) -> Result<Hash> {
    let mut disk = Disk { root: os(root) };
    let hashed = nar::hash(
        &mut disk,
        &mut |path, _| Ok(kept.is_none_or(|kept| kept.contains(path))),
        Algorithm::Sha256,
    );
    match hashed {
        Ok((hash, _)) => Ok(hash),
        Err(WriteError::Tree(Unreadable(at, error))) => {
            Err(Error::io(format!("cannot read '{}'", at.display()))(error))
        }
        Err(
            error @ (WriteError::UnsupportedType { .. }
            | WriteError::TooDeep { .. }
            | WriteError::SizeChanged { .. }),
        ) => Err(Error::rule(describe(root, &error))),
    }
}

fn describe(root: &[u8], error: &WriteError<Unreadable>) -> String {
    let root = os(root).display();
    match error {
        WriteError::UnsupportedType { path } => {
            format!("file '{root}/{path}' has an unsupported type")
        }
        WriteError::TooDeep { path } => format!("path '{root}/{path}' is nested too deeply"),
        WriteError::SizeChanged { path, .. } => {
            format!("file '{root}/{path}' changed while it was read; try again")
        }
        WriteError::Tree(Unreadable(at, error)) => {
            format!("cannot read '{}': {error}", at.display())
        }
    }
}

/// The hash of a tree in memory.
pub(crate) fn hash_memory(mut tree: &MemoryTree) -> Hash {
    match nar::hash(&mut tree, &mut keep_all, Algorithm::Sha256) {
        Ok((hash, _)) => hash,
        // A tree in memory holds only what an archive can, and nested too deeply it is no flake.
        Err(_) => Hash::zero(Algorithm::Sha256),
    }
}

/// When anything in the tree at `root` was last changed, in seconds since 1970.
pub(crate) fn last_change(root: &[u8]) -> Result<u64> {
    fn newest(at: &Path, modified: &mut i64) -> std::io::Result<()> {
        let metadata = std::fs::symlink_metadata(at)?;
        *modified = metadata.mtime().max(*modified);
        if metadata.is_dir() {
            for entry in std::fs::read_dir(at)? {
                newest(&entry?.path(), modified)?;
            }
        }
        Ok(())
    }
    let mut modified = 0;
    newest(os(root), &mut modified)
        .map_err(Error::io(format!("cannot read '{}'", os(root).display())))?;
    Ok(u64::try_from(modified).unwrap_or(0))
}
