//! The files a fleet was read from, and places in them.

use std::path::{Path, PathBuf};

/// Which of the fleet's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A place in one of the fleet's files: a range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Origin {
    /// A range of bytes in a file.
    #[must_use]
    pub fn new(file: FileId, span: &std::ops::Range<usize>) -> Self {
        Self {
            file,
            start: span.start as u32,
            end: span.end as u32,
        }
    }
}

#[derive(Clone)]
struct SourceFile {
    path: PathBuf,
    text: String,
}

/// All files that were read, by number.
#[derive(Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file; `path` is how messages call it, relative to the fleet's folder.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) -> FileId {
        self.files.push(SourceFile {
            path: path.into(),
            text,
        });
        FileId(self.files.len() as u32 - 1)
    }

    /// How messages call the file.
    #[must_use]
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].path
    }

    /// The file's whole text.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// Line and column of the first byte, both from 1; columns count characters.
    #[must_use]
    pub fn position(&self, at: Origin) -> (usize, usize) {
        let text = self.text(at.file);
        let mut offset = (at.start as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// The place as `file:line`.
    #[must_use]
    pub fn describe(&self, at: Origin) -> String {
        format!("{}:{}", self.path(at.file).display(), self.position(at).0)
    }

    /// Every file with its number, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files
            .iter()
            .map(|file| (file.path.as_path(), file.text.as_str()))
    }
}
