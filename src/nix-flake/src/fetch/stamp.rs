//! The hash of a large folder, remembered as long as no file of it was touched: reading all of
//! nixpkgs takes longer than evaluating a host.
//!
//! What counts as touched is what Git's index goes by: inode, size, mode, and the times of the last
//! change of content and of status. A folder that was changed a moment ago is not remembered, since
//! a second change within one tick of the clock would leave no trace.

use std::fs;
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_store::hash::{Algorithm, Encoding, Hash};

use super::cache::Cache;
use super::tree::os;
use crate::error::Result;

/// Below so many files, hashing them is as fast as looking at them.
const LARGE: usize = 1000;
/// Enough folders to share out among the processors.
const BRANCHES: usize = 256;
/// Seconds that have to pass after a change.
const SETTLED: i64 = 3;

/// What a folder's files look like from outside.
#[derive(Clone)]
pub(super) struct Stamp {
    hash: Hash,
    files: usize,
    newest: i64,
    /// When that was begun to be found out, in seconds since 1970.
    taken: i64,
    /// When the content of anything in it was last changed, in seconds since 1970.
    pub(super) modified: i64,
}

impl Stamp {
    /// Whether the last change was so long before that another one would have left a trace.
    pub(super) fn is_settled(&self) -> bool {
        self.newest + SETTLED < self.taken
    }

    /// Whether the folder still looks the same.
    pub(super) fn is_still(&self, root: &[u8]) -> bool {
        stamp(root).is_some_and(|now| now.hash == self.hash)
    }
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// The hash of everything at `root`, from the cache, or by `hash`; `stamp` is what it looks like.
pub(super) fn remembered(
    cache: &Cache,
    root: &[u8],
    stamp: Option<Stamp>,
    hash: impl FnOnce() -> Result<Hash>,
) -> Result<Hash> {
    let Some(stamp) = stamp.filter(|stamp| stamp.files >= LARGE) else {
        return hash();
    };
    let name = Hash::of(Algorithm::Sha256, root).encode(Encoding::Nix32);
    // A cache that cannot be read or written costs time, and nothing else.
    let file = cache.folder("hashes").ok().map(|folder| folder.join(name));
    let key = stamp.hash.encode(Encoding::Nix32);
    let known = file.as_ref().and_then(|file| fs::read_to_string(file).ok());
    if let Some(hash) = known.and_then(|text| parse(&text, &key)) {
        return Ok(hash);
    }
    let hash = hash()?;
    if let Some(file) = file
        && stamp.is_settled()
    {
        let text = line(&key, &hash.encode(Encoding::Sri));
        let scratch = file.with_extension(std::process::id().to_string());
        if fs::write(&scratch, text)
            .and_then(|()| fs::rename(&scratch, &file))
            .is_err()
        {
            // What is half-written is in nobody's way.
            let _ = fs::remove_file(&scratch);
        }
    }
    Ok(hash)
}

/// A stamp, the hash that belongs to it, and a sum over both, so that a damaged file is not believed.
fn line(key: &str, hash: &str) -> String {
    let sum = Hash::of(Algorithm::Sha256, format!("{key} {hash}").as_bytes());
    format!("{key} {hash} {}\n", sum.encode(Encoding::Nix32))
}

fn parse(text: &str, key: &str) -> Option<Hash> {
    let hash = text
        .strip_prefix(key)?
        .strip_prefix(' ')?
        .split(' ')
        .next()?;
    (text == line(key, hash))
        .then(|| Hash::parse_sri(hash.as_bytes()).ok())
        .flatten()
}

/// What is at `root`, looked at by all processors. `None` where something cannot be looked at:
/// whoever reads the tree will say what.
pub(super) fn stamp(root: &[u8]) -> Option<Stamp> {
    let taken = now();
    let mut whole = Look::default();
    let mut branches = vec![os(root).to_owned()];
    while !branches.is_empty() && branches.len() < BRANCHES {
        let mut next = Vec::new();
        for at in branches {
            next.append(&mut whole.add(&at)?);
        }
        branches = next;
    }
    let next = AtomicUsize::new(0);
    let looks: Vec<OnceLock<Look>> = branches.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(look) = branches.get(number).and_then(|at| branch(at)) else {
                        return;
                    };
                    // Each is looked at once.
                    let _ = looks[number].set(look);
                }
            });
        }
    });
    for look in looks {
        let look = look.into_inner()?;
        let hash = Hash::of(Algorithm::Sha256, &look.text);
        whole.text.extend_from_slice(hash.bytes());
        whole.files += look.files;
        whole.newest = whole.newest.max(look.newest);
        whole.modified = whole.modified.max(look.modified);
    }
    Some(Stamp {
        hash: Hash::of(Algorithm::Sha256, &whole.text),
        files: whole.files,
        newest: whole.newest,
        taken,
        modified: whole.modified,
    })
}

