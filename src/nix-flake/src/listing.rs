//! Folders of the file system, listed: those that a program is about to ask for by another thread,
//! ahead of it. `pkgs/by-name` of nixpkgs has 750 folders, and all of them are listed for any package.
//!
//! Once a folder of many folders was listed and then two of these, the rest are expected to follow in
//! the order of their names, from the first on or from the last (a chain of `//` asks for what is on its
//! right first). A listing is handed out once; what was not listed ahead is listed when it is asked for.

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
    /// The one that was asked for last.
    last: Option<usize>,
    /// What a thread does about them, once two of them were asked for.
    ahead: Option<Arc<Mutex<Ahead>>>,
}

/// What a thread has listed.
struct Ahead {
    /// The folder that it lists next, while there is one.
    next: Option<usize>,
    /// Whether the last folders come first.
    is_backward: bool,
    done: HashMap<usize, Listing>,
}

impl Ahead {
    /// The folder so many places after this one, in the order in which they are asked for.
    fn after(&self, child: usize, places: usize) -> Option<usize> {
        if self.is_backward {
            child.checked_sub(places)
        } else {
            child.checked_add(places)
        }
    }

    /// Lets the thread go on further ahead than where this folder is asked for.
    fn lead(&mut self, child: usize) {
        let goal = self.after(child, LEAD);
        let is_overtaken = match (self.next, goal) {
            (Some(next), Some(goal)) if self.is_backward => goal < next,
            (Some(next), Some(goal)) => goal > next,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_overtaken {
            self.next = goal;
        }
    }
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
                last: None,
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
            match self.last.replace(child) {
                Some(last) if last != child => self.start(child, child < last),
                _ => {}
            }
            return None;
        };
        let mut ahead = ahead.lock().ok()?;
        let listing = ahead.done.remove(&child);
        if listing.is_none() {
            ahead.lead(child);
        }
        listing
    }

    fn start(&mut self, child: usize, is_backward: bool) {
        let mut ahead = Ahead {
            next: Some(child),
            is_backward,
            done: HashMap::new(),
        };
        ahead.lead(child);
        let ahead = Arc::new(Mutex::new(ahead));
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
        let Some(child) = shared.next else { return };
        let Some(name) = names.get(child) else { return };
        shared.next = shared.after(child, 1);
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

    /// What the thread does once the first two folders were asked for in this order.
    fn ahead_of(first: usize, second: usize) -> Vec<usize> {
        let place = tempfile::tempdir().unwrap();
        let names: Vec<Vec<u8>> = (0..100).map(|n| format!("{n:02}").into_bytes()).collect();
        for name in &names {
            std::fs::create_dir(place.path().join(OsStr::from_bytes(name))).unwrap();
        }
        let mut family = Family {
            parent: place.path().as_os_str().as_bytes().to_vec(),
            names: names.into(),
            last: None,
            ahead: None,
        };
        assert!(family.take(first).is_none());
        assert!(family.ahead.is_none(), "one folder tells no order");
        assert!(family.take(second).is_none());
        let ahead = family.ahead.unwrap();
        // The thread ends with the last folder, and drops what it shares.
        while Arc::strong_count(&ahead) > 1 {
            std::thread::yield_now();
        }
        let ahead = ahead.lock().unwrap();
        let mut done: Vec<usize> = ahead.done.keys().copied().collect();
        done.sort_unstable();
        done
    }

    #[test]
    fn folders_are_listed_ahead_from_either_end() {
        assert_eq!(ahead_of(0, 1), (1 + LEAD..100).collect::<Vec<_>>());
        assert_eq!(ahead_of(99, 98), (0..=98 - LEAD).collect::<Vec<_>>());
        assert_eq!(ahead_of(98, 99), Vec::<usize>::new());
        assert_eq!(ahead_of(1, 0), Vec::<usize>::new());
    }

    #[test]
    fn who_is_overtaken_goes_on_further_ahead() {
        let mut ahead = Ahead {
            next: Some(50),
            is_backward: true,
            done: HashMap::new(),
        };
        ahead.lead(70);
        assert_eq!(ahead.next, Some(50), "it is ahead");
        ahead.lead(40);
        assert_eq!(ahead.next, Some(40 - LEAD));
        ahead.lead(LEAD - 1);
        assert_eq!(ahead.next, None, "nothing is left");
        ahead.lead(99);
        assert_eq!(ahead.next, None, "it has ended");
    }
}
