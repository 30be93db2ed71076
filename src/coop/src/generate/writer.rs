//! Writing a tree: polite to hand edits, and never half-way.
//!
//! New files are written in full below `.coop/new`. Then a journal says what will be renamed and
//! deleted; from that moment the new tree is what counts, and whoever comes next finishes it. A
//! kill before leaves the old tree, a kill after is finished by the next run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{Generated, Tree};

const MANIFEST: &str = ".coop/manifest.json";
const STAGING: &str = ".coop/new";
/// How many files are written at once.
const WRITERS: usize = 16;
const JOURNAL: &str = ".coop/journal.json";

/// Why a tree cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system refused.
    #[error("{path} cannot be written")]
    System {
        /// Which file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file of coop's own was damaged.
    #[error("{0} is not what coop writes; take it from version control again, or delete it")]
    Damaged(&'static str),
}

/// What becomes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not there yet.
    Create,
    /// It is there with another content, and coop wrote that.
    Change,
    /// Coop wrote it and it is no longer wanted.
    Delete,
    /// Somebody edited it.
    EditedByHand,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// SHA-256 of the model that the files came from.
    #[serde(default)]
    model: String,
    /// SHA-256 of each file, in hexadecimal.
    files: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    rename: Vec<String>,
    delete: Vec<String>,
}

/// What writing a tree would do.
pub struct Plan {
    folder: PathBuf,
    tree: Tree,
    actions: BTreeMap<String, Action>,
}

impl Plan {
    /// Compares a tree with what is in a folder. Finishes first what a killed run began. `model` is
    /// what the tree came from, in any unambiguous form.
    ///
    /// # Errors
    /// Where the folder cannot be read, or coop's own records there are damaged.
    pub fn new(folder: &Path, generated: Generated, model: &str) -> Result<Self, WriteError> {
        let mut tree = generated.files;
        finish(folder)?;
        let known = manifest(folder)?;
        let mut actions = BTreeMap::new();
        for (path, text) in &tree {
            // The lock is coop's memory: its old content is part of what made the new one.
            let own = path == "coop.lock";
            match read(folder, path)? {
                None => {
                    actions.insert(path.clone(), Action::Create);
                }
                Some(old) if old == text.as_bytes() => {}
                Some(old) if own || known.files.get(path) == Some(&hash(&old)) => {
                    actions.insert(path.clone(), Action::Change);
                }
                Some(_) => {
                    actions.insert(path.clone(), Action::EditedByHand);
                }
            }
        }
        for (path, sum) in &known.files {
            if tree.contains_key(path) {
                continue;
            }
            if let Some(old) = read(folder, path)? {
                let untouched = hash(&old) == *sum;
                actions.insert(
                    path.clone(),
                    if untouched {
                        Action::Delete
                    } else {
                        Action::EditedByHand
                    },
                );
            }
        }
        let files = tree
            .iter()
            .filter(|(path, _)| *path != "coop.lock")
            .map(|(path, text)| (path.clone(), hash(text.as_bytes())))
            .collect();
        let mut record = serde_json::to_string_pretty(&Manifest {
            model: hash(model.as_bytes()),
            files,
        })
        .unwrap_or_default();
        record.push('\n');
        match read(folder, MANIFEST)? {
            None => {
                actions.insert(MANIFEST.into(), Action::Create);
            }
            Some(old) if old == record.as_bytes() => {}
            Some(_) => {
                actions.insert(MANIFEST.into(), Action::Change);
            }
        }
        tree.insert(MANIFEST.into(), record);
        // Not in the manifest: once written they are not coop's.
        for (path, text) in generated.seeds {
            if read(folder, &path)?.is_none() {
                actions.insert(path.clone(), Action::Create);
                tree.insert(path, text);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            tree,
            actions,
        })
    }

    /// Each file that something becomes of.
    #[must_use]
    pub fn actions(&self) -> &BTreeMap<String, Action> {
        &self.actions
    }

    /// A file's old and new text.
    #[must_use]
    pub fn texts(&self, path: &str) -> (String, &str) {
        let old = read(&self.folder, path).ok().flatten().unwrap_or_default();
        let new = self.tree.get(path).map_or("", String::as_str);
        (String::from_utf8_lossy(&old).into_owned(), new)
    }

