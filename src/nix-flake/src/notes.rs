//! Notes of what an evaluation read, and whether it would read the same again: by what the system
//! says of files and folders, which changes whenever somebody writes to them, and not by what is in
//! them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// What was asked of a path, or of the environment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Question {
    /// What a file holds, or a folder.
    Content = 0,
    /// What lies there.
    Type = 1,
    /// Where a link leads.
    Link = 2,
    /// What a variable is.
    Variable = 3,
}

const QUESTIONS: [Question; 4] = [
    Question::Content,
    Question::Type,
    Question::Link,
    Question::Variable,
];

/// So many questions are shared between two processors.
const MANY: usize = 1000;

/// Files that were written less than this many seconds ago may be written again without a trace.
const SETTLED: i64 = 2;

/// What was read so far.
#[derive(Default)]
pub(crate) struct Notes {
    found: BTreeMap<(Question, Vec<u8>), Vec<u8>>,
    /// Whether something was asked whose answer may be another one next time.
    is_vague: bool,
}

impl Notes {
    /// The content of a file or of a folder was read.
    pub(crate) fn content(&mut self, path: &[u8]) {
        self.note(Question::Content, path);
    }

    /// The type of what lies at a path was asked.
    pub(crate) fn file_type(&mut self, path: &[u8]) {
        self.note(Question::Type, path);
    }

    /// A link was read.
    pub(crate) fn link(&mut self, path: &[u8]) {
        self.note(Question::Link, path);
    }

    /// A variable was read.
    pub(crate) fn variable(&mut self, name: &[u8]) {
        self.note(Question::Variable, name);
    }

    /// Something was asked that cannot be asked again.
    pub(crate) fn vague(&mut self) {
        self.is_vague = true;
    }

    fn note(&mut self, question: Question, what: &[u8]) {
        if let Entry::Vacant(place) = self.found.entry((question, what.to_vec())) {
            match answer(question, what) {
                Some(answer) => {
                    place.insert(answer);
                }
                None => self.is_vague = true,
            }
        }
    }

    /// The notes as bytes; `None` where they would be of no use.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        if self.is_vague {
            return None;
        }
        let mut bytes = Vec::new();
        for ((question, what), answer) in &self.found {
            bytes.push(*question as u8);
            for part in [what, answer] {
                bytes.extend((part.len() as u32).to_le_bytes());
                bytes.extend(part);
            }
        }
        Some(bytes)
    }
}

/// Whether all would be answered as it was when `notes` were taken.
pub(crate) fn hold(notes: &[u8]) -> bool {
    let mut rest = notes;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let Some(note) = take(&mut rest) else {
            return false;
        };
        all.push(note);
    }
    // What lies at a path is asked after what it holds, and mostly answered with it.
    all.sort_by(|one, other| (one.1, one.0).cmp(&(other.1, other.0)));
    let holds = |all: &[Note<'_>]| {
        let mut known = None;
        all.iter().all(|&(question, what, expected)| {
            let answer = match known.take() {
                Some((path, metadata)) if path == what && question == Question::Type => {
                    Some(type_of(&metadata))
                }
                _ => answer_and_keep(question, what, &mut known),
            };
            answer.as_deref() == Some(expected)
        })
    };
    if all.len() < MANY {
        return holds(&all);
    }
    let (first, second) = all.split_at(all.len() / 2);
    thread::scope(|scope| {
        let second = scope.spawn(|| holds(second));
        holds(first) & second.join().unwrap_or(false)
    })
}

/// What notes are about.
pub(crate) enum Asked<'a> {
    /// What lies at a path.
    Type(&'a [u8]),
    /// More of a path.
    Path(&'a [u8]),
    /// A variable of the environment.
    Variable,
}

/// What was asked, one by one; `None` where the notes are damaged.
pub(crate) fn asked(notes: &[u8]) -> Option<Vec<Asked<'_>>> {
    let mut rest = notes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (question, what, _) = take(&mut rest)?;
        found.push(match question {
            Question::Type => Asked::Type(what),
            Question::Content | Question::Link => Asked::Path(what),
            Question::Variable => Asked::Variable,
        });
    }
    Some(found)
}

/// A question, what it is about, and the answer.
type Note<'a> = (Question, &'a [u8], &'a [u8]);

fn take<'a>(rest: &mut &'a [u8]) -> Option<Note<'a>> {
    let (&kind, after) = rest.split_first()?;
    *rest = after;
    let mut part = || {
        let (length, after) = rest.split_first_chunk()?;
        let (part, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        *rest = after;
        Some(part)
    };
    let (what, answer) = (part()?, part()?);
    Some((*QUESTIONS.get(usize::from(kind))?, what, answer))
}

/// The answer as it is now; `None` where there is no telling it from a later one.
fn answer(question: Question, what: &[u8]) -> Option<Vec<u8>> {
    answer_and_keep(question, what, &mut None)
}

