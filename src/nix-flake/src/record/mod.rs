//! Records: answers of earlier evaluations, with all that they were made from. A question whose
//! sources are the same is answered from its record; docs/records.md says why that is exact.
//!
//! What lives here decides whether a record holds. A stale answer is the worst mistake there is:
//! where anything is in doubt there is no record, and the question is evaluated.

mod key;
mod recorder;
mod store;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use key::key;
pub(crate) use recorder::Recorder;

use crate::fetch::cache::Cache;
use nix_eval::world::FileType;

/// Whether questions are answered from records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Records {
    /// Where one holds; what was evaluated is recorded.
    #[default]
    Use,
    /// Never; what was evaluated is recorded anew.
    Renew,
    /// Each answer from a record is held against one that is evaluated. For tests of records.
    Verify,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// When it was evaluated, where it comes from a record.
    pub recorded: Option<SystemTime>,
}

/// What an evaluation asked of the world beyond the trees that its key names.
#[derive(Default)]
pub(crate) struct Notes {
    /// Paths outside of all trees at which something was looked for, with what was there.
    pub(crate) looked: BTreeMap<Vec<u8>, &'static str>,
    /// Whether something was asked that cannot be known to be the same another time.
    pub(crate) is_lost: bool,
}

/// Notes that the evaluation's world writes and its caller reads.
pub(crate) type Shared = Rc<RefCell<Notes>>;

/// How a type of file is written in a record.
pub(crate) fn word(found: Option<FileType>) -> &'static str {
    match found {
        None => "nothing",
        Some(FileType::Regular { executable: false }) => "file",
        Some(FileType::Regular { executable: true }) => "program",
        Some(FileType::Directory) => "folder",
        Some(FileType::Symlink) => "link",
        Some(FileType::Unknown) => "other",
    }
}

/// The answer that was recorded under a key, if its record still holds.
pub(crate) fn recall<T: DeserializeOwned>(cache: &Cache, key: &str) -> Option<(T, SystemTime)> {
    let entry = store::read(cache, key)?;
    let holds = entry
        .looked
        .iter()
        .all(|(path, found)| recorder::look(path.as_bytes()).is_some_and(|now| now == found));
    if !holds {
        return None;
    }
    let value = serde_json::from_value(entry.answer).ok()?;
    let seconds = std::time::Duration::from_secs(entry.evaluated);
    Some((value, SystemTime::UNIX_EPOCH.checked_add(seconds)?))
}

/// A record that may be written once it is known that what was read is what was hashed.
pub(crate) struct Pending {
    key: String,
    entry: store::Entry,
}

/// The record of an answer, where there can be one.
pub(crate) fn pending<T: Serialize>(key: &str, notes: &Notes, answer: &T) -> Option<Pending> {
    if notes.is_lost {
        return None;
    }
    let mut looked = BTreeMap::new();
    for (path, found) in &notes.looked {
        let path = String::from_utf8(path.clone()).ok()?;
        looked.insert(path, (*found).to_owned());
    }
    let answer = serde_json::to_value(answer).ok()?;
    let evaluated = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Some(Pending {
        key: key.to_owned(),
        entry: store::Entry {
            looked,
            evaluated,
            answer,
        },
    })
}

/// Writes records. One that cannot be written costs time, and nothing else.
pub(crate) fn write(cache: &Cache, records: &[Pending]) {
    for record in records {
        let _ = store::write(cache, &record.key, &record.entry);
    }
    if !records.is_empty() {
        store::prune(cache);
    }
}
