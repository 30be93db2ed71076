//! Records on disk, below the cache folder: one file a question, with a sum over the rest of it. What
//! is not just as it was written, or could have been written by somebody else, is no record.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use nix_store::hash::{Algorithm, Encoding, Hash};
use serde::{Deserialize, Serialize};

use super::tree::Answers;
use crate::fetch::cache::Cache;

/// The part of the cache.
const PART: &str = "records";
/// How many are kept.
const KEPT: usize = 4096;
/// How many are kept of one name: what was edited is often taken back.
const KEPT_OF_ONE_NAME: usize = 8;
/// How long they are kept after they were written.
const AGE: Duration = Duration::from_secs(90 * 24 * 3600);
/// Longer ones are not written, and not read.
const LONGEST: u64 = 4 << 20;

/// What a record says.
#[derive(Clone, Serialize, Deserialize, Debug, PartialEq)]
pub(super) struct Entry {
    /// Paths outside of all trees at which something was looked for, with what was there.
    pub(super) looked: BTreeMap<String, String>,
    /// What was read of the flake's own tree, where the key does not hold its hash.
    #[serde(default, skip_serializing_if = "Answers::is_empty")]
    pub(super) read: Answers,
    /// When the answer was evaluated, in seconds since 1970.
    pub(super) evaluated: u64,
    /// The answer; `null` where it depends on more than the key and what was read.
    pub(super) answer: Option<serde_json::Value>,
}

/// The sum of a record's text and of the key it belongs to.
fn sum(key: &str, text: &str) -> String {
    let text = format!("{key}\n{text}");
    Hash::of(Algorithm::Sha256, text.as_bytes()).encode(Encoding::Nix32)
}

/// The records of this name, the newest first.
pub(super) fn read(cache: &Cache, key: &str) -> Vec<Entry> {
    read_file(cache, key).unwrap_or_default()
}

fn read_file(cache: &Cache, key: &str) -> Option<Vec<Entry>> {
    let (file, metadata) = cache.open_own(PART, key)?;
    if metadata.len() > LONGEST {
        return None;
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    parse(key, &text)
}

fn parse(key: &str, text: &str) -> Option<Vec<Entry>> {
    let (found, body) = text.split_once('\n')?;
    if found != sum(key, body) {
        return None;
    }
    serde_json::from_str(body).ok()
}

/// Writes a record beside those of the same name that were made from something else, whole or not
/// at all.
pub(super) fn write(cache: &Cache, key: &str, entry: &Entry) -> io::Result<()> {
    let mut entries = read(cache, key);
    entries.retain(|old| old.looked != entry.looked || old.read != entry.read);
    entries.insert(0, entry.clone());
    entries.truncate(KEPT_OF_ONE_NAME);
    let body = serde_json::to_string(&entries)?;
    let text = format!("{}\n{body}", sum(key, &body));
    if text.len() as u64 > LONGEST {
        return Ok(());
    }
    let folder = cache.folder(PART).map_err(io::Error::other)?;
    let scratch = cache.scratch().map_err(io::Error::other)?;
    let new = scratch.path.join(key);
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&new, folder.join(key))
}

/// Deletes those that are old, and the oldest of too many.
pub(super) fn prune(cache: &Cache) {
    let Ok(entries) = fs::read_dir(cache.place(PART)) else {
        return;
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort();
    let surplus = found.len().saturating_sub(KEPT);
    let now = SystemTime::now();
    for (number, (written, path)) in found.iter().enumerate() {
        let is_old = now.duration_since(*written).is_ok_and(|age| age > AGE);
        if number < surplus || is_old {
            // What cannot be deleted stays until somebody does.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::*;

    use super::super::tree::Question;
    use super::*;

    fn entry() -> Entry {
        Entry {
            looked: BTreeMap::from([("/nix".to_owned(), "nothing".to_owned())]),
            read: BTreeMap::from([(
                Question::Type,
                BTreeMap::from([("flake.nix".to_owned(), "file".to_owned())]),
            )]),
            evaluated: 1_700_000_000,
            answer: Some(serde_json::json!(["/nix/store/x.drv", ["a warning"]])),
        }
    }

    fn written() -> (tempfile::TempDir, Cache, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        write(&cache, "key", &entry()).unwrap();
        let file = place.path().join("records/key");
        (place, cache, file)
    }

    #[test]
    fn what_was_written_is_read_under_its_own_key_alone() {
        let (_place, cache, file) = written();
        assert_eq!(read(&cache, "key"), [entry()]);
        assert_eq!(read(&cache, "other"), []);
        fs::copy(&file, file.with_file_name("other")).unwrap();
        assert_eq!(read(&cache, "other"), [], "a record of another question");
    }

    #[test]
    fn those_of_one_name_are_kept_until_there_are_too_many() {
        let (_place, cache, _) = written();
        let other = |number: u64| Entry {
            looked: BTreeMap::from([(format!("/{number}"), "nothing".to_owned())]),
            ..entry()
        };
        write(&cache, "key", &other(0)).unwrap();
        assert_eq!(read(&cache, "key"), [other(0), entry()]);
        let again = Entry {
            evaluated: 1_800_000_000,
            ..entry()
        };
        write(&cache, "key", &again).unwrap();
        assert_eq!(read(&cache, "key"), [again, other(0)]);
        for number in 0..20 {
            write(&cache, "key", &other(number)).unwrap();
        }
        assert_eq!(read(&cache, "key").len(), KEPT_OF_ONE_NAME);
        assert_eq!(read(&cache, "key").first(), Some(&other(19)));
    }

    #[test]
    fn what_others_may_write_is_no_record() {
        let (_place, cache, file) = written();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
        assert_eq!(read(&cache, "key"), []);
    }

    #[test]
    fn old_ones_go() {
        let (_place, cache, file) = written();
        let long_ago = SystemTime::now() - AGE - Duration::from_secs(60);
        let open = File::options().write(true).open(&file).unwrap();
        open.set_modified(long_ago).unwrap();
        write(&cache, "new", &entry()).unwrap();
        prune(&cache);
        assert_eq!(read(&cache, "key"), []);
        assert_eq!(read(&cache, "new"), [entry()]);
    }

    proptest! {
        #[test]
        fn a_damaged_record_is_none(at in 0usize..400, bit in 0u8..8, cut in proptest::bool::ANY) {
            let body = serde_json::to_string(&[entry()]).unwrap();
            let whole = format!("{}\n{body}", sum("key", &body));
            let mut bytes = whole.clone().into_bytes();
            let at = at % bytes.len();
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << bit;
            }
            let found = String::from_utf8(bytes).ok().and_then(|text| parse("key", &text));
            prop_assert_eq!(found, None);
            prop_assert_eq!(parse("key", &whole), Some(vec![entry()]));
        }
    }
}