    /// Does it, files edited by hand included: whoever calls has asked.
    ///
    /// # Errors
    /// Where the system refuses. The old tree then still stands.
    pub fn write(&self) -> Result<(), WriteError> {
        if self.actions.is_empty() {
            return Ok(());
        }
        let mut journal = Journal {
            rename: Vec::new(),
            delete: Vec::new(),
        };
        let mut staged = Vec::new();
        for path in self.actions.keys() {
            if let Some(text) = self.tree.get(path) {
                staged.push((format!("{STAGING}/{path}"), text));
                journal.rename.push(path.clone());
            } else {
                journal.delete.push(path.clone());
            }
        }
        self.stage(&staged)?;
        let text = serde_json::to_string(&journal).unwrap_or_default();
        // Below the staging folder, so that a draft is cleared away with it.
        let draft = format!("{STAGING}/.journal");
        store(&self.folder, &draft, text.as_bytes())?;
        rename(&self.folder, &draft, JOURNAL)?;
        finish(&self.folder)
    }
}

impl Plan {
    /// Writes files side by side: each waits for the disk, and the disk takes many at once.
    fn stage(&self, files: &[(String, &String)]) -> Result<(), WriteError> {
        let each = files.len().div_ceil(WRITERS).max(1);
        std::thread::scope(|scope| {
            let store_all = |part: &[(String, &String)]| {
                part.iter()
                    .try_for_each(|(path, text)| store(&self.folder, path, text.as_bytes()))
            };
            let writers: Vec<_> = files
                .chunks(each)
                .map(|part| scope.spawn(move || store_all(part)))
                .collect();
            writers.into_iter().try_for_each(|writer| {
                writer
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }
}

/// Does what a journal says, or clears away what a killed run had not yet decided.
fn finish(folder: &Path) -> Result<(), WriteError> {
    if let Some(text) = read(folder, JOURNAL)? {
        let journal: Journal =
            serde_json::from_slice(&text).map_err(|_| WriteError::Damaged(JOURNAL))?;
        let inside =
            |path: &String| !path.starts_with('/') && path.split('/').all(|part| part != "..");
        if !journal.rename.iter().chain(&journal.delete).all(inside) {
            return Err(WriteError::Damaged(JOURNAL));
        }
        for path in &journal.rename {
            let staged = format!("{STAGING}/{path}");
            if folder.join(&staged).exists() {
                make_room(folder, path)?;
                rename(folder, &staged, path)?;
            }
        }
        for path in &journal.delete {
            absent_is_fine(path, fs::remove_file(folder.join(path)))?;
        }
        let before: BTreeSet<_> = journal
            .delete
            .iter()
            .filter_map(|path| path.rsplit_once('/'))
            .collect();
        for (parent, _) in before {
            // Only an empty folder goes; what people put there stays.
            let _ = fs::remove_dir(folder.join(parent));
        }
    }
    absent_is_fine(STAGING, fs::remove_dir_all(folder.join(STAGING)))?;
    absent_is_fine(JOURNAL, fs::remove_file(folder.join(JOURNAL)))
}

fn manifest(folder: &Path) -> Result<Manifest, WriteError> {
    match read(folder, MANIFEST)? {
        None => Ok(Manifest::default()),
        Some(text) => serde_json::from_slice(&text).map_err(|_| WriteError::Damaged(MANIFEST)),
    }
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn refused(path: &str) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::System { path, source }
}

fn absent_is_fine(path: &str, result: io::Result<()>) -> Result<(), WriteError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(path)(error)),
        _ => Ok(()),
    }
}

fn read(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, WriteError> {
    match fs::read(folder.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(path)(error)),
    }
}

fn make_room(folder: &Path, path: &str) -> Result<(), WriteError> {
    let parent = folder.join(path);
    parent
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .map_err(refused(path))
}

fn store(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
    make_room(folder, path)?;
    let write = || {
        let mut file = File::create(folder.join(path))?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(refused(path))
}

fn rename(folder: &Path, from: &str, to: &str) -> Result<(), WriteError> {
    fs::rename(folder.join(from), folder.join(to)).map_err(refused(to))
}
