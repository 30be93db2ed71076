//! A world in memory, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use crate::world::{FetchRequest, Fetched, FileType, Reader, Saved, Saving, World};

/// Files and images in memory.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) files: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) images: Images,
    /// Values that were saved.
    pub(crate) values: Images,
    /// What was said.
    pub(crate) said: Arc<Mutex<Vec<String>>>,
    /// What was asked since notes are taken: whether for what a file holds, and where it is.
    pub(crate) notes: Option<BTreeSet<(bool, Vec<u8>)>>,
}

pub(crate) type Images = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

impl Memory {
    fn note(&mut self, content: bool, path: &[u8]) {
        if let Some(notes) = &mut self.notes {
            notes.insert((content, path.to_vec()));
        }
    }

    fn answers(&self, notes: &BTreeSet<(bool, Vec<u8>)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (content, path) in notes {
            let answer = self.files.get(path).map(|text| content.then_some(text));
            bytes.extend(format!("{content} {path:?} {answer:?}\n").into_bytes());
        }
        bytes
    }
}

struct Image(Vec<u8>);

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
        let whole = [first, &self.bytes, last].concat();
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
        self.note(true, path);
        let text = self.files.get(path).cloned();
        text.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_type(&mut self, path: &[u8]) -> io::Result<Option<FileType>> {
        self.note(false, path);
        let is_file = self.files.contains_key(path);
        Ok(is_file.then_some(FileType::Regular { executable: false }))
    }

    fn read_dir(&mut self, _: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        Ok(Vec::new())
    }

    fn read_link(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
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
        for (content, path) in &notes {
            bytes.push(u8::from(*content));
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
        while let Some((&content, after)) = rest.split_first() {
            let length = after
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(after.len());
            set.insert((content == 1, after[..length].to_vec()));
            rest = after.get(length + 1..).unwrap_or_default();
        }
        notes[end + 1..] == self.answers(&set)
    }
}
