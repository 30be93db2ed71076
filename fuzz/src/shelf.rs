//! A world of a few files, with what evaluations save as it was saved, or damaged.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use nix_eval::position::Origin;
use nix_eval::world::{FetchRequest, Fetched, FileType, Reader, Saved, Saving, World};
use nix_eval::{Evaluator, Settings, print, with_stack};

/// Files, and what was saved.
#[derive(Clone, Default)]
pub struct Shelf {
    /// Files by path.
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Parsed files.
    pub parsed: Arc<Mutex<Option<Vec<u8>>>>,
    /// Values.
    pub values: Arc<Mutex<Option<Vec<u8>>>>,
}

/// Bytes as somebody saved them.
pub struct Bytes(pub Vec<u8>);

impl Saved for Bytes {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = self.0.get(start..start.saturating_add(buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn length(&self) -> u64 {
        self.0.len() as u64
    }
}

struct New {
    kept: Arc<Mutex<Option<Vec<u8>>>>,
    bytes: Vec<u8>,
}

impl Saving for New {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>, first: &[u8], last: &[u8]) -> io::Result<()> {
        keep(&self.kept, &[first, &self.bytes[first.len()..], last])
    }
}

struct Files(BTreeMap<Vec<u8>, Vec<u8>>);

impl Reader for Files {
    fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
}

fn open(kept: &Mutex<Option<Vec<u8>>>) -> Option<Box<dyn Saved>> {
    let bytes = kept.lock().expect("no panic before").clone()?;
    Some(Box::new(Bytes(bytes)))
}

fn keep(kept: &Mutex<Option<Vec<u8>>>, parts: &[&[u8]]) -> io::Result<()> {
    *kept.lock().expect("no panic before") = Some(parts.concat());
    Ok(())
}

impl World for Shelf {
    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        let text = self.files.get(path).cloned();
        text.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_type(&mut self, path: &[u8]) -> io::Result<Option<FileType>> {
        let file = self.files.contains_key(path);
        Ok(file.then_some(FileType::Regular { executable: false }))
    }

    fn read_dir(&mut self, _: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn read_link(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn variable(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&mut self) -> i64 {
        0
    }

    fn say(&mut self, _: &[u8]) {}

    fn fetch(&mut self, request: &FetchRequest) -> Result<Fetched, String> {
        Err(format!("there is no {}", request.url))
    }

    fn saved(&mut self, _: &str) -> Option<Box<dyn Saved>> {
        open(&self.parsed)
    }

    fn saving(&mut self, _: &str) -> Option<Box<dyn Saving>> {
        let kept = self.parsed.clone();
        let bytes = Vec::new();
        Some(Box::new(New { kept, bytes }))
    }

    fn reader(&mut self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Files(self.files.clone())))
    }

    fn saved_values(&mut self, _: &str) -> Option<Box<dyn Saved>> {
        open(&self.values)
    }

    fn save_values(&mut self, _: &str, parts: &[&[u8]]) -> io::Result<()> {
        keep(&self.values, parts)
    }

    fn take_notes(&mut self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }

    // Values are believed where nobody wrote to their file, which is not told here: they are read, and
    // then found to be out of date.
    fn is_as_noted(&mut self, _: &[u8]) -> bool {
        false
    }
}

impl Shelf {
    /// What a program gives, or its error; what there is to save is saved.
    ///
    /// # Panics
    /// Where the machine has no thread or no address space left.
    #[must_use]
    pub fn evaluate(&self, program: &str) -> String {
        let mut world = self.clone();
        let (text, unsaved, unshared) = with_stack(|| {
            let settings = Settings::default();
            let mut evaluator =
                Evaluator::new(settings, Box::new(world.clone())).expect("address space");
            evaluator.start_on_this_stack();
            evaluator.share_calls("");
            let value = evaluator
                .eval_text(program.as_bytes(), Origin::String, b"/")
                .and_then(|value| evaluator.force_deep(value))
                .and_then(|value| print::nix(&mut evaluator, value));
            let text = match value {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(raised) => evaluator.take_error(raised).message,
            };
            (text, evaluator.take_unsaved(), evaluator.take_unshared())
        })
        .expect("a thread")
        .expect("room");
        if let Some(unsaved) = unsaved {
            unsaved.save(&mut world).expect("memory");
        }
        if let Some(unshared) = unshared {
            unshared.save(|| world.clone()).expect("memory");
        }
        text
    }
}

/// A program, what it gives, and what its evaluation saves.
pub struct Whole {
    program: &'static str,
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    part: Part,
    saved: Vec<u8>,
    expected: String,
}

/// The part of a shelf where something is saved.
pub type Part = fn(&Shelf) -> &Mutex<Option<Vec<u8>>>;

impl Whole {
    /// Evaluates `program`, which reads the file `path`.
    ///
    /// # Panics
    /// Where that saves nothing in `part`.
    #[must_use]
    pub fn new(program: &'static str, path: &[u8], text: Vec<u8>, part: Part) -> Self {
        let mut shelf = Shelf::default();
        shelf.files.insert(path.to_vec(), text);
        let expected = shelf.evaluate(program);
        let saved = part(&shelf).lock().expect("no panic before").take();
        Self {
            program,
            files: shelf.files,
            part,
            saved: saved.expect("enough to save"),
            expected,
        }
    }

    /// The program gives the same with what was saved, damaged as `input` says.
    ///
    /// # Panics
    /// Where it does not.
    pub fn check(&self, input: &[u8]) {
        let shelf = Shelf {
            files: self.files.clone(),
            ..Shelf::default()
        };
        *(self.part)(&shelf).lock().expect("no panic before") = Some(damaged(&self.saved, input));
        assert!(shelf.evaluate(self.program) == self.expected);
    }
}

/// Bytes as they were, less those that `input` says are cut off at the end, and with others in the
/// places that it names; or what `input` is itself.
#[must_use]
pub fn damaged(whole: &[u8], input: &[u8]) -> Vec<u8> {
    let Some((&kind, rest)) = input.split_first() else {
        return whole.to_vec();
    };
    if kind == 0 {
        return [whole.get(..8).unwrap_or_default(), rest].concat();
    }
    let mut bytes = whole.to_vec();
    if kind % 2 == 0 {
        let length = bytes.len();
        bytes.truncate(length - usize::from(kind).min(length));
    }
    for edit in rest.chunks_exact(4) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize;
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= edit[3];
        }
    }
    bytes
}
