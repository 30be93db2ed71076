//! What the files of a folder look like from outside, one by one. A folder is listed once; from then on
//! each of its files and folders is looked at by its path, since a folder whose listing changed looks
//! different itself.

use std::fs;
use std::io;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use nix_store::hash::{Algorithm, Hash};
use rustc_hash::FxHashMap;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, open, statat};

use super::tree::os;

/// Enough folders to share out among the processors.
const BRANCHES: usize = 256;
/// Files that are looked at again by one processor at a time.
const STRETCH: usize = 2048;
/// Bytes of what the system says of a file.
const IDENTITY_BYTES: usize = 8 * 8;
/// Where its numbers stand among them.
const MODE: usize = 3;
const MODIFIED: usize = 4;
const CHANGED: usize = 6;

/// What counts as touched is what Git's index goes by: device, inode, size, mode, and the times of the last
/// change of content and of status.
type Identity = [u8; IDENTITY_BYTES];

/// A path below the root, and what lies there.
type Entry<'a> = (&'a [u8], &'a Identity);

/// What all files of a folder look like.
#[derive(Default)]
pub(super) struct Look {
    /// For each file and folder, in an order that depends on their names alone: the length of its path, its
    /// path below the root, its identity.
    list: Vec<u8>,
    /// How many there are.
    pub(super) files: usize,
    /// When one of them was last changed in any way, in seconds since 1970.
    pub(super) newest: i64,
    /// When the content of one of them was last changed, in seconds since 1970.
    pub(super) modified: i64,
}

impl Look {
    /// Looks at everything at `root`, by all processors. `None` where something cannot be looked at:
    /// whoever reads the tree will say what.
    pub(super) fn at(root: &[u8]) -> Option<Self> {
        let mut whole = Self::default();
        let mut branches = vec![PathBuf::new()];
        while !branches.is_empty() && branches.len() < BRANCHES {
            let mut next = Vec::new();
            for below in branches {
                next.append(&mut whole.add(root, &below)?);
            }
            branches = next;
        }
        let looks: Vec<OnceLock<Self>> = branches.iter().map(|_| OnceLock::new()).collect();
        side_by_side(branches.len(), |number| {
            let look = branch(root, &branches[number]);
            let is_seen = look.is_some();
            // Each is looked at once.
            let _ = look.map(|look| looks[number].set(look));
            is_seen
        });
        for look in looks {
            let look = look.into_inner()?;
            whole.list.extend_from_slice(&look.list);
            whole.files += look.files;
            whole.newest = whole.newest.max(look.newest);
            whole.modified = whole.modified.max(look.modified);
        }
        Some(whole)
    }

    /// A look of which this is the list, as it was written.
    pub(super) fn of_list(list: Vec<u8>) -> Option<Self> {
        let mut look = Self::default();
        for (_, identity) in entries(&list)? {
            look.count(identity);
        }
        look.list = list;
        Some(look)
    }

    /// The list, to be written.
    pub(super) fn list(&self) -> &[u8] {
        &self.list
    }

    /// A hash of all that was seen.
    pub(super) fn hash(&self) -> Hash {
        Hash::of(Algorithm::Blake3, &self.list)
    }

    /// Whether everything at `root` still looks the same.
    pub(super) fn is_still(&self, root: &[u8]) -> bool {
        entries(&self.list).is_some_and(|entries| are_still(root, &entries))
    }

