//! Trees in memory as files.

use std::io;

use nix_eval::world::FileType;
use nix_store::nar::MemoryTree;

fn node<'t>(tree: &'t MemoryTree, path: &[u8]) -> io::Result<&'t MemoryTree> {
    tree.get(path).ok_or_else(|| io::ErrorKind::NotFound.into())
}

pub(crate) fn read(tree: &MemoryTree, path: &[u8]) -> io::Result<Vec<u8>> {
    match node(tree, path)? {
        MemoryTree::File { contents, .. } => Ok(contents.clone()),
        MemoryTree::Directory(_) => Err(io::ErrorKind::IsADirectory.into()),
        MemoryTree::Symlink(_) => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn kind(tree: &MemoryTree) -> FileType {
    match tree {
        MemoryTree::File { executable, .. } => FileType::Regular {
            executable: *executable,
        },
        MemoryTree::Directory(_) => FileType::Directory,
        MemoryTree::Symlink(_) => FileType::Symlink,
    }
}

pub(crate) fn file_type(tree: &MemoryTree, path: &[u8]) -> Option<FileType> {
    tree.get(path).map(kind)
}

pub(crate) fn list(tree: &MemoryTree, path: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
    match node(tree, path)? {
        MemoryTree::Directory(entries) => Ok(entries
            .iter()
            .map(|(name, node)| (name.clone(), kind(node)))
            .collect()),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

pub(crate) fn read_link(tree: &MemoryTree, path: &[u8]) -> io::Result<Vec<u8>> {
    match node(tree, path)? {
        MemoryTree::Symlink(target) => Ok(target.clone()),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}
