//! Folders of the file system, listed: those that a program is about to ask for by another thread,
//! ahead of it. `pkgs/by-name` of nixpkgs has 750 folders, and all of them are listed for any package.
//!
//! Once a folder of many folders was listed and then one of these, the rest are expected to follow in
//! the order of their names. A listing is handed out once; what was not listed ahead is listed when
//! it is asked for.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use nix_eval::world::FileType;

/// Names with what lies there.
type Listing = Vec<(Vec<u8>, FileType)>;

/// A folder with so many folders in it is worth a thread.
const MANY: usize = 64;

/// How far the thread jumps ahead of who asks, where it was overtaken.
const LEAD: usize = 8;

/// Lists folders, and those next to them.
#[derive(Default)]
pub(crate) struct Lister {
    family: Option<Family>,
}

/// The folders of one folder.
struct Family {
    parent: Vec<u8>,
    /// Their names, in order.
    names: Arc<[Vec<u8>]>,
    /// What a thread does about them, once one of them was asked for.
    ahead: Option<Arc<Mutex<Ahead>>>,
}

/// What a thread has listed.
#[derive(Default)]
struct Ahead {
    /// The folder that it lists next.
    next: usize,
    done: HashMap<usize, Listing>,
}

impl Lister {
    /// The names in a folder.
    ///
    /// # Errors
    /// As the system reports them.
    pub(crate) fn list(&mut self, at: &[u8]) -> io::Result<Listing> {
        if let Some(family) = &mut self.family
            && let Some(name) = family.child(at)
        {
            return match family.take(name) {
                Some(listing) => Ok(listing),
                None => list(at),
            };
        }
        let listing = list(at)?;
        let folders = listing
            .iter()
            .filter(|entry| entry.1 == FileType::Directory);
        let mut names: Vec<Vec<u8>> = folders.map(|(name, _)| name.clone()).collect();
        if names.len() >= MANY {
            names.sort_unstable();
            self.family = Some(Family {
                parent: at.to_vec(),
                names: names.into(),
                ahead: None,
            });
        }
        Ok(listing)
    }
}

impl Family {
    /// The number of the folder of this family that a path names.
    fn child(&self, at: &[u8]) -> Option<usize> {
        let below = at.strip_prefix(&self.parent[..])?.strip_prefix(b"/")?;
        let found = self.names.binary_search_by(|name| name[..].cmp(below));
        found.ok()
    }

    /// The listing of a folder, if it was made; if not, the thread goes on further ahead.
    fn take(&mut self, child: usize) -> Option<Listing> {
        let Some(ahead) = &self.ahead else {
            self.start(child + LEAD);
            return None;
        };
        let mut ahead = ahead.lock().ok()?;
        let listing = ahead.done.remove(&child);
        if listing.is_none() {
            ahead.next = ahead.next.max(child + LEAD);
        }
        listing
    }

    fn start(&mut self, next: usize) {
        let ahead = Arc::new(Mutex::new(Ahead {
            next,
            ..Ahead::default()
        }));
        let (shared, names) = (ahead.clone(), self.names.clone());
        let parent = self.parent.clone();
        let thread = std::thread::Builder::new().name("folders".to_owned());
        // Without a thread to spare, folders are listed as they are asked for.
        let _ = thread.spawn(move || work(&shared, &parent, &names));
        self.ahead = Some(ahead);
    }
}

/// Lists one folder after the other. What cannot be listed is left to whoever asks for it.
fn work(ahead: &Mutex<Ahead>, parent: &[u8], names: &[Vec<u8>]) {
    loop {
        let Ok(mut shared) = ahead.lock() else { return };
        let child = shared.next;
        let Some(name) = names.get(child) else { return };
        shared.next += 1;
        drop(shared);
        let at = [parent, name].join(&b'/');
        if let Ok(listing) = list(&at)
            && let Ok(mut shared) = ahead.lock()
        {
            shared.done.insert(child, listing);
        }
    }
}

/// What lies somewhere, in the evaluator's words.
pub(crate) fn file_type(found: std::fs::FileType, executable: bool) -> FileType {
    if found.is_file() {
        FileType::Regular { executable }
    } else if found.is_dir() {
        FileType::Directory
    } else if found.is_symlink() {
        FileType::Symlink
    } else {
        FileType::Unknown
    }
}

fn list(at: &[u8]) -> io::Result<Listing> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(Path::new(OsStr::from_bytes(at)))? {
        let entry = entry?;
        // The execute bit is not asked for here: no caller needs it.
        let kind = file_type(entry.file_type()?, false);
        entries.push((entry.file_name().into_vec(), kind));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(mut listing: Listing) -> Vec<String> {
        listing.sort_by(|a, b| a.0.cmp(&b.0));
        let names = listing.into_iter();
        names
            .map(|(name, _)| String::from_utf8(name).unwrap())
            .collect()
    }

    #[test]
    fn every_folder_of_many_is_listed_in_any_order() {
        let place = tempfile::tempdir().unwrap();
        for folder in 0..200 {
            let folder = place.path().join(format!("{folder:03}"));
            std::fs::create_dir(&folder).unwrap();
            for file in ["a", "b"] {
                std::fs::write(folder.join(file), "").unwrap();
            }
        }
        let root = place.path().as_os_str().as_bytes();
        let mut lister = Lister::default();
        let folders = names(lister.list(root).unwrap());
        assert_eq!(folders.len(), 200);
        let jumps = folders.iter().step_by(7).chain(folders.iter().rev());
        for folder in folders.iter().chain(jumps) {
            let at = [root, folder.as_bytes()].join(&b'/');
            assert_eq!(names(lister.list(&at).unwrap()), ["a", "b"], "{folder}");
        }
        assert!(lister.list(&[root, b"absent"].join(&b'/')).is_err());
    }
}