/// The same. Keeps what the system says of a path where it says all that can be asked.
fn answer_and_keep<'a>(
    question: Question,
    what: &'a [u8],
    known: &mut Option<(&'a [u8], Metadata)>,
) -> Option<Vec<u8>> {
    let path = Path::new(OsStr::from_bytes(what));
    match question {
        Question::Content => match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => match fs::metadata(path) {
                Ok(metadata) => identity(&metadata),
                Err(error) => absent(&error),
            },
            Ok(metadata) => {
                let answer = identity(&metadata);
                *known = Some((what, metadata));
                answer
            }
            Err(error) => absent(&error),
        },
        Question::Type => match fs::symlink_metadata(path) {
            Ok(metadata) => Some(type_of(&metadata)),
            Err(error) => absent(&error),
        },
        Question::Link => match fs::read_link(path) {
            Ok(target) => Some(target.into_os_string().into_vec()),
            Err(error) => absent(&error),
        },
        Question::Variable => Some(match std::env::var_os(OsStr::from_bytes(what)) {
            Some(value) => [b"=", &value.into_vec()[..]].concat(),
            None => Vec::new(),
        }),
    }
}

/// The kind of what lies at a path, and its owner's execute bit.
fn type_of(metadata: &Metadata) -> Vec<u8> {
    (metadata.mode() & 0o170_100).to_le_bytes().to_vec()
}

fn absent(error: &std::io::Error) -> Option<Vec<u8>> {
    let is_absent = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    is_absent.then(Vec::new)
}

/// What changes whenever somebody writes to a file, or adds to a folder or takes from it.
fn identity(metadata: &Metadata) -> Option<Vec<u8>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    if metadata.ctime() + SETTLED > i64::try_from(now).ok()? {
        return None;
    }
    let numbers = [
        i64::from_ne_bytes(metadata.dev().to_ne_bytes()),
        i64::from_ne_bytes(metadata.ino().to_ne_bytes()),
        i64::from_ne_bytes(metadata.size().to_ne_bytes()),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ];
    Some(
        numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::thread::sleep;
    use std::time::Duration;

    type Change = fn(&Path);

    /// Notes of everything in a folder, which hold until `change` is made.
    fn is_noticed(change: Change) -> bool {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("file"), "text").unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink("file", at("link")).unwrap();
        sleep(Duration::from_millis(3100));
        let mut notes = Notes::default();
        let bytes = |name: &str| at(name).into_os_string().into_vec();
        notes.content(&bytes("file"));
        notes.content(&bytes("folder"));
        notes.content(&bytes("link"));
        notes.file_type(&bytes("absent"));
        notes.file_type(&bytes("file"));
        notes.link(&bytes("link"));
        let notes = notes.to_bytes().unwrap();
        assert!(hold(&notes));
        change(place.path());
        !hold(&notes)
    }

    #[test]
    fn every_change_is_noticed() {
        let changes: [(&str, Change); 9] = [
            ("written", |at| fs::write(at.join("file"), "next").unwrap()),
            ("same text again", |at| {
                fs::write(at.join("file"), "text").unwrap();
            }),
            ("removed", |at| fs::remove_file(at.join("file")).unwrap()),
            ("added below", |at| {
                fs::write(at.join("folder/new"), "").unwrap();
            }),
            ("made", |at| fs::write(at.join("absent"), "").unwrap()),
            ("made a folder", |at| {
                fs::remove_file(at.join("file")).unwrap();
                fs::create_dir(at.join("file")).unwrap();
            }),
            ("executable", |at| {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                fs::set_permissions(at.join("file"), mode).unwrap();
            }),
            ("link led elsewhere", |at| {
                fs::remove_file(at.join("link")).unwrap();
                symlink("folder", at.join("link")).unwrap();
            }),
            ("swapped", |at| {
                fs::write(at.join("other"), "text").unwrap();
                fs::rename(at.join("other"), at.join("file")).unwrap();
            }),
        ];
        std::thread::scope(|scope| {
            for (name, change) in changes {
                scope.spawn(move || assert!(is_noticed(change), "{name}"));
            }
            scope.spawn(|| assert!(!is_noticed(|_| ())));
        });
    }

    #[test]
    fn what_was_just_written_is_not_noted() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "text").unwrap();
        let mut notes = Notes::default();
        notes.content(file.as_os_str().as_bytes());
        assert!(notes.to_bytes().is_none());
    }

    #[test]
    fn notes_that_were_cut_off_do_not_hold() {
        let mut notes = Notes::default();
        notes.file_type(b"/");
        notes.variable(b"COOP_NO_SUCH_VARIABLE");
        let bytes = notes.to_bytes().unwrap();
        assert!(hold(&bytes));
        for length in 1..bytes.len() {
            let is_between = bytes[..length].len() == 1 + 4 + 1 + 4 + 4;
            assert_eq!(hold(&bytes[..length]), is_between, "{length}");
        }
    }
}
