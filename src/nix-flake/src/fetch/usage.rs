//! What the cache holds, and taking it out. Everything in it can be had again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::cache::Cache;
use crate::error::{Error, Result};

/// The folders of the cache, and what is in them. What else lies there is somebody's own.
const PARTS: [(&str, &str); 12] = [
    ("catalogues", "lists of NixOS options"),
    ("downloads", "files from servers"),
    ("evaluations", "evaluations that go on after an edit"),
    ("git", "clones of Git repositories"),
    ("git-trees", "checked-out commits"),
    ("hashes", "hashes of large folders"),
    ("hg", "clones of Mercurial repositories"),
    ("new", "what is being made"),
    ("parsed", "Nix files as they were parsed"),
    ("records", "answers of earlier checks"),
    ("trees", "unpacked archives"),
    ("values", "what a nixpkgs was evaluated to"),
];

/// What one folder of the cache takes up.
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// Bytes of its files.
    pub bytes: u64,
    /// When something in it was last changed.
    pub changed: Option<SystemTime>,
    path: PathBuf,
}

impl Cache {
    /// The folder of the cache.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.place("")
    }

    /// The parts that are there, by name.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let parts = PARTS.iter().map(|&(name, about)| {
            let path = self.place(name);
            let (bytes, changed) = measure(&path);
            Part {
                name,
                about,
                bytes,
                changed,
                path,
            }
        });
        parts.filter(|part| part.path.exists()).collect()
    }
}

impl Part {
    /// Deletes it.
    ///
    /// # Errors
    /// Where something in it cannot be deleted.
    pub fn delete(&self) -> Result<()> {
        let cannot = || format!("cannot delete '{}'", self.path.display());
        fs::remove_dir_all(&self.path).map_err(Error::io(cannot()))
    }
}

/// Bytes below a path, and the latest change. What cannot be read counts as nothing.
fn measure(path: &Path) -> (u64, Option<SystemTime>) {
    let Ok(metadata) = path.symlink_metadata() else {
        return (0, None);
    };
    if !metadata.is_dir() {
        return (metadata.len(), metadata.modified().ok());
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| measure(&entry.path()))
        .fold((0, None), |(bytes, latest), (more, changed)| {
            (bytes + more, latest.max(changed))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_cache_is_neither_counted_nor_deleted() {
        let place = tempfile::tempdir().unwrap();
        for (file, text) in [("parsed/a", "123"), ("trees/b/c", "4567"), ("own/d", "8")] {
            let file = place.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let cache = Cache::at(place.path().to_owned());
        let parts = cache.parts();
        let sizes: Vec<_> = parts.iter().map(|part| (part.name, part.bytes)).collect();
        assert_eq!(sizes, [("parsed", 3), ("trees", 4)]);
        assert!(parts.iter().all(|part| part.changed.is_some()));
        for part in parts {
            part.delete().unwrap();
        }
        assert!(cache.parts().is_empty());
        assert!(place.path().join("own/d").exists());
    }
}