fn branch(root: &Path) -> Option<Look> {
    let mut look = Look::default();
    let mut waiting = vec![root.to_owned()];
    while let Some(at) = waiting.pop() {
        waiting.append(&mut look.add(&at)?);
    }
    Some(look)
}

/// What was seen of some files.
#[derive(Default)]
struct Look {
    text: Vec<u8>,
    files: usize,
    newest: i64,
    modified: i64,
}

impl Look {
    /// Looks at a file or folder, and says what is in it, in order.
    fn add(&mut self, at: &Path) -> Option<Vec<PathBuf>> {
        let found = fs::symlink_metadata(at).ok()?;
        self.files += 1;
        self.modified = self.modified.max(found.mtime());
        self.newest = self.newest.max(found.ctime()).max(found.mtime());
        self.text.extend_from_slice(at.as_os_str().as_bytes());
        self.text.push(0);
        for number in [
            found.dev(),
            found.ino(),
            found.size(),
            u64::from(found.mode()),
        ] {
            self.text.extend_from_slice(&number.to_le_bytes());
        }
        for number in [
            found.mtime(),
            found.mtime_nsec(),
            found.ctime(),
            found.ctime_nsec(),
        ] {
            self.text.extend_from_slice(&number.to_le_bytes());
        }
        if !found.is_dir() {
            return Some(Vec::new());
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(at)
            .ok()?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()
            .ok()?;
        entries.sort();
        Some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with so many files that were last changed long ago, as far as one can say that:
    /// the time of status cannot be set back.
    fn folder(files: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..files {
            fs::write(folder.path().join(number.to_string()), "text").unwrap();
        }
        folder
    }

    fn answer(text: &str) -> Hash {
        Hash::of(Algorithm::Sha256, text.as_bytes())
    }

    #[test]
    fn a_change_of_any_kind_gives_another_stamp() {
        let folder = folder(3);
        let at = |name: &str| folder.path().join(name);
        let mut seen = vec![stamp(folder.path().as_os_str().as_bytes()).unwrap().hash];
        let mut is_new = |what: &str| {
            let hash = stamp(folder.path().as_os_str().as_bytes()).unwrap().hash;
            assert!(!seen.contains(&hash), "{what}");
            seen.push(hash);
        };
        fs::write(at("0"), "longer").unwrap();
        is_new("size");
        let before = fs::metadata(at("1")).unwrap().modified().unwrap();
        fs::write(at("1"), "txet").unwrap();
        let file = fs::File::options().write(true).open(at("1")).unwrap();
        file.set_modified(before).unwrap();
        is_new("content, with the old time put back");
        fs::rename(at("2"), at("3")).unwrap();
        is_new("name");
        fs::create_dir(at("new")).unwrap();
        is_new("an empty folder");
        fs::remove_file(at("0")).unwrap();
        is_new("a file less");
    }

    #[test]
    fn what_was_just_changed_and_what_is_small_is_hashed_each_time() {
        for files in [2, LARGE] {
            let folder = folder(files);
            let cache = Cache::at(tempfile::tempdir().unwrap().path().join("cache"));
            let root = folder.path().as_os_str().as_bytes();
            for text in ["first", "second"] {
                let hash = remembered(&cache, root, stamp(root), || Ok(answer(text))).unwrap();
                assert_eq!(hash, answer(text));
            }
        }
    }

    #[test]
    fn an_old_folder_is_hashed_once_and_a_broken_cache_is_not_believed() {
        let folder = folder(LARGE);
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().join("cache"));
        let root = folder.path().as_os_str().as_bytes();
        std::thread::sleep(std::time::Duration::from_secs(4));
        let ask = |text: &str| remembered(&cache, root, stamp(root), || Ok(answer(text))).unwrap();
        assert_eq!(ask("first"), answer("first"));
        assert_eq!(ask("second"), answer("first"));
        let file = fs::read_dir(cache.folder("hashes").unwrap())
            .unwrap()
            .next();
        let file = file.unwrap().unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        for (number, damaged) in [
            text[..60].to_owned(),
            text.replace("sha256-", "sha256-A"),
            String::new(),
        ]
        .into_iter()
        .enumerate()
        {
            fs::write(&file, damaged).unwrap();
            let fresh = format!("fresh {number}");
            assert_eq!(ask(&fresh), answer(&fresh));
        }
        fs::write(folder.path().join("new"), "").unwrap();
        assert_eq!(ask("last"), answer("last"));
    }
}
