//! Folders of the cache for files of hundreds of megabytes: how much room they may take, and which go first. What is
//! in the files, and whether it is believed, is settled elsewhere (`values.rs`).

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::fetch::cache::Cache;

/// A folder of the cache with such files. Those that were not used for longest go first.
pub(crate) struct Shelf {
    pub(crate) folder: &'static str,
    /// Bytes that all files may take together.
    most_bytes: u64,
}

/// What a nixpkgs was evaluated to.
pub(crate) const VALUES: Shelf = Shelf {
    folder: "values",
    most_bytes: 4 << 30,
};
/// Evaluations that hibernate.
pub(crate) const HIBERNATING: Shelf = Shelf {
    folder: "evaluations",
    most_bytes: 16 << 30,
};
/// The files of a shelf may take one of so many parts of what the disk has for them and for others.
const PARTS_OF_DISK: u64 = 2;
/// What was not used for so long goes, whether there is room for it or not.
const MOST_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Shelf {
    /// Whether so many bytes could be put here as `name` without deleting what was used since a time.
    pub(crate) fn has_room(
        &self,
        cache: &Cache,
        name: &str,
        bytes: u64,
        since: SystemTime,
    ) -> bool {
        Filled::new(self, cache, name).has_room(bytes, since)
    }

    /// Deletes what is old, and what was not used for longest until there is room for so many bytes as `name`; `false`,
    /// and nothing is deleted, where what was used since a time leaves no such room.
    pub(crate) fn make_room(
        &self,
        cache: &Cache,
        name: &str,
        bytes: u64,
        since: SystemTime,
    ) -> bool {
        Filled::new(self, cache, name).make_room(bytes, since)
    }

    /// Notes that what was saved as `name` will be used.
    pub(crate) fn note_use(&self, cache: &Cache, name: &str) {
        note_use(&cache.place(self.folder).join(name));
    }
}

/// A time of use; what a clock that was wrong put into the future was not used for longest.
fn past(used: SystemTime) -> SystemTime {
    let is_past = used <= SystemTime::now() + DAY;
    if is_past {
        used
    } else {
        SystemTime::UNIX_EPOCH
    }
}

/// Where it is noted that a file is as it was written.
pub(crate) fn stamp_path(path: &Path) -> PathBuf {
    path.with_extension("stamp")
}

/// Notes that a file is used, by the time of its stamp: its own would tell of a change.
pub(crate) fn note_use(path: &Path) {
    // What is not noted goes earlier.
    let _ = File::options()
        .write(true)
        .open(stamp_path(path))
        .and_then(|stamp| stamp.set_modified(SystemTime::now()));
}

/// What lies on a shelf.
struct Filled {
    /// When each file was last used, the bytes that it takes of the disk, and where it is. What was not used for longest
    /// comes first.
    files: Vec<(SystemTime, u64, PathBuf)>,
    /// Bytes that all of them may take, with what comes.
    most_bytes: u64,
}

