//! The outside world: the one trait through which the evaluator reads files, directories and the
//! environment, and says something before it has an answer. Tests run on trees in memory.

use std::io;

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

    /// A line for whoever watches: `trace`, `warn` and the evaluator's own warnings.
    fn say(&mut self, message: &[u8]);

    /// Source text that a program of the language asks for from elsewhere.
    ///
    /// # Errors
    /// With a sentence on why it cannot be had.
    fn fetch(&mut self, request: &FetchRequest) -> Result<Fetched, String>;
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
