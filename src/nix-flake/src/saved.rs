//! Parsed files that evaluations saved, below the cache folder: one file for each way an evaluator
//! can be set up. What they hold is the evaluator's business, and it believes nothing of them that
//! is not as it was written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix_eval::world::{Saved, Saving};

use crate::fetch::cache::Cache;

/// How many are kept: one for each build of coop and each set of switches that is in use.
const KEPT: usize = 8;

/// One that is open.
struct SavedFile {
    file: File,
    length: u64,
}

impl Saved for SavedFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn length(&self) -> u64 {
        self.length
    }
}

/// What was saved as `name`.
pub(crate) fn open(cache: &Cache, name: &str) -> Option<Box<dyn Saved>> {
    let (file, metadata) = cache.open_own("parsed", name)?;
    let length = metadata.len();
    Some(Box::new(SavedFile { file, length }))
}

/// One that is being made, in a file without a name.
pub(crate) struct NewFile {
    cache: Cache,
    name: String,
    file: BufWriter<File>,
}

impl NewFile {
    /// Begins to save `name`.
    pub(crate) fn begin(cache: &Cache, name: &str) -> io::Result<Self> {
        let folder = cache.folder("new").map_err(io::Error::other)?;
        Ok(Self {
            cache: cache.clone(),
            name: name.to_owned(),
            file: BufWriter::new(tempfile::tempfile_in(folder)?),
        })
    }
}

impl Saving for NewFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn finish(self: Box<Self>, first: &[u8], last: &[u8]) -> io::Result<()> {
        let mut file = self.file.into_inner().map_err(io::Error::from)?;
        file.write_all(last)?;
        file.write_all_at(first, 0)?;
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
        let folder = self.cache.folder("parsed").map_err(io::Error::other)?;
        let scratch = self.cache.scratch().map_err(io::Error::other)?;
        let new = scratch.path.join(&self.name);
        if give_name(&file, &new).is_err() {
            copy(&mut file, &new)?;
        }
        fs::rename(&new, folder.join(&self.name))?;
        prune(&folder);
        Ok(())
    }
}

/// Gives a name to a file without one, as `open(2)` has it for `O_TMPFILE`. Not all file systems can.
fn give_name(file: &File, name: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

fn copy(from: &mut File, name: &Path) -> io::Result<()> {
    let mut to = File::create(name)?;
    to.set_permissions(PermissionsExt::from_mode(0o600))?;
    from.rewind()?;
    io::copy(from, &mut to)?;
    Ok(())
}

/// Deletes those that were not written for longest.
fn prune(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort();
    for (_, path) in found.iter().rev().skip(KEPT) {
        // What cannot be deleted stays until somebody does.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cache: &Cache, name: &str) -> Option<Vec<u8>> {
        let saved = open(cache, name)?;
        let mut bytes = vec![0; usize::try_from(saved.length()).unwrap()];
        saved.read_at(0, &mut bytes).unwrap();
        Some(bytes)
    }

    fn save(cache: &Cache, name: &str, parts: [&[u8]; 3]) {
        let mut new = Box::new(NewFile::begin(cache, name).unwrap());
        new.append(&vec![0; parts[0].len()]).unwrap();
        new.append(parts[1]).unwrap();
        new.finish(parts[0], parts[2]).unwrap();
    }

    #[test]
    fn what_has_no_name_is_given_one_or_copied() {
        let place = tempfile::tempdir().unwrap();
        let mut file = tempfile::tempfile_in(&place).unwrap();
        file.write_all(b"bytes").unwrap();
        let [given, copied] = ["a", "b"].map(|name| place.path().join(name));
        match give_name(&file, &given) {
            Ok(()) => assert_eq!(fs::read(&given).unwrap(), b"bytes"),
            // Where there is no `/proc`, or no file without a name.
            Err(error) => {
                let known = [io::ErrorKind::NotFound, io::ErrorKind::Unsupported];
                assert!(known.contains(&error.kind()), "{error}");
                assert!(!given.exists());
            }
        }
        copy(&mut file, &copied).unwrap();
        assert_eq!(fs::read(&copied).unwrap(), b"bytes");
        assert!(give_name(&file, &copied).is_err(), "it is there");
    }

    #[test]
    fn what_is_saved_is_found_by_its_name() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        assert!(open(&cache, "a").is_none());
        save(&cache, "a", [b"first, ", b"second, ", b"third"]);
        save(&cache, "b", [b"", b"other", b""]);
        assert_eq!(read(&cache, "a").unwrap(), b"first, second, third");
        save(&cache, "a", [b"again", b"", b""]);
        assert_eq!(read(&cache, "a").unwrap(), b"again");
        assert_eq!(read(&cache, "b").unwrap(), b"other");
    }

    #[test]
    fn what_was_not_finished_is_not_there() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let mut new = NewFile::begin(&cache, "a").unwrap();
        new.append(b"bytes").unwrap();
        drop(new);
        assert!(open(&cache, "a").is_none());
        let left = fs::read_dir(place.path().join("new")).unwrap().count();
        assert_eq!(left, 0);
    }

    #[test]
    fn what_others_may_write_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        save(&cache, "a", [b"", b"bytes", b""]);
        let file = place.path().join("parsed/a");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
        assert!(open(&cache, "a").is_none());
    }

    #[test]
    fn only_so_many_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        for number in 0..KEPT + 3 {
            save(&cache, &format!("{number}"), [b"", b"bytes", b""]);
        }
        let left = fs::read_dir(place.path().join("parsed")).unwrap().count();
        assert_eq!(left, KEPT);
        assert!(open(&cache, &format!("{}", KEPT + 2)).is_some());
    }
}