    /// Whether what lies at some paths below `root`, all of them canonical, still looks the same, and every
    /// folder on the way there.
    pub(super) fn is_still_at<'a>(
        &'a self,
        root: &[u8],
        paths: impl IntoIterator<Item = &'a [u8]>,
    ) -> bool {
        let Some(entries) = entries(&self.list) else {
            return false;
        };
        let known: FxHashMap<&[u8], &Identity> = entries.iter().copied().collect();
        let mut wanted: FxHashMap<&[u8], &Identity> = FxHashMap::default();
        for path in paths {
            let mut at = path;
            loop {
                // Where there is nothing, the folder above would look different if there were.
                if let Some(identity) = known.get(at) {
                    // What it leads to may be anywhere.
                    if at.len() < path.len() && is_link(identity) {
                        return are_still(root, &entries);
                    }
                    if wanted.insert(at, identity).is_some() {
                        break;
                    }
                }
                if at.is_empty() {
                    break;
                }
                at = above(at);
            }
        }
        let wanted: Vec<Entry<'_>> = wanted.into_iter().collect();
        are_still(root, &wanted)
    }

    /// Looks at a file or folder, and says what is in it, in order.
    fn add(&mut self, root: &[u8], below: &Path) -> Option<Vec<PathBuf>> {
        let at = if below.as_os_str().is_empty() {
            os(root).to_owned()
        } else {
            os(root).join(below)
        };
        let identity = identity_of(&rustix::fs::lstat(&at).ok()?);
        let name = below.as_os_str().as_bytes();
        let length = u16::try_from(name.len()).ok()?;
        self.list.extend_from_slice(&length.to_le_bytes());
        self.list.extend_from_slice(name);
        self.list.extend_from_slice(&identity);
        self.count(&identity);
        if file_type(&identity) != FileType::Directory {
            return Some(Vec::new());
        }
        let mut names = fs::read_dir(&at)
            .ok()?
            .map(|entry| entry.map(|entry| entry.file_name().into_vec()))
            .collect::<io::Result<Vec<_>>>()
            .ok()?;
        names.sort_unstable();
        let paths = names.iter().map(|name| below.join(os(name)));
        Some(paths.collect())
    }

    fn count(&mut self, identity: &Identity) {
        let (modified, changed) = (number(identity, MODIFIED), number(identity, CHANGED));
        self.files += 1;
        self.modified = self.modified.max(modified);
        self.newest = self.newest.max(changed).max(modified);
    }
}

fn branch(root: &[u8], below: &Path) -> Option<Look> {
    let mut look = Look::default();
    let mut waiting = vec![below.to_owned()];
    while let Some(at) = waiting.pop() {
        waiting.append(&mut look.add(root, &at)?);
    }
    Some(look)
}

/// The paths of a list and what they looked like; `None` where it is cut off.
fn entries(mut list: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut found = Vec::with_capacity(list.len() / (2 * IDENTITY_BYTES));
    while !list.is_empty() {
        let (length, rest) = list.split_first_chunk()?;
        let (path, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let (identity, rest) = rest.split_first_chunk()?;
        found.push((path, identity));
        list = rest;
    }
    Some(found)
}

/// The path of the folder that a path below a root lies in, below it too.
fn above(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte == b'/');
    &path[..end.unwrap_or(0)]
}

/// Whether each of these still looks the same.
fn are_still(root: &[u8], entries: &[Entry<'_>]) -> bool {
    // From the folder on, there are fewer names on the way to each file.
    let folder = open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let stretches: Vec<&[Entry<'_>]> = entries.chunks(STRETCH).collect();
    side_by_side(stretches.len(), |number| {
        stretches[number].iter().all(|&(below, identity)| {
            let found = look_at(root, &folder, below);
            found.is_ok_and(|found| identity_of(&found) == *identity)
        })
    })
}

/// What lies at a path below `root`, which is open as `folder`.
fn look_at(
    root: &[u8],
    folder: &rustix::io::Result<OwnedFd>,
    below: &[u8],
) -> rustix::io::Result<Stat> {
    if below.is_empty() {
        return rustix::fs::lstat(root);
    }
    let folder = folder.as_ref().map_err(|&error| error)?;
    statat(folder, below, AtFlags::SYMLINK_NOFOLLOW)
}

/// A number of an identity.
fn number(identity: &Identity, index: usize) -> i64 {
    let bytes = identity[8 * index..].first_chunk().copied();
    i64::from_le_bytes(bytes.unwrap_or_default())
}

fn file_type(identity: &Identity) -> FileType {
    FileType::from_raw_mode(number(identity, MODE) as _)
}

fn is_link(identity: &Identity) -> bool {
    file_type(identity) == FileType::Symlink
}

#[expect(
    clippy::unnecessary_cast,
    clippy::cast_lossless,
    reason = "the types of these numbers differ from system to system"
)]
fn identity_of(found: &Stat) -> Identity {
    let mut identity = [0; IDENTITY_BYTES];
    let numbers = [
        found.st_dev as u64,
        found.st_ino as u64,
        found.st_size as u64,
        found.st_mode as u64,
        found.st_mtime as u64,
        found.st_mtime_nsec as u64,
        found.st_ctime as u64,
        found.st_ctime_nsec as u64,
    ];
    for (place, number) in identity.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    identity
}

