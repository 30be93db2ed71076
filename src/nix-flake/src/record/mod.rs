//! Records: answers of earlier evaluations, with all that they were made from. A question whose
//! sources are the same is answered from its record; docs/records.md says why that is exact.
//!
//! What lives here decides whether a record holds. A stale answer is the worst mistake there is:
//! where anything is in doubt there is no record, and the question is evaluated.

mod key;
mod recorder;
mod store;
pub(crate) mod tree;

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
use nix_store::nar::MemoryTree;

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
    /// What was read of the flake's own tree, where that has no part in the key.
    pub(crate) read: tree::Answers,
    /// Whether something was asked that cannot be known to be the same another time.
    pub(crate) is_lost: bool,
    /// Whether the path of the flake's own tree was seen, though it has no part in the key.
    pub(crate) is_seen: bool,
}

impl Notes {
    /// Adds other notes to these.
    pub(crate) fn add(&mut self, other: Self) {
        self.looked.extend(other.looked);
        for (question, places) in other.read {
            self.read.entry(question).or_default().extend(places);
        }
        self.is_lost |= other.is_lost;
        self.is_seen |= other.is_seen;
    }
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

/// The same word, where it is one.
pub(crate) fn known_word(text: &str) -> Option<&'static str> {
    let words = ["nothing", "file", "program", "folder", "link", "other"];
    words.into_iter().find(|word| *word == text)
}

/// What is recorded under a key.
pub(crate) enum Recalled<T> {
    /// The answer, and when it was evaluated.
    Answer(T, SystemTime),
    /// The path of the flake's own tree was seen: the answer is under a key that has it.
    Seen,
}

/// Whether a question was ever answered: about the same nixpkgs, and about whatever tree of the flake's own.
pub(crate) fn is_known(cache: &Cache, key: &str) -> bool {
    !store::read(cache, key).is_empty()
}

/// What was recorded under a key, if the record still holds; `own` is the flake's own tree, where that
/// has no part in the key.
pub(crate) fn recall<T: DeserializeOwned>(
    cache: &Cache,
    key: &str,
    own: Option<&MemoryTree>,
) -> Option<Recalled<T>> {
    let entries = store::read(cache, key);
    let entry = entries.into_iter().find(|entry| holds(entry, own))?;
    let Some(answer) = entry.answer else {
        return Some(Recalled::Seen);
    };
    let value = serde_json::from_value(answer).ok()?;
    let seconds = std::time::Duration::from_secs(entry.evaluated);
    let at = SystemTime::UNIX_EPOCH.checked_add(seconds)?;
    Some(Recalled::Answer(value, at))
}

/// Whether all places outside of trees that were looked at are as they were.
pub(crate) fn is_same_around(looked: &BTreeMap<Vec<u8>, &'static str>) -> bool {
    let mut looked = looked.iter();
    looked.all(|(path, found)| recorder::look(path).is_some_and(|now| now == *found))
}

/// Whether all that was looked at is as it was.
fn holds(entry: &store::Entry, own: Option<&MemoryTree>) -> bool {
    let is_same = |(path, found): (&String, &String)| {
        recorder::look(path.as_bytes()).is_some_and(|now| now == found)
    };
    let is_same_inside = match own {
        Some(own) => tree::hold(&entry.read, own),
        None => entry.read.is_empty(),
    };
    is_same_inside && entry.looked.iter().all(is_same)
}

/// A record that may be written once it is known that what was read is what was hashed.
pub(crate) struct Pending {
    key: String,
    entry: store::Entry,
}

impl Pending {
    /// The name of the question's record.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// The record of an answer, where there can be one; that its key is too narrow where there is none.
pub(crate) fn pending<T: Serialize>(
    key: &str,
    notes: &Notes,
    answer: Option<&T>,
) -> Option<Pending> {
    if notes.is_lost {
        return None;
    }
    let mut looked = BTreeMap::new();
    for (path, found) in &notes.looked {
        let path = String::from_utf8(path.clone()).ok()?;
        looked.insert(path, (*found).to_owned());
    }
    let answer = match answer {
        Some(answer) => Some(serde_json::to_value(answer).ok()?),
        None => None,
    };
    let evaluated = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Some(Pending {
        key: key.to_owned(),
        entry: store::Entry {
            looked,
            read: notes.read.clone(),
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
