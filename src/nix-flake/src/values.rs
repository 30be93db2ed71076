//! Heaps that evaluations saved, below the cache folder: values, one file for each kind of work, and
//! evaluations that hibernate, one file each. A file ends with a hash of all that stands before it. It is
//! checked once: as long as the system says that nobody wrote to the file since, it need not be read again.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix_eval::world::Saved;
use nix_store::hash::{Algorithm, Hasher};

use crate::fetch::cache::Cache;
use crate::shelf::{Shelf, note_use, stamp_path};

/// What the end of a file starts with.
const MAGIC: &[u8; 8] = b"checked\n";
/// Bytes of the end: the magic and a BLAKE3 hash.
const END_BYTES: u64 = 8 + 32;
/// Bytes that are read or left out at once.
const BLOCK: usize = 64 << 10;
/// Times of files are this coarse, at most.
const TICK: Duration = Duration::from_millis(25);

/// One that is open.
struct SavedValues {
    file: File,
    length: u64,
    hash: [u8; 32],
}

impl Saved for SavedValues {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn hash(&self) -> Option<[u8; 32]> {
        Some(self.hash)
    }

    fn file(&self) -> Option<BorrowedFd<'_>> {
        Some(self.file.as_fd())
    }
}

/// What was saved as `name`, if every byte is as it was written.
pub(crate) fn open(cache: &Cache, shelf: &Shelf, name: &str) -> Option<Box<dyn Saved>> {
    let path = cache.place(shelf.folder).join(name);
    let (mut file, metadata) = cache.open_own(shelf.folder, name)?;
    let length = metadata.len().checked_sub(END_BYTES)?;
    let stamp = stamp_of(&metadata);
    if stamp.is_none() || stamp != fs::read_to_string(stamp_path(&path)).ok() {
        if !is_whole(&mut file, length).unwrap_or(false) {
            return None;
        }
        put_stamp(&path, &file);
    }
    let mut hash = [0; 32];
    file.read_exact_at(&mut hash, length + MAGIC.len() as u64)
        .ok()?;
    note_use(&path);
    Some(Box::new(SavedValues { file, length, hash }))
}

/// A file that was saved just now.
pub(crate) struct Written {
    path: PathBuf,
    file: File,
}

impl Written {
    /// Notes that the file is as it was written, once later writes could be told from it. Without, it is read once
    /// more when it is opened.
    pub(crate) fn stamp(self) {
        let stamp = || self.file.metadata().ok().and_then(|found| stamp_of(&found));
        if stamp().is_none() {
            std::thread::sleep(TICK * 2);
        }
        put_stamp(&self.path, &self.file);
    }
}

/// Saves `parts` as `name`, whole or not at all. What was not used for longest is deleted for it, but for what was used
/// since a time: where there is no room then, nothing is saved.
pub(crate) fn save(
    cache: &Cache,
    shelf: &Shelf,
    name: &str,
    parts: &[&[u8]],
    since: SystemTime,
) -> io::Result<Written> {
    let folder = cache.folder(shelf.folder).map_err(io::Error::other)?;
    let bytes = parts.iter().map(|part| part.len() as u64).sum();
    if !shelf.make_room(cache, name, bytes, since) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let scratch = cache.scratch().map_err(io::Error::other)?;
    let new = scratch.path.join(name);
    let mut file = File::create(&new)?;
    file.set_permissions(PermissionsExt::from_mode(0o600))?;
    let mut hasher = Hasher::new(Algorithm::Blake3);
    let mut length = 0;
    for part in parts {
        hasher.update(part);
        for block in part.chunks(BLOCK) {
            // Blocks that nothing was ever put into take no room.
            if block.len() == BLOCK && block.iter().all(|&byte| byte == 0) {
                file.seek(SeekFrom::Current(BLOCK as i64))?;
            } else {
                file.write_all(block)?;
            }
        }
        length += part.len() as u64;
    }
    file.seek(SeekFrom::Start(length))?;
    file.write_all(MAGIC)?;
    file.write_all(hasher.finish().bytes())?;
    let path = folder.join(name);
    fs::rename(&new, &path)?;
    Ok(Written { path, file })
}