/// Does work of so many numbers on all processors, as long as all of it says yes.
fn side_by_side(count: usize, work: impl Fn(usize) -> bool + Sync) -> bool {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..processors.min(count) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    if !work(number) {
                        is_over.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    !is_over.into_inner()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use proptest::prelude::*;

    use super::*;

    fn look(folder: &tempfile::TempDir) -> Look {
        Look::at(folder.path().as_os_str().as_bytes()).unwrap()
    }

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("some/where/deep")).unwrap();
        for name in ["first", "some/second", "some/where/deep/third"] {
            fs::write(folder.path().join(name), "text").unwrap();
        }
        symlink("first", folder.path().join("link")).unwrap();
        folder
    }

    /// Changes of a tree that a list of its files shows, as listing it once more does.
    #[test]
    fn a_list_shows_every_change_that_listing_anew_shows() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 10] = [
            ("longer", |at| {
                fs::write(at.join("first"), "longer").unwrap();
            }),
            ("content, with the old time put back", |at| {
                let file = at.join("some/second");
                let before = fs::metadata(&file).unwrap().modified().unwrap();
                fs::write(&file, "txet").unwrap();
                let file = fs::File::options().write(true).open(file).unwrap();
                file.set_modified(before).unwrap();
            }),
            ("added", |at| {
                fs::write(at.join("some/where/deep/new"), "").unwrap();
            }),
            ("an empty folder", |at| {
                fs::create_dir(at.join("some/where/new")).unwrap();
            }),
            ("removed", |at| {
                fs::remove_file(at.join("some/where/deep/third")).unwrap();
            }),
            ("renamed", |at| {
                fs::rename(at.join("some/second"), at.join("some/2")).unwrap();
            }),
            ("one in place of another", |at| {
                fs::rename(at.join("first"), at.join("some/second")).unwrap();
            }),
            ("executable", |at| {
                fs::set_permissions(at.join("first"), fs::Permissions::from_mode(0o755)).unwrap();
            }),
            ("another link", |at| {
                fs::remove_file(at.join("link")).unwrap();
                symlink("some", at.join("link")).unwrap();
            }),
            ("all gone", |at| fs::remove_dir_all(at).unwrap()),
        ];
        for (name, change) in changes {
            let folder = tree();
            let root = folder.path().as_os_str().as_bytes().to_vec();
            let before = Look::of_list(look(&folder).list).unwrap();
            assert_eq!(before.files, 8);
            assert!(before.is_still(&root), "{name}");
            // Times of files go in ticks.
            thread::sleep(std::time::Duration::from_millis(20));
            change(folder.path());
            assert!(!before.is_still(&root), "{name}");
            let hash = Look::at(&root).map(|after| after.hash());
            assert_ne!(hash, Some(before.hash()), "{name}");
        }
    }

    #[test]
    fn a_list_says_what_a_look_says() {
        let folder = tree();
        let seen = look(&folder);
        let listed = Look::of_list(seen.list().to_vec()).unwrap();
        let all = |look: &Look| (look.files, look.newest, look.modified, look.hash());
        assert_eq!(all(&seen), all(&listed));
    }

    proptest! {
        #[test]
        fn what_is_no_list_is_none_or_another(mut list in proptest::collection::vec(0_u8.., 0..300)) {
            if let Some(look) = Look::of_list(list.clone()) {
                prop_assert!(list.is_empty() || !look.is_still(b"/nowhere"));
                list.push(0);
                prop_assert!(Look::of_list(list).is_none());
            }
        }
    }
}
