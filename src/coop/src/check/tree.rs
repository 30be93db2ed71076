//! The tree that would be there after `coop generate` and `git add`: what is generated, over what
//! the folder holds already.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_store::nar::MemoryTree;

use crate::generate::Generated;

/// Larger files than this are no configuration.
const LARGEST: u64 = 64 << 20;

/// What a flake in `folder` would see.
///
/// # Errors
/// Where a file that belongs to it cannot be read.
pub(super) fn of_folder(folder: &Path, generated: &Generated) -> io::Result<MemoryTree> {
    let mut tree = BTreeMap::new();
    for path in files(folder)? {
        let at = folder.join(&path);
        let Ok(found) = fs::symlink_metadata(&at) else {
            // Git knows it, and it was deleted.
            continue;
        };
        let node = if found.is_symlink() {
            MemoryTree::Symlink(fs::read_link(&at)?.into_os_string().into_vec())
        } else if found.is_file() && found.len() <= LARGEST {
            MemoryTree::File {
                contents: fs::read(&at)?,
                executable: found.permissions().mode() & 0o100 != 0,
            }
        } else {
            continue;
        };
        insert(&mut tree, &path, node);
    }
    for (path, text) in &generated.files {
        insert(&mut tree, Path::new(path), file(text));
    }
    for (path, text) in &generated.seeds {
        if !folder.join(path).exists() {
            insert(&mut tree, Path::new(path), file(text));
        }
    }
    Ok(MemoryTree::Directory(tree))
}

fn file(text: &str) -> MemoryTree {
    MemoryTree::File {
        contents: text.as_bytes().to_vec(),
        executable: false,
    }
}

/// Puts a node below folders that are made as needed; what is in their way gives way.
pub(crate) fn insert(tree: &mut BTreeMap<Vec<u8>, MemoryTree>, path: &Path, node: MemoryTree) {
    let mut names = path.iter().map(|name| name.to_owned().into_vec());
    let Some(mut name) = names.next() else { return };
    let mut folder = tree;
    for next in names {
        let entry = folder
            .entry(name)
            .or_insert_with(|| MemoryTree::Directory(BTreeMap::new()));
        if !matches!(entry, MemoryTree::Directory(_)) {
            *entry = MemoryTree::Directory(BTreeMap::new());
        }
        let MemoryTree::Directory(entries) = entry else {
            return;
        };
        folder = entries;
        name = next;
    }
    folder.insert(name, node);
}

/// The files below a folder that belong to its flake: those that Git knows or would be told of; and
/// without Git, the hosts', which the administrator writes.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .output();
    if let Ok(listed) = listed
        && listed.status.success()
    {
        return Ok(listed
            .stdout
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| PathBuf::from(std::ffi::OsString::from_vec(name.to_vec())))
            .collect());
    }
    let mut found = Vec::new();
    for name in ["flake.nix", "flake.lock"] {
        if folder.join(name).is_file() {
            found.push(PathBuf::from(name));
        }
    }
    let mut waiting = vec![PathBuf::from("hosts")];
    while let Some(below) = waiting.pop() {
        let entries = match fs::read_dir(folder.join(&below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(files: &[(&str, &str)], seeds: &[(&str, &str)]) -> Generated {
        let owned = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect()
        };
        Generated {
            files: owned(files),
            seeds: owned(seeds),
        }
    }

    fn text(tree: &MemoryTree, path: &str) -> Option<String> {
        match tree.get(path.as_bytes())? {
            MemoryTree::File { contents, .. } => String::from_utf8(contents.clone()).ok(),
            _ => None,
        }
    }

    #[test]
    fn what_is_generated_lies_over_what_is_there_and_seeds_under_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("hosts/web")).unwrap();
        fs::write(at("hosts/web/default.nix"), "old").unwrap();
        fs::write(at("hosts/web/hardware.nix"), "mine").unwrap();
        fs::write(at("hosts/web/extra.nix"), "extra").unwrap();
        fs::write(at("unrelated"), "no").unwrap();
        let tree = of_folder(
            folder.path(),
            &generated(
                &[("hosts/web/default.nix", "new"), ("flake.nix", "flake")],
                &[
                    ("hosts/web/hardware.nix", "seed"),
                    ("hosts/two/hardware.nix", "seed"),
                ],
            ),
        )
        .unwrap();
        let shown = |path: &str| text(&tree, path);
        assert_eq!(shown("hosts/web/default.nix").as_deref(), Some("new"));
        assert_eq!(shown("hosts/web/hardware.nix").as_deref(), Some("mine"));
        assert_eq!(shown("hosts/two/hardware.nix").as_deref(), Some("seed"));
        assert_eq!(shown("hosts/web/extra.nix").as_deref(), Some("extra"));
        assert_eq!(shown("flake.nix").as_deref(), Some("flake"));
        assert_eq!(shown("unrelated"), None);
    }

    #[test]
    fn a_file_in_the_way_of_a_folder_gives_way() {
        let mut tree = BTreeMap::new();
        insert(&mut tree, Path::new("a"), file("file"));
        insert(&mut tree, Path::new("a/b"), file("below"));
        let tree = MemoryTree::Directory(tree);
        assert_eq!(text(&tree, "a/b").as_deref(), Some("below"));
    }
}
