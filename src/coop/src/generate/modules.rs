//! The NixOS modules, as they are in this repository: a generated tree holds a copy and stands on
//! its own.

use include_dir::{Dir, DirEntry, include_dir};

use super::Tree;

static MODULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../modules");

/// Adds every file of `modules/`.
pub(super) fn files(tree: &mut Tree) {
    let mut waiting = vec![&MODULES];
    while let Some(folder) = waiting.pop() {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(inner) => waiting.push(inner),
                DirEntry::File(file) => {
                    if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
                        tree.insert(format!("modules/{path}"), text.to_owned());
                    }
                }
            }
        }
    }
}
