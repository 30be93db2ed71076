//! Folders that were hashed and may change: whether what was read in them since is what was hashed. To look at
//! all of nixpkgs once more takes as long as evaluating an edit, so only those files are looked at that
//! somebody asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashSet;

use super::stamp::Stamp;

/// Such folders.
#[derive(Clone, Default)]
pub(super) struct Watch {
    folders: BTreeMap<Vec<u8>, Folder>,
    /// Paths in them that were asked for, by whichever copy of this.
    touched: Arc<Mutex<FxHashSet<Box<[u8]>>>>,
}

#[derive(Clone)]
struct Folder {
    /// What it looked like before it was hashed; `None` where that cannot be told.
    stamp: Option<Stamp>,
    /// Whether its hash was known by that, and nothing in it was read.
    is_known: bool,
}

impl Watch {
    /// From now on it is noted what is asked for in a folder.
    pub(super) fn add(&mut self, root: &[u8], stamp: Option<Stamp>, is_known: bool) {
        self.folders
            .insert(root.to_vec(), Folder { stamp, is_known });
    }

    /// Notes that a path is asked for.
    pub(super) fn touch(&self, path: &[u8]) {
        if self.folders.keys().any(|root| below(root, path).is_some()) {
            let mut touched = self.touched();
            if !touched.contains(path) {
                touched.insert(path.into());
            }
        }
    }

    /// Whether all that was read is certain to be what was hashed.
    pub(super) fn is_as_it_was(&self) -> bool {
        let touched = self.touched();
        self.folders.iter().all(|(root, folder)| {
            let Some(stamp) = folder.stamp.as_ref().filter(|stamp| stamp.is_settled()) else {
                return false;
            };
            let asked = || touched.iter().filter_map(|path| below(root, path));
            if folder.is_known && asked().all(is_canonical) {
                stamp.is_still_at(root, asked())
            } else {
                stamp.is_still(root)
            }
        })
    }

    fn touched(&self) -> MutexGuard<'_, FxHashSet<Box<[u8]>>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A path below a folder, relative to it.
fn below<'a>(root: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(b"/")
}

/// Whether a relative path names each folder on its way.
fn is_canonical(path: &[u8]) -> bool {
    path.is_empty()
        || path
            .split(|&byte| byte == b'/')
            .all(|name| !matches!(name, b"" | b"." | b".."))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::thread::sleep;
    use std::time::Duration;

    use super::super::cache::Cache;
    use super::super::stamp::stamp;
    use super::*;

    /// A folder that is hashed.
    struct Place(tempfile::TempDir);

    /// Times are looked at in whole seconds, and three have to pass after a change.
    fn settle() {
        sleep(Duration::from_millis(4100));
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for file in ["a/read", "a/other", "b/other"] {
                let file = folder.path().join("tree").join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, "text").unwrap();
            }
            symlink("b", folder.path().join("tree/link")).unwrap();
            Self(folder)
        }

        fn tree(&self) -> std::path::PathBuf {
            self.0.path().join("tree")
        }

        /// Whether all is as it was where some paths were asked for, and a change came in between.
        fn holds(&self, is_known: bool, asked: &[&str], change: impl FnOnce(&Path)) -> bool {
            let root = self.tree();
            let cache = Cache::at(self.0.path().join("cache"));
            let mut watch = Watch::default();
            let bytes = root.as_os_str().as_bytes();
            watch.add(bytes, stamp(&cache, bytes), is_known);
            for path in asked {
                watch.clone().touch(root.join(path).as_os_str().as_bytes());
            }
            watch.touch(b"/elsewhere");
            change(&root);
            watch.is_as_it_was()
        }
    }

    fn nothing(_: &Path) {}

    fn other(root: &Path) {
        fs::write(root.join("b/other"), "longer text").unwrap();
    }

    #[test]
    fn what_was_not_asked_for_may_change_where_the_hash_was_known() {
        let places = [true, false].map(|is_known| (is_known, Place::new()));
        settle();
        for (is_known, place) in places {
            assert!(place.holds(is_known, &["a/read", "a/absent", ""], nothing));
            assert_eq!(place.holds(is_known, &["a/read"], other), is_known);
            // It was changed just now.
            assert!(!place.holds(is_known, &["a/read"], nothing));
        }
    }

    #[test]
    fn what_was_asked_for_may_not_change_nor_what_is_on_the_way() {
        type Change = fn(&Path);
        let changes: [(&str, &str, Change); 8] = [
            ("a file", "b/other", other),
            ("a file that comes", "b/new/deep", |root| {
                fs::create_dir(root.join("b/new")).unwrap();
            }),
            ("a folder with one more", "b", |root| {
                fs::write(root.join("b/new"), "").unwrap();
            }),
            ("a folder in place of another", "b/other", |root| {
                fs::rename(root.join("b"), root.join("c")).unwrap();
                fs::create_dir(root.join("b")).unwrap();
                fs::rename(root.join("c/other"), root.join("b/other")).unwrap();
                fs::hard_link(root.join("b/other"), root.join("c/other")).unwrap();
            }),
            ("behind a link", "link/other", other),
            ("a path that is no path", "a/../b/other", other),
            ("the tree itself", "", |root| {
                fs::write(root.join("new"), "").unwrap();
            }),
            ("all of it", "a/read", |root| {
                fs::remove_dir_all(root).unwrap();
            }),
        ];
        let places = changes.map(|change| (change, Place::new()));
        settle();
        for ((name, asked, change), place) in places {
            assert!(!place.holds(true, &[asked], change), "{name}");
        }
    }
}
