//! What an archive is made of: the caller's view of files, and one in memory.

use std::collections::BTreeMap;
use std::convert::Infallible;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular {
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A socket, pipe or device, which no archive can hold.
    Other,
}

/// Files as an archive is made of them. Paths are relative to the object that is archived: empty
/// for itself, else components joined by slashes.
pub trait FileTree {
    /// What can go wrong.
    type Error;

    /// What lies at `path`, symbolic links not followed.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn kind(&mut self, path: &[u8]) -> Result<FileKind, Self::Error>;

    /// Gives the regular file at `path` to `contents`: its size first, then its bytes.
    ///
    /// # Errors
    ///
    /// The caller's, and those that `contents` returns.
    fn read(
        &mut self,
        path: &[u8],
        contents: &mut dyn Contents<Self::Error>,
    ) -> Result<(), Self::Error>;

    /// The names in the directory at `path`, without `.` and `..`, in any order.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn list(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, Self::Error>;

    /// The target of the symbolic link at `path`.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, Self::Error>;
}

/// Takes the contents of one file.
pub trait Contents<E> {
    /// Announces how many bytes will come. To be called once, first.
    ///
    /// # Errors
    ///
    /// Those of whoever receives the archive.
    fn size(&mut self, bytes: u64) -> Result<(), E>;

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// Those of whoever receives the archive.
    fn write(&mut self, bytes: &[u8]) -> Result<(), E>;
}

/// Decides for each path below the archived object whether it goes in; may fail as the tree may.
pub type Filter<'filter, E> = dyn FnMut(&[u8], FileKind) -> Result<bool, E> + 'filter;

/// Receives an archive piece by piece.
pub type Sink<'sink, E> = dyn FnMut(&[u8]) -> Result<(), E> + 'sink;

/// The filter that leaves nothing out.
///
/// # Errors
///
/// None.
#[allow(
    clippy::unnecessary_wraps,
    reason = "it is passed where filters that may fail are"
)]
pub fn keep_all<E>(_: &[u8], _: FileKind) -> Result<bool, E> {
    Ok(true)
}

/// A file system object held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryTree {
    /// A regular file.
    File {
        /// Its bytes.
        contents: Vec<u8>,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A directory, by name.
    Directory(BTreeMap<Vec<u8>, MemoryTree>),
    /// A symbolic link, with its target.
    Symlink(Vec<u8>),
}

impl MemoryTree {
    /// What lies at `path`.
    #[must_use]
    pub fn get(&self, path: &[u8]) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        path.split(|byte| *byte == b'/')
            .try_fold(self, |node, name| match node {
                Self::Directory(entries) => entries.get(name),
                _ => None,
            })
    }
}

/// A path that does not hold what was asked for is an empty file, directory or link: archiving
/// asks only for what [`FileTree::kind`] said is there.
impl FileTree for &MemoryTree {
    type Error = Infallible;

    fn kind(&mut self, path: &[u8]) -> Result<FileKind, Infallible> {
        Ok(match self.get(path) {
            Some(MemoryTree::File { executable, .. }) => FileKind::Regular {
                executable: *executable,
            },
            Some(MemoryTree::Directory(_)) => FileKind::Directory,
            Some(MemoryTree::Symlink(_)) => FileKind::Symlink,
            None => FileKind::Other,
        })
    }

    fn read(&mut self, path: &[u8], sink: &mut dyn Contents<Infallible>) -> Result<(), Infallible> {
        let bytes = match self.get(path) {
            Some(MemoryTree::File { contents, .. }) => contents.as_slice(),
            _ => &[],
        };
        sink.size(bytes.len() as u64)?;
        sink.write(bytes)
    }

    fn list(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, Infallible> {
        Ok(match self.get(path) {
            Some(MemoryTree::Directory(entries)) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        })
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, Infallible> {
        Ok(match self.get(path) {
            Some(MemoryTree::Symlink(target)) => target.clone(),
            _ => Vec::new(),
        })
    }
}
