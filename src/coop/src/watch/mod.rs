//! Which files a fleet may be made of, and whether any of them was saved. Nothing here checks
//! anything or prints.

mod listener;

pub use listener::when_closed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Folders deeper than this below the fleet's own hold no part of it.
const DEEPEST: usize = 5;
/// The most folders that are watched; every one costs the kernel something.
const MOST: usize = 4096;
/// Folders that other tools fill.
const NOT_OURS: &[&str] = &["target", "node_modules", "result"];

/// The folders in which a fleet's files lie, from the outside in.
#[must_use]
pub fn folders(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::from([root.to_path_buf()]);
    let mut level = vec![root.to_path_buf()];
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        for folder in level {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                // A link to a folder leads out of the fleet, or round in it.
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let is_ours = !name.starts_with('.') && !NOT_OURS.contains(&&*name);
                if is_folder && is_ours && found.len() < MOST {
                    found.insert(entry.path());
                    next.push(entry.path());
                }
            }
        }
        level = next;
    }
    found
}

/// What tells one state of a file from another.
type Mark = (u64, u64, i64, i64);

/// The state of all files in some folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<PathBuf, Mark>);

impl State {
    /// The state now.
    #[must_use]
    pub fn of(folders: &BTreeSet<PathBuf>) -> Self {
        let entries = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let files = entries.filter_map(|entry| {
            if is_an_editors(&entry.file_name().to_string_lossy()) {
                return None;
            }
            // Of a link, what it leads to.
            let found = fs::metadata(entry.path()).ok()?;
            let mark = if found.is_file() {
                let changed = (found.mtime(), found.mtime_nsec());
                (found.ino(), found.len(), changed.0, changed.1)
            } else {
                Mark::default()
            };
            Some((entry.path(), mark))
        });
        Self(files.collect())
    }

    /// The files that are new, changed or gone since another state, in order.
    #[must_use]
    pub fn since<'a>(&'a self, before: &'a Self) -> BTreeSet<&'a Path> {
        let here = self
            .0
            .iter()
            .filter(|(path, mark)| before.0.get(*path) != Some(mark));
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        here.map(|(path, _)| path.as_path())
            .chain(gone.map(PathBuf::as_path))
            .collect()
    }
}

/// Files that editors keep beside the one that is edited.
fn is_an_editors(name: &str) -> bool {
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    name.starts_with('.') || name.ends_with('~') || is_number
}

/// Tells whenever something in a set of folders changes.
pub struct Watcher {
    notifier: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

impl Watcher {
    /// Begins to watch; `word` is sent for every change.
    ///
    /// # Errors
    /// Where the system cannot watch files.
    pub fn new<T: Clone + Send + 'static>(sender: Sender<T>, word: T) -> notify::Result<Self> {
        let notifier = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_change = !matches!(
                event,
                Ok(notify::Event {
                    kind: EventKind::Access(_),
                    ..
                })
            );
            if is_change {
                // Nobody listens any more: coop is about to end.
                let _ = sender.send(word.clone());
            }
        })?;
        Ok(Self {
            notifier,
            folders: BTreeSet::new(),
        })
    }

    /// Watches just these folders from now on.
    ///
    /// # Errors
    /// Where one that is there cannot be watched.
    pub fn follow(&mut self, folders: &BTreeSet<PathBuf>) -> notify::Result<()> {
        for gone in self.folders.difference(folders) {
            // It may be gone for good.
            let _ = self.notifier.unwatch(gone);
        }
        for new in folders.difference(&self.folders) {
            match self.notifier.watch(new, RecursiveMode::NonRecursive) {
                Err(_) if !new.exists() => {}
                watched => watched?,
            }
        }
        self.folders.clone_from(folders);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path, paths: &BTreeSet<&Path>) -> Vec<String> {
        paths
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn folders_of_other_tools_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["hosts/web", "target/debug", ".git/objects", "lists"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let found = folders(root.path());
        let found: BTreeSet<&Path> = found.iter().map(PathBuf::as_path).collect();
        assert_eq!(
            names(root.path(), &found),
            ["", "hosts", "hosts/web", "lists"]
        );
    }

    #[test]
    fn new_changed_replaced_and_deleted_files_are_told() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in ["changed", "replaced", "deleted", "same"] {
            fs::write(at(name), "one").unwrap();
        }
        let folders = folders(root.path());
        let before = State::of(&folders);
        fs::write(at("changed"), "other").unwrap();
        fs::write(at(".replaced.new"), "two").unwrap();
        fs::rename(at(".replaced.new"), at("replaced")).unwrap();
        fs::remove_file(at("deleted")).unwrap();
        fs::write(at("new"), "").unwrap();
        for mine in ["coop.toml~", ".coop.toml.swp", "4913"] {
            fs::write(at(mine), "").unwrap();
        }
        let after = State::of(&folders);
        assert_eq!(
            names(root.path(), &after.since(&before)),
            ["changed", "deleted", "new", "replaced"]
        );
        assert!(after.since(&after).is_empty());
    }
}
