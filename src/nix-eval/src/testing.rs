//! A world in memory, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use nix_store::hash::{Algorithm, Hash};

use crate::path;
use crate::world::{FetchRequest, Fetched, FileType, Reader, Saved, Saving, World};

/// Files and images in memory. What is below a path makes a folder of it.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) files: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Which of the files may be executed.
    pub(crate) executable: BTreeSet<Vec<u8>>,
    /// Symbolic links, and where they lead.
    pub(crate) links: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) images: Images,
    /// Values that were saved.
    pub(crate) values: Images,
    /// What was said.
    pub(crate) said: Arc<Mutex<Vec<String>>>,
    /// The files that were read.
    pub(crate) read: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Whether it takes a reader's word for what was in a file.
    pub(crate) trusts_readers: bool,
    /// What was asked since notes are taken.
    pub(crate) notes: Option<BTreeSet<(Question, Vec<u8>)>>,
}

pub(crate) type Images = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// What was asked of a path, as notes have it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Question {
    /// What a file holds, or which names a folder.
    Content,
    /// What lies there.
    Type,
    /// Where a link leads.
    Link,
}

const QUESTIONS: [Question; 3] = [Question::Content, Question::Type, Question::Link];

impl Memory {
    /// The same files, and nothing that was saved.
    pub(crate) fn fresh(&self) -> Self {
        Self {
            files: self.files.clone(),
            executable: self.executable.clone(),
            links: self.links.clone(),
            ..Self::default()
        }
    }

    fn note(&mut self, question: Question, path: &[u8]) {
        if let Some(notes) = &mut self.notes {
            notes.insert((question, path.to_vec()));
        }
    }

    fn answers(&self, notes: &BTreeSet<(Question, Vec<u8>)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (question, path) in notes {
            let answer = match question {
                Question::Content => {
                    let at = self.links.get(path).unwrap_or(path);
                    format!("{:?} {:?}", self.files.get(at), self.names_in(at))
                }
                Question::Type => format!("{:?}", self.type_at(path)),
                Question::Link => format!("{:?}", self.links.get(path)),
            };
            bytes.extend(format!("{question:?} {path:?} {answer}\n").into_bytes());
        }
        bytes
    }

    fn type_at(&self, path: &[u8]) -> Option<FileType> {
        if self.links.contains_key(path) {
            Some(FileType::Symlink)
        } else if self.files.contains_key(path) {
            let executable = self.executable.contains(path);
            Some(FileType::Regular { executable })
        } else {
            (!self.names_in(path).is_empty()).then_some(FileType::Directory)
        }
    }

    /// The names in a folder, and what they are; whether a file may be executed is not listed.
    fn names_in(&self, folder: &[u8]) -> BTreeMap<Vec<u8>, FileType> {
        let inside = path::join(folder, b"");
        let all = self.files.keys().chain(self.links.keys());
        let below = all.filter_map(|path| path.strip_prefix(&inside[..]));
        let first = |below: &[u8]| below.split(|&byte| byte == b'/').next().map(<[u8]>::to_vec);
        let names: BTreeSet<Vec<u8>> = below.filter_map(first).collect();
        let kind = |name: Vec<u8>| {
            let kind = match self.type_at(&path::join(folder, &name))? {
                FileType::Regular { .. } => FileType::Regular { executable: false },
                kind => kind,
            };
            Some((name, kind))
        };
        names.into_iter().filter_map(kind).collect()
    }
}

pub(crate) struct Image(pub(crate) Vec<u8>);

impl Saved for Image {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.saturating_add(buffer.len());
        let bytes = self.0.get(start..end);
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn hash(&self) -> Option<[u8; 32]> {
        let hash = Hash::of(Algorithm::Sha256, &self.0);
        hash.bytes().try_into().ok()
    }
}

struct NewImage {
    images: Images,
    name: String,
    bytes: Vec<u8>,
}

impl Saving for NewImage {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>, first: &[u8], last: &[u8]) -> io::Result<()> {
        let whole = [first, &self.bytes[first.len()..], last].concat();
        self.images.lock().unwrap().insert(self.name, whole);
        Ok(())
    }
}

struct Files(BTreeMap<Vec<u8>, Vec<u8>>);

impl Reader for Files {
    fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
}

impl World for Memory {
    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.note(Question::Content, path);
        self.read.lock().unwrap().push(path.to_vec());
        let at = self.links.get(path).map_or(path, |target| target);
        let text = self.files.get(at).cloned();
        text.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_type(&mut self, path: &[u8]) -> io::Result<Option<FileType>> {
        self.note(Question::Type, path);
        Ok(self.type_at(path))
    }

    fn read_dir(&mut self, path: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        self.note(Question::Content, path);
        Ok(self.names_in(path).into_iter().collect())
    }

    fn read_link(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.note(Question::Link, path);
        let target = self.links.get(path).cloned();
        target.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn variable(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&mut self) -> i64 {
        1_700_000_000
    }

    fn say(&mut self, message: &[u8]) {
        let message = String::from_utf8_lossy(message).into_owned();
        self.said.lock().unwrap().push(message);
    }

    fn fetch(&mut self, _: &FetchRequest) -> Result<Fetched, String> {
        Err("there is no network here".to_owned())
    }

    fn saved(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        let images = self.images.lock().unwrap();
        let bytes = images.get(name)?.clone();
        Some(Box::new(Image(bytes)))
    }

    fn saving(&mut self, name: &str) -> Option<Box<dyn Saving>> {
        Some(Box::new(NewImage {
            images: self.images.clone(),
            name: name.to_owned(),
            bytes: Vec::new(),
        }))
    }

    fn reader(&mut self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Files(self.files.clone())))
    }

    fn was_read_ahead(&mut self, _: &[u8]) -> bool {
        self.trusts_readers
    }

    fn saved_values(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        let values = self.values.lock().unwrap();
        let bytes = values.get(name)?.clone();
        Some(Box::new(Image(bytes)))
    }

    fn save_values(&mut self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let mut values = self.values.lock().unwrap();
        values.insert(name.to_owned(), parts.concat());
        Ok(())
    }

    fn start_notes(&mut self) {
        self.notes = Some(BTreeSet::new());
    }

    fn take_notes(&mut self) -> Option<Vec<u8>> {
        let notes = self.notes.take()?;
        let mut bytes = Vec::new();
        for (question, path) in &notes {
            bytes.push(*question as u8);
            bytes.extend(path);
            bytes.push(0);
        }
        bytes.push(b'\n');
        bytes.extend(self.answers(&notes));
        Some(bytes)
    }

    fn is_as_noted(&mut self, notes: &[u8]) -> bool {
        let end = notes.iter().position(|&byte| byte == b'\n').unwrap_or(0);
        let mut set = BTreeSet::new();
        let mut rest = &notes[..end];
        while let Some((&question, after)) = rest.split_first() {
            let length = after
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(after.len());
            let question = QUESTIONS[usize::from(question)];
            set.insert((question, after[..length].to_vec()));
            rest = after.get(length + 1..).unwrap_or_default();
        }
        notes[end + 1..] == self.answers(&set)
    }
}