impl Filled {
    /// What there is beside the file that is going to be `replaced`.
    fn new(shelf: &Shelf, cache: &Cache, replaced: &str) -> Self {
        let folder = cache.place(shelf.folder);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let files = entries.filter_map(|entry| {
            let (metadata, path) = (entry.metadata().ok()?, entry.path());
            if path.extension().is_some() {
                return None;
            }
            let stamp = fs::metadata(stamp_path(&path));
            let stamp = stamp.and_then(|stamp| stamp.modified()).ok();
            let used = metadata.modified().ok().max(stamp)?;
            Some((past(used), metadata.blocks() * 512, path))
        });
        let mut files: Vec<_> = files.collect();
        let taken: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        files.retain(|(.., path)| path.file_name() != Some(OsStr::new(replaced)));
        files.sort();
        let disks = folder.ancestors().map(rustix::fs::statvfs);
        // Where the system does not say, the disk is not taken for full.
        let disk = disks.flatten().find(|disk| disk.f_blocks > 0);
        let free = disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        let most_bytes = shelf
            .most_bytes
            .min(free.saturating_add(taken) / PARTS_OF_DISK);
        Self { files, most_bytes }
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes, _)| bytes).sum()
    }

    fn has_room(&self, bytes: u64, since: SystemTime) -> bool {
        let needed = self.files.iter().filter(|(used, ..)| *used >= since);
        let needed: u64 = needed.map(|(_, bytes, _)| bytes).sum();
        needed.saturating_add(bytes) <= self.most_bytes
    }

    fn make_room(self, bytes: u64, since: SystemTime) -> bool {
        if !self.has_room(bytes, since) {
            return false;
        }
        let mut total = self.bytes().saturating_add(bytes);
        let oldest = SystemTime::now() - MOST_AGE;
        for (used, bytes, path) in self.files {
            if total <= self.most_bytes && used >= oldest {
                break;
            }
            // What cannot be deleted stays until somebody does.
            let _ = fs::remove_file(stamp_path(&path));
            let _ = fs::remove_file(path);
            total -= bytes;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: u64 = 8192;
    const SHELF: Shelf = Shelf {
        folder: "files",
        most_bytes: 3 * BYTES,
    };

    fn ago(seconds: u64) -> SystemTime {
        SystemTime::now() - Duration::from_secs(seconds)
    }

    /// A cache with files that were written so many seconds ago.
    fn filled(files: &[(&str, u64)]) -> (tempfile::TempDir, Cache) {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let folder = cache.folder(SHELF.folder).unwrap();
        // What a file system cannot compress.
        let bytes: Vec<u8> = (0..BYTES)
            .map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8)
            .collect();
        for &(name, seconds) in files {
            fs::write(folder.join(name), &bytes).unwrap();
            let file = File::options().write(true).open(folder.join(name)).unwrap();
            file.set_modified(ago(seconds)).unwrap();
        }
        (place, cache)
    }

    fn names(cache: &Cache) -> Vec<String> {
        let found = fs::read_dir(cache.place(SHELF.folder)).unwrap();
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let (_place, cache) = filled(&[("a", 30), ("b", 20), ("c", 10)]);
        let a = cache.place(SHELF.folder).join("a");
        fs::write(stamp_path(&a), "").unwrap();
        note_use(&a);
        assert!(SHELF.make_room(&cache, "d", BYTES, ago(1)));
        assert_eq!(names(&cache), ["a", "a.stamp", "c"]);
        assert!(SHELF.make_room(
            &cache,
            "d",
            3 * BYTES,
            SystemTime::now() + Duration::from_secs(9)
        ));
        assert!(names(&cache).is_empty(), "its stamp goes with a file");
    }

    #[test]
    fn what_was_not_used_for_months_goes_anyhow() {
        let days = |count: u64| count * DAY.as_secs();
        let (_place, cache) = filled(&[("a", days(91)), ("b", days(89))]);
        assert!(SHELF.make_room(&cache, "c", 1, ago(1)));
        assert_eq!(names(&cache), ["b"]);
    }

    #[test]
    fn what_seems_to_be_used_in_the_future_goes_first() {
        let (_place, cache) = filled(&[("a", 30), ("b", 20)]);
        let at = cache.place(SHELF.folder).join("b");
        let file = File::options().write(true).open(at).unwrap();
        file.set_modified(SystemTime::now() + DAY * 2).unwrap();
        assert!(SHELF.make_room(&cache, "c", 2 * BYTES, ago(60)));
        assert_eq!(names(&cache), ["a"]);
    }

    #[test]
    fn what_is_replaced_takes_no_room() {
        let (_place, cache) = filled(&[("a", 30), ("b", 20), ("c", 10)]);
        assert!(SHELF.has_room(&cache, "c", BYTES, ago(60)));
        assert!(!SHELF.has_room(&cache, "d", BYTES, ago(60)));
        assert!(SHELF.make_room(&cache, "c", BYTES, ago(60)));
        assert_eq!(names(&cache), ["a", "b", "c"]);
    }

    #[test]
    fn what_was_used_since_then_stays_even_where_nothing_else_finds_room() {
        let (_place, cache) = filled(&[("a", 30), ("b", 10)]);
        assert!(SHELF.has_room(&cache, "c", 2 * BYTES, ago(20)));
        assert!(!SHELF.has_room(&cache, "c", 3 * BYTES, ago(20)));
        assert!(!SHELF.make_room(&cache, "c", 3 * BYTES, ago(20)));
        assert_eq!(names(&cache), ["a", "b"]);
        assert!(SHELF.make_room(&cache, "c", 2 * BYTES, ago(20)));
        assert_eq!(names(&cache), ["b"]);
    }

    #[test]
    fn a_part_of_what_the_disk_has_is_left_to_others() {
        let (_place, cache) = filled(&[]);
        let all = Shelf {
            most_bytes: u64::MAX,
            ..SHELF
        };
        let disk = rustix::fs::statvfs(cache.place(SHELF.folder)).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        assert!(all.has_room(&cache, "a", free / 4, ago(0)));
        assert!(!all.has_room(&cache, "a", free / 4 * 3, ago(0)));
    }
}