/// Deletes what was saved as `name`.
pub(crate) fn delete(cache: &Cache, shelf: &Shelf, name: &str) {
    let path = cache.place(shelf.folder).join(name);
    // What cannot be deleted stays until somebody does.
    let _ = fs::remove_file(stamp_path(&path));
    let _ = fs::remove_file(path);
}

/// Whether the hash at the end is that of the rest.
fn is_whole(file: &mut File, length: u64) -> io::Result<bool> {
    let mut hasher = Hasher::new(Algorithm::Blake3);
    let mut block = vec![0; 16 * BLOCK];
    let mut content = file.take(length);
    loop {
        let count = content.read(&mut block)?;
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
    }
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end.strip_prefix(MAGIC) == Some(hasher.finish().bytes()))
}

/// What the system says of a file that changes whenever somebody writes to it; `None` where that was
/// too recent to tell from what may be written next.
fn stamp_of(metadata: &fs::Metadata) -> Option<String> {
    let changed = Duration::new(
        u64::try_from(metadata.ctime()).ok()?,
        u32::try_from(metadata.ctime_nsec()).ok()?,
    );
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + changed);
    if age.ok()? < TICK {
        return None;
    }
    Some(format!(
        "{} {} {} {}.{} {}.{}\n",
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ))
}

/// Notes that the file was found to be whole; where that fails, it is looked at again.
fn put_stamp(path: &Path, file: &File) {
    let stamp = file.metadata().ok().and_then(|found| stamp_of(&found));
    if let Some(stamp) = stamp {
        let _ = fs::write(stamp_path(path), stamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shelf::VALUES;

    fn save(cache: &Cache, name: &str, parts: &[&[u8]]) -> io::Result<Written> {
        super::save(cache, &VALUES, name, parts, SystemTime::now())
    }

    fn read(cache: &Cache, name: &str) -> Option<Vec<u8>> {
        let saved = open(cache, &VALUES, name)?;
        let mut bytes = vec![0; usize::try_from(saved.length()).unwrap()];
        saved.read_at(0, &mut bytes).unwrap();
        Some(bytes)
    }

    #[test]
    fn what_is_saved_is_found() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let zeros = vec![0; 3 * BLOCK];
        save(&cache, "a", &[b"first, ", &zeros, b"second"])
            .unwrap()
            .stamp();
        let expected = [&b"first, "[..], &zeros, b"second"].concat();
        assert!(read(&cache, "a").unwrap() == expected);
        assert!(place.path().join("values/a.stamp").exists());
        assert!(read(&cache, "a").unwrap() == expected);
    }

    #[test]
    fn what_was_written_to_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let file = place.path().join("values/a");
        for at in [0, 3, 11, 20] {
            save(&cache, "a", &[b"many bytes"]).unwrap().stamp();
            assert!(open(&cache, &VALUES, "a").is_some());
            let mut bytes = fs::read(&file).unwrap();
            bytes[at] ^= 1;
            fs::write(&file, bytes).unwrap();
            assert!(open(&cache, &VALUES, "a").is_none(), "byte {at}");
        }
        save(&cache, "a", &[b"many bytes"]).unwrap();
        let whole = fs::read(&file).unwrap();
        for length in 0..whole.len() {
            fs::write(&file, &whole[..length]).unwrap();
            assert!(open(&cache, &VALUES, "a").is_none(), "{length} bytes");
        }
        fs::write(&file, &whole).unwrap();
        assert_eq!(read(&cache, "a").unwrap(), b"many bytes");
    }

    #[test]
    fn what_was_written_to_just_now_is_read_once_more() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let written = save(&cache, "a", &[b"many bytes"]).unwrap();
        let file = place.path().join("values/a");
        let mut bytes = fs::read(&file).unwrap();
        bytes[3] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert!(open(&cache, &VALUES, "a").is_none());
        drop(written);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let folder = cache.folder("values").unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(folder.join("a"))
            .status();
        assert!(made.unwrap().success());
        assert!(open(&cache, &VALUES, "a").is_none());
        save(&cache, "a", &[b"bytes"]).unwrap();
        assert!(open(&cache, &VALUES, "a").is_some());
    }

    #[test]
    fn what_others_may_write_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        save(&cache, "a", &[b"bytes"]).unwrap();
        let file = place.path().join("values/a");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
        assert!(open(&cache, &VALUES, "a").is_none());
    }
}
