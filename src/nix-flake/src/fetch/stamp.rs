//! The hash of a large folder, remembered as long as no file of it was touched: reading all of
//! nixpkgs takes longer than evaluating a host. A folder that was changed a moment ago is not remembered,
//! since a second change within one tick of the clock would leave no trace.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_store::hash::{Algorithm, Encoding, Hash};

use super::cache::Cache;
use super::look::Look;
use crate::error::Result;

/// The part of the cache.
const PART: &str = "hashes";
/// What a list of files has at the end of its name.
const LIST: &str = "files";
/// Lists of files that are kept: that of nixpkgs takes 9 MB.
const KEPT_LISTS: usize = 4;
/// Longer lists are not read.
const LONGEST: u64 = 256 << 20;
/// Below so many files, hashing them is as fast as looking at them.
const LARGE: usize = 1000;
/// Seconds that have to pass after a change.
const SETTLED: i64 = 3;

/// What a folder's files look like from outside.
#[derive(Clone)]
pub(super) struct Stamp {
    look: Arc<Look>,
    hash: Hash,
    /// When that was begun to be found out, in seconds since 1970.
    taken: i64,
    /// Whether it is written down.
    is_known: bool,
}

impl Stamp {
    /// When the content of anything in it was last changed, in seconds since 1970.
    pub(super) fn modified(&self) -> i64 {
        self.look.modified
    }

    /// Whether the last change was so long before that another one would have left a trace.
    pub(super) fn is_settled(&self) -> bool {
        self.look.newest + SETTLED < self.taken
    }

    /// Whether the folder still looks the same.
    pub(super) fn is_still(&self, root: &[u8]) -> bool {
        self.look.is_still(root)
    }

    /// Whether what lies at these paths in the folder still looks the same, and what is on the way there.
    pub(super) fn is_still_at<'a>(
        &'a self,
        root: &[u8],
        paths: impl IntoIterator<Item = &'a [u8]>,
    ) -> bool {
        self.look.is_still_at(root, paths)
    }
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// What is at `root`. Where that was written down before, each file is looked at, and no folder is listed.
/// `None` where something cannot be looked at: whoever reads the tree will say what.
pub(super) fn stamp(cache: &Cache, root: &[u8]) -> Option<Stamp> {
    let taken = now();
    let known = known_look(cache, root).filter(|(look, _)| look.is_still(root));
    let is_known = known.is_some();
    let (look, hash) = if let Some(known) = known {
        known
    } else {
        let look = Look::at(root)?;
        let hash = look.hash();
        (look, hash)
    };
    Some(Stamp {
        look: Arc::new(look),
        hash,
        taken,
        is_known,
    })
}

/// The files of the cache for a folder: its hash, and what its files looked like then.
fn names(root: &[u8]) -> [String; 2] {
    let name = Hash::of(Algorithm::Sha256, root).encode(Encoding::Nix32);
    let list = format!("{name}.{LIST}");
    [name, list]
}

