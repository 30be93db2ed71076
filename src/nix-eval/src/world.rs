//! The outside world: the one trait through which the evaluator reads files, directories and the
//! environment, and says something before it has an answer. Tests run on trees in memory.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::BorrowedFd;

use nix_store::StorePath;

use crate::eval::StoreContent;

/// What lies at a path, without following a symbolic link there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileType {
    /// A file; whether its owner may execute it.
    Regular {
        /// The owner's execute bit.
        executable: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Anything else: socket, device, pipe.
    Unknown,
}

/// Files, environment and messages. Paths are absolute and normalised.
pub trait World {
    /// The contents of a file, links followed.
    ///
    /// # Errors
    /// As the system reports them.
    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>>;

    /// What lies at `path`, or `None` where nothing does. Links on the way are followed.
    ///
    /// # Errors
    /// As the system reports them, except for what is absent.
    fn file_type(&mut self, path: &[u8]) -> io::Result<Option<FileType>>;

    /// The names in a directory with their types, in any order.
    ///
    /// # Errors
    /// As the system reports them.
    fn read_dir(&mut self, path: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>>;

    /// Where a symbolic link points.
    ///
    /// # Errors
    /// As the system reports them.
    fn read_link(&mut self, path: &[u8]) -> io::Result<Vec<u8>>;

    /// A variable of the environment.
    fn variable(&mut self, name: &[u8]) -> Option<Vec<u8>>;

    /// Seconds since 1970.
    fn now(&mut self) -> i64;

    /// The same for what is kept between evaluations: no value depends on it.
    fn time_of_saving(&mut self) -> i64 {
        self.now()
    }

    /// A line for whoever watches: `trace`, `warn` and the evaluator's own warnings.
    fn say(&mut self, message: &[u8]);

    /// What reads files of this world for another thread, where there is such a thing.
    fn reader(&mut self) -> Option<Box<dyn Reader>> {
        None
    }

    /// Notes that what a reader of this world read at `path` is used as if the world had read it now; `false`
    /// where it has to be read again.
    fn was_read_ahead(&mut self, path: &[u8]) -> bool {
        let _ = path;
        false
    }

    /// Source text that a program of the language asks for from elsewhere.
    ///
    /// # Errors
    /// With a sentence on why it cannot be had.
    fn fetch(&mut self, request: &FetchRequest) -> Result<Fetched, String>;

    /// What was saved under a name by an earlier evaluation, if it still is.
    fn saved(&mut self, _name: &str) -> Option<Box<dyn Saved>> {
        None
    }

    /// Saves something under a name for later evaluations, bit by bit; `None` where nothing is saved.
    fn saving(&mut self, _name: &str) -> Option<Box<dyn Saving>> {
        None
    }

    /// Values that were saved under a name, if every byte is as it was written.
    fn saved_values(&mut self, _name: &str) -> Option<Box<dyn Saved>> {
        None
    }

    /// Saves `parts`, one after the other, as the values of this name: whole, or not at all.
    ///
    /// # Errors
    /// As the system reports them; nothing depends on its success.
    fn save_values(&mut self, _name: &str, _parts: &[&[u8]]) -> io::Result<()> {
        Ok(())
    }

    /// Notes from here on what is read, listed, and found missing.
    fn start_notes(&mut self) {}

    /// What was read since [`Self::start_notes`], in the world's own words; `None` where it cannot
    /// be told later whether that would still be read.
    fn take_notes(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Whether all would be read again that [`Self::take_notes`] told of.
    fn is_as_noted(&mut self, _notes: &[u8]) -> bool {
        false
    }

    /// The attributes of a flake reference that is written as a URL.
    ///
    /// # Errors
    /// With a sentence on why it is none.
    fn parse_flake_ref(&mut self, text: &str) -> Result<InputAttributes, String> {
        Err(format!("no flakes are at hand to read '{text}'"))
    }

    /// A flake reference as a URL.
    ///
    /// # Errors
    /// With a sentence on why the attributes are none.
    fn show_flake_ref(&mut self, _: &InputAttributes) -> Result<String, String> {
        Err("no flakes are at hand".to_owned())
    }

    /// A source tree.
    ///
    /// # Errors
    /// With a sentence on why it cannot be had.
    fn fetch_tree(&mut self, _: &TreeRequest) -> Result<Tree, String> {
        Err("no sources are at hand".to_owned())
    }

    /// A flake with all of its inputs, locked.
    ///
    /// # Errors
    /// With a sentence on why it cannot be had.
    fn lock_flake(&mut self, reference: &str, _pure: bool) -> Result<LockedFlake, String> {
        Err(format!("no flakes are at hand to fetch '{reference}'"))
    }
}

/// Reads files ahead of when they are asked for. What it reads is believed only where the world says so
/// ([`World::was_read_ahead`]), or reads the same.
pub trait Reader: Send {
    /// The contents of a file; `None` where it cannot say.
    fn read(&self, path: &[u8]) -> Option<Vec<u8>>;
}

/// Bytes that were saved. Nothing is believed of them: they may have been cut off or changed.
pub trait Saved: Send {
    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// Where there are fewer, and as the system reports them.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// How many bytes there are.
    fn length(&self) -> u64;

    /// The file that holds them from its start, where one does.
    fn file(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// A hash of all of them, where it was checked.
    fn hash(&self) -> Option<[u8; 32]> {
        None
    }
}

/// Something that is being saved. It has no name, and is gone with its owner, until all of it is there.
pub trait Saving: Send {
    /// Adds bytes.
    ///
    /// # Errors
    /// As the system reports them.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Saves all that was added, with `first` in place of as many bytes at its beginning, and `last` behind it.
    ///
    /// # Errors
    /// As the system reports them; nothing depends on its success.
    fn finish(self: Box<Self>, first: &[u8], last: &[u8]) -> io::Result<()>;
}

/// One attribute of a source: Nix's `fetchers::Attr`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum InputAttribute {
    /// A string.
    Text(String),
    /// An integer, never negative.
    Number(u64),
    /// A Boolean.
    Truth(bool),
}

/// The attributes of a source, by name.
pub type InputAttributes = BTreeMap<String, InputAttribute>;

/// What names a source tree.
pub enum TreeSource {
    /// Its attributes.
    Attributes(InputAttributes),
    /// A URL.
    Url(String),
}

/// What `fetchTree` and `fetchGit` ask for.
pub struct TreeRequest {
    /// Which tree.
    pub source: TreeSource,
    /// The builtin that asks, for messages.
    pub builtin: &'static str,
    /// Whether only what is locked may be fetched.
    pub pure: bool,
    /// Whether the experimental feature `flakes` is on.
    pub flakes: bool,
    /// Whether the attributes come from a lock file, so that nothing may be added to them.
    pub is_final: bool,
}

/// A source tree that was fetched.
#[derive(Clone)]
pub struct Tree {
    /// Its place in the store.
    pub store_path: StorePath,
    /// Where its files are; `None` where they are in the store.
    pub content: Option<StoreContent>,
    /// Its attributes, `narHash` among them.
    pub attributes: InputAttributes,
}

/// A flake that can be called.
#[derive(Clone)]
pub struct LockedFlake {
    /// A function in the language, of the lock file's text, the trees and a fetching builtin.
    pub program: &'static [u8],
    /// The text of the lock file.
    pub lock: String,
    /// The trees that are at hand, by node of the lock file, each with the flake's folder in it.
    pub trees: Vec<(String, Tree, String)>,
    /// The node whose tree may not show a revision, because its lock file had to be changed.
    pub dirty_node: Option<String>,
    /// The node whose tree has a path that is hidden: evaluation goes on under another one, and
    /// notes whether it was seen.
    pub hidden_node: Option<String>,
}

/// What `fetchurl`, `fetchTarball` and their kin ask for.
pub struct FetchRequest {
    /// Where it is.
    pub url: String,
    /// Whether it is an archive to be unpacked.
    pub unpack: bool,
    /// The name of the store path.
    pub name: String,
    /// The hash it must have, as SRI: of the file, or of the unpacked tree as NAR.
    pub hash: Option<String>,
}

/// What was fetched.
pub struct Fetched {
    /// Where the language may read it.
    pub path: Vec<u8>,
}
