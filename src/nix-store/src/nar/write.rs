//! Writing the archive of a file tree, and hashing it on the way.

use std::convert::Infallible;

use bstr::BString;

use super::hashing::Hashing;
use super::tree::{Contents, FileKind, FileTree, Filter, MemoryTree, Sink, keep_all};
use super::{MAGIC, MAX_DEPTH};
use crate::hash::{Algorithm, Hash};

/// Small pieces are gathered up to this many bytes before the sink sees them.
const GATHER: usize = 16 * 1024;

/// Why an archive could not be written. Paths are relative to the archived object.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<E> {
    /// From the file tree, the filter or the sink.
    #[error(transparent)]
    Tree(E),
    /// A socket, pipe or device.
    #[error("file '{path}' has an unsupported type")]
    UnsupportedType {
        /// Where.
        path: BString,
    },
    /// Directories nested too deeply for Nix.
    #[error("path '{path}' exceeds maximum NAR directory depth of {MAX_DEPTH}")]
    TooDeep {
        /// Where.
        path: BString,
    },
    /// A file that gave more or fewer bytes than it said it has.
    #[error("file '{path}' changed while it was read: {expected} bytes announced, {found} read")]
    SizeChanged {
        /// Where.
        path: BString,
        /// Bytes announced.
        expected: u64,
        /// Bytes read.
        found: u64,
    },
}

/// Writes the archive of `tree` to `sink`, without the paths that `filter` refuses. The filter is
/// asked in the order of the archive: a directory before what it holds.
///
/// # Errors
///
/// [`WriteError`]; what the sink has got by then is no archive.
pub fn write<T: FileTree>(
    tree: &mut T,
    filter: &mut Filter<'_, T::Error>,
    sink: &mut Sink<'_, T::Error>,
) -> Result<(), WriteError<T::Error>> {
    let mut writer = Writer {
        pending: Vec::with_capacity(GATHER),
        sink,
    };
    writer.string(MAGIC).map_err(WriteError::Tree)?;
    let kind = tree.kind(b"").map_err(WriteError::Tree)?;
    node(tree, filter, &mut writer, &mut Vec::new(), kind, 0)?;
    writer.flush().map_err(WriteError::Tree)
}

/// The hash of the archive of `tree`, and the archive's size in bytes.
///
/// # Errors
///
/// As [`write`].
pub fn hash<T: FileTree>(
    tree: &mut T,
    filter: &mut Filter<'_, T::Error>,
    algorithm: Algorithm,
) -> Result<(Hash, u64), WriteError<T::Error>> {
    let mut hashing = Hashing::new(algorithm);
    write(tree, filter, &mut |bytes| {
        hashing.update(bytes);
        Ok(())
    })?;
    Ok(hashing.finish())
}

/// The archive of a tree in memory.
///
/// # Errors
///
/// As [`write`].
pub fn to_vec(mut tree: &MemoryTree) -> Result<Vec<u8>, WriteError<Infallible>> {
    let mut archive = Vec::new();
    write(&mut tree, &mut keep_all, &mut |bytes| {
        archive.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(archive)
}

struct Writer<'sink, E> {
    pending: Vec<u8>,
    sink: &'sink mut Sink<'sink, E>,
}

impl<E> Writer<'_, E> {
    fn flush(&mut self) -> Result<(), E> {
        if !self.pending.is_empty() {
            (self.sink)(&self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), E> {
        if self.pending.len() + bytes.len() > GATHER {
            self.flush()?;
        }
        if bytes.len() > GATHER {
            return (self.sink)(bytes);
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn padding(&mut self, written: u64) -> Result<(), E> {
        let missing = (8 - written % 8) % 8;
        self.raw(&[0; 8][..missing as usize])
    }

    fn string(&mut self, text: &[u8]) -> Result<(), E> {
        let size = text.len() as u64;
        self.raw(&size.to_le_bytes())?;
        self.raw(text)?;
        self.padding(size)
    }

    fn strings(&mut self, texts: &[&[u8]]) -> Result<(), E> {
        texts.iter().try_for_each(|text| self.string(text))
    }
}

struct FileWriter<'writer, 'sink, E> {
    writer: &'writer mut Writer<'sink, E>,
    expected: u64,
    found: u64,
}

impl<E> Contents<E> for FileWriter<'_, '_, E> {
    fn size(&mut self, bytes: u64) -> Result<(), E> {
        self.expected = bytes;
        self.writer.raw(&bytes.to_le_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), E> {
        self.found += bytes.len() as u64;
        self.writer.raw(bytes)
    }
}

fn node<T: FileTree>(
    tree: &mut T,
    filter: &mut Filter<'_, T::Error>,
    writer: &mut Writer<'_, T::Error>,
    path: &mut Vec<u8>,
    kind: FileKind,
    depth: usize,
) -> Result<(), WriteError<T::Error>> {
    if depth >= MAX_DEPTH {
        return Err(WriteError::TooDeep {
            path: path.as_slice().into(),
        });
    }
    match kind {
        FileKind::Regular { executable } => {
            writer
                .strings(&[b"(", b"type", b"regular"])
                .map_err(WriteError::Tree)?;
            if executable {
                writer
                    .strings(&[b"executable", b""])
                    .map_err(WriteError::Tree)?;
            }
            writer.string(b"contents").map_err(WriteError::Tree)?;
            let mut file = FileWriter {
                writer,
                expected: 0,
                found: 0,
            };
            tree.read(path, &mut file).map_err(WriteError::Tree)?;
            let FileWriter {
                expected, found, ..
            } = file;
            if expected != found {
                return Err(WriteError::SizeChanged {
                    path: path.as_slice().into(),
                    expected,
                    found,
                });
            }
            writer.padding(found).map_err(WriteError::Tree)?;
        }
        FileKind::Directory => {
            writer
                .strings(&[b"(", b"type", b"directory"])
                .map_err(WriteError::Tree)?;
            let mut names = tree.list(path).map_err(WriteError::Tree)?;
            names.sort_unstable();
            for name in names {
                let parent = path.len();
                if parent > 0 {
                    path.push(b'/');
                }
                path.extend_from_slice(&name);
                let kind = tree.kind(path).map_err(WriteError::Tree)?;
                if filter(path, kind).map_err(WriteError::Tree)? {
                    writer
                        .strings(&[b"entry", b"(", b"name", &name, b"node"])
                        .map_err(WriteError::Tree)?;
                    node(tree, filter, writer, path, kind, depth + 1)?;
                    writer.string(b")").map_err(WriteError::Tree)?;
                }
                path.truncate(parent);
            }
        }
        FileKind::Symlink => {
            let target = tree.read_link(path).map_err(WriteError::Tree)?;
            writer
                .strings(&[b"(", b"type", b"symlink", b"target", &target])
                .map_err(WriteError::Tree)?;
        }
        FileKind::Other => {
            return Err(WriteError::UnsupportedType {
                path: path.as_slice().into(),
            });
        }
    }
    writer.string(b")").map_err(WriteError::Tree)
}
