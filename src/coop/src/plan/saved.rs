//! A plan in a file: the files that make up a fleet, and its hosts as they were evaluated.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::snapshot::Host;
use crate::fleet::{self, Files, Fleet};

/// The form of the file; another one is refused.
const VERSION: u32 = 1;

/// What a file holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    version: u32,
    /// The commit that was checked out, if any; what was not committed is in it all the same.
    pub(crate) commit: Option<String>,
    /// The fleet's files by path.
    files: BTreeMap<String, String>,
    pub(crate) hosts: BTreeMap<String, Host>,
}

/// Why a file is no saved plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedError {
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("it is no saved plan: {0}")]
    Form(#[from] serde_json::Error),
    #[error("it is a saved plan of form {0}, and this coop reads form {VERSION}")]
    Version(u32),
}

impl Saved {
    /// Puts together what is to be saved.
    pub(crate) fn new(
        files: BTreeMap<String, String>,
        hosts: BTreeMap<String, Host>,
        commit: Option<String>,
    ) -> Self {
        Self {
            version: VERSION,
            commit,
            files,
            hosts,
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, SavedError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let text = std::fs::read_to_string(path)?;
        let head: Head = serde_json::from_str(&text)?;
        if head.version != VERSION {
            return Err(SavedError::Version(head.version));
        }
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        std::fs::write(path, text + "\n")
    }

    /// The fleet as it was.
    pub(crate) fn fleet(&self) -> Fleet {
        fleet::load(self)
    }
}

impl Files for Saved {
    fn read(&self, path: &str) -> io::Result<String> {
        let text = self.files.get(path).cloned();
        text.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let names = self.files.keys().filter_map(|path| match folder {
            "." => Some(path.as_str()),
            folder => path.strip_prefix(folder)?.strip_prefix('/'),
        });
        names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }
}

/// Files, and which of them were read.
pub(crate) struct Noting<'a> {
    inner: &'a dyn Files,
    read: RefCell<BTreeMap<String, String>>,
}

impl<'a> Noting<'a> {
    pub(crate) fn new(inner: &'a dyn Files) -> Self {
        Self {
            inner,
            read: RefCell::default(),
        }
    }

    /// What was read.
    pub(crate) fn files(self) -> BTreeMap<String, String> {
        self.read.into_inner()
    }
}

impl Files for Noting<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        let text = self.inner.read(path)?;
        let mut read = self.read.borrow_mut();
        read.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.inner.list(folder)
    }
}