fn read(cache: &Cache, name: &str) -> Option<Vec<u8>> {
    let (file, metadata) = cache.open_own(PART, name)?;
    if metadata.len() > LONGEST {
        return None;
    }
    // With room for all of it, nothing is copied from place to place.
    let length = usize::try_from(metadata.len()).ok()?;
    let mut bytes = Vec::with_capacity(length + 1);
    file.take(LONGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// What the files of a folder looked like when its hash was found out, if every byte of that is as it was
/// written: its hash, which is returned too, stands beside the folder's.
fn known_look(cache: &Cache, root: &[u8]) -> Option<(Look, Hash)> {
    let [name, list] = names(root);
    let text = String::from_utf8(read(cache, &name)?).ok()?;
    let key = text.split(' ').next()?;
    let look = Look::of_list(read(cache, &list)?)?;
    let hash = look.hash();
    let is_whole = hash.encode(Encoding::Nix32) == key && parse(&text, key).is_some();
    is_whole.then_some((look, hash))
}

/// The hash of everything at `root`, from the cache, or by `hash`; `stamp` is what it looks like.
pub(super) fn remembered(
    cache: &Cache,
    root: &[u8],
    stamp: Option<Stamp>,
    hash: impl FnOnce() -> Result<Hash>,
) -> Result<Hash> {
    let Some(stamp) = stamp.filter(|stamp| stamp.look.files >= LARGE) else {
        return hash();
    };
    let [name, list] = names(root);
    let key = stamp.hash.encode(Encoding::Nix32);
    let known = read(cache, &name).and_then(|text| String::from_utf8(text).ok());
    let known = known.and_then(|text| parse(&text, &key));
    let hash = match known {
        Some(hash) if stamp.is_known => return Ok(hash),
        Some(hash) => hash,
        None => hash()?,
    };
    if stamp.is_settled() {
        // A cache that cannot be written costs time, and nothing else.
        let text = line(&key, &hash.encode(Encoding::Sri));
        let _ = write(cache, &name, text.as_bytes())
            .and_then(|()| write(cache, &list, stamp.look.list()))
            .map(|()| prune(cache));
    }
    Ok(hash)
}

/// Writes a file of the cache, whole or not at all.
fn write(cache: &Cache, name: &str, content: &[u8]) -> io::Result<()> {
    let folder = cache.folder(PART).map_err(io::Error::other)?;
    let scratch = cache.scratch().map_err(io::Error::other)?;
    let new = scratch.path.join(name);
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(content)?;
    fs::rename(&new, folder.join(name))
}

/// Deletes the oldest of too many lists.
fn prune(cache: &Cache) {
    let Ok(entries) = fs::read_dir(cache.place(PART)) else {
        return;
    };
    let mut lists: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| Path::new(&entry.file_name()).extension() == Some(LIST.as_ref()))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    lists.sort();
    let surplus = lists.len().saturating_sub(KEPT_LISTS);
    for (_, list) in lists.drain(..surplus) {
        // What cannot be deleted stays until somebody does.
        let _ = fs::remove_file(list);
    }
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

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

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

    /// A large folder that was not changed just now, and a place for a cache.
    fn settled() -> (tempfile::TempDir, tempfile::TempDir) {
        let folder = folder(LARGE);
        std::thread::sleep(std::time::Duration::from_secs(4));
        (folder, tempfile::tempdir().unwrap())
    }

    /// The hash of a folder, which is that of `text` where it has to be found out.
    fn ask(cache: &Cache, root: &[u8], text: &str) -> Hash {
        remembered(cache, root, stamp(cache, root), || Ok(answer(text))).unwrap()
    }

    #[test]
    fn what_was_just_changed_and_what_is_small_is_hashed_each_time() {
        for files in [2, LARGE] {
            let folder = folder(files);
            let cache = Cache::at(tempfile::tempdir().unwrap().path().join("cache"));
            let root = folder.path().as_os_str().as_bytes();
            for text in ["first", "second"] {
                assert_eq!(ask(&cache, root, text), answer(text));
            }
        }
    }

    #[test]
    fn an_old_folder_is_hashed_once_and_a_broken_cache_is_not_believed() {
        let (folder, place) = settled();
        let cache = Cache::at(place.path().join("cache"));
        let root = folder.path().as_os_str().as_bytes();
        let ask = |text: &str| ask(&cache, root, text);
        assert_eq!(ask("first"), answer("first"));
        assert_eq!(ask("second"), answer("first"));
        let [file, list] = names(root).map(|name| cache.place(PART).join(name));
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
        assert!(list.exists());
    }

    #[test]
    fn a_list_that_is_not_as_it_was_written_is_made_anew() {
        let (folder, place) = settled();
        let cache = Cache::at(place.path().join("cache"));
        let root = folder.path().as_os_str().as_bytes();
        let ask = |text: &str| ask(&cache, root, text);
        ask("first");
        let list = cache.place(PART).join(&names(root)[1]);
        let whole = fs::read(&list).unwrap();
        assert!(stamp(&cache, root).unwrap().is_known);
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        // Without the last file: the length of its name, one of three digits, and what it looked like.
        let shorter = whole[..whole.len() - (2 + 3 + 64)].to_vec();
        for damaged in [flipped, shorter, whole[..100].to_vec(), Vec::new()] {
            fs::write(&list, damaged).unwrap();
            let seen = stamp(&cache, root).unwrap();
            assert!(!seen.is_known);
            assert_eq!(seen.look.files, LARGE + 1);
            assert_eq!(ask("second"), answer("first"));
            assert_eq!(fs::read(&list).unwrap(), whole);
        }
        fs::set_permissions(&list, std::os::unix::fs::PermissionsExt::from_mode(0o620)).unwrap();
        assert!(
            !stamp(&cache, root).unwrap().is_known,
            "others may write it"
        );
    }
}
