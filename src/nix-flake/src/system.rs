//! The real world: this machine's files and environment, behind the evaluator's one trait. No
//! other file of the evaluator touches the file system.

use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_eval::world::{
    FetchRequest, Fetched, FileType, InputAttributes, LockedFlake, Reader, Saved, Saving, Tree,
    TreeRequest, TreeSource, World,
};

use crate::error::{Error, Result};
use crate::fetch::{Fetcher, download, tarball};
use crate::input::{Attributes, FINAL, Input};
use crate::listing::{Lister, file_type};
use crate::lock::{LockOptions, lock_flake};
use crate::memory;
use crate::notes::{self, Notes};
use crate::reference::{FlakeRef, ParseOptions};
use crate::registry::Lookup;
use crate::saved;
use crate::shelf::VALUES;
use crate::url::{Grammar, Url};
use crate::values::{self, Written};

/// Files, variables and standard error of this process, and what it fetched.
#[derive(Default)]
pub struct System {
    /// Fetches sources.
    pub fetcher: Fetcher,
    /// Whether nothing is said on standard error.
    pub is_quiet: bool,
    lister: Lister,
    notes: Option<Notes>,
}

impl System {
    /// This machine with what was fetched already.
    #[must_use]
    pub fn new(fetcher: Fetcher, is_quiet: bool) -> Self {
        Self {
            fetcher,
            is_quiet,
            lister: Lister::default(),
            notes: None,
        }
    }

    /// Notes that a path is asked for.
    fn note_path(&mut self, at: &[u8], note: impl FnOnce(&mut Notes)) {
        self.fetcher.touch(at);
        self.note(note);
    }

    fn note(&mut self, note: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &mut self.notes {
            note(notes);
        }
    }

    /// Says what has come up while fetching.
    pub fn tell_warnings(&mut self) {
        for warning in std::mem::take(&mut self.fetcher.warnings) {
            self.say(format!("warning: {warning}").as_bytes());
        }
    }
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Longest text of something that is no regular file and so has no size: it may never end.
const UNSIZED_LIMIT: u64 = 256 << 20;

fn read_bounded(at: &Path) -> io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(at)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let mut bytes = Vec::new();
        file.take(UNSIZED_LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > UNSIZED_LIMIT {
            return Err(io::Error::other("it is no file, and has no end in 256 MiB"));
        }
        return Ok(bytes);
    }
    let length = usize::try_from(metadata.len()).unwrap_or(0);
    let mut bytes = vec![0; length + 1];
    let mut filled = 0;
    loop {
        match file.read(&mut bytes[filled..]) {
            // A file gives less than there is room for at its end alone.
            Ok(count) if filled + count == length || count == 0 => {
                bytes.truncate(filled + count);
                return Ok(bytes);
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled == bytes.len() {
            file.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
}

/// Reads this machine's files ahead.
struct FileReader;

/// Longest text that is read ahead, in bytes.
const AHEAD_LIMIT: u64 = 16 << 20;

impl Reader for FileReader {
    fn read(&self, at: &[u8]) -> Option<Vec<u8>> {
        let at = path(at);
        // What is no file may never end.
        let metadata = std::fs::symlink_metadata(at).ok()?;
        if !metadata.is_file() || metadata.len() > AHEAD_LIMIT {
            return None;
        }
        std::fs::read(at).ok()
    }
}

impl World for System {
    fn read_file(&mut self, at: &[u8]) -> io::Result<Vec<u8>> {
        if let Some((tree, below)) = self.fetcher.memory_at(at) {
            return memory::read(tree, below);
        }
        self.note_path(at, |notes| notes.content(at));
        read_bounded(path(at))
    }

    fn file_type(&mut self, at: &[u8]) -> io::Result<Option<FileType>> {
        if let Some((tree, below)) = self.fetcher.memory_at(at) {
            return Ok(memory::file_type(tree, below));
        }
        self.note_path(at, |notes| notes.file_type(at));
        match std::fs::symlink_metadata(path(at)) {
            Ok(metadata) => {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                Ok(Some(file_type(metadata.file_type(), executable)))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn read_dir(&mut self, at: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        if let Some((tree, below)) = self.fetcher.memory_at(at) {
            return memory::list(tree, below);
        }
        self.note_path(at, |notes| notes.content(at));
        self.lister.list(at)
    }

    fn saved(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        saved::open(&self.fetcher.cache, name)
    }

    fn saving(&mut self, name: &str) -> Option<Box<dyn Saving>> {
        let new = saved::NewFile::begin(&self.fetcher.cache, name).ok()?;
        Some(Box::new(new))
    }

    fn read_link(&mut self, at: &[u8]) -> io::Result<Vec<u8>> {
        if let Some((tree, below)) = self.fetcher.memory_at(at) {
            return memory::read_link(tree, below);
        }
        self.note_path(at, |notes| notes.link(at));
        Ok(std::fs::read_link(path(at))?.into_os_string().into_vec())
    }

    fn saved_values(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        values::open(&self.fetcher.cache, &VALUES, name)
    }

    fn save_values(&mut self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let now = SystemTime::now();
        values::save(&self.fetcher.cache, &VALUES, name, parts, now).map(Written::stamp)
    }

    fn start_notes(&mut self) {
        self.notes = Some(Notes::default());
    }

    fn take_notes(&mut self) -> Option<Vec<u8>> {
        self.notes.take()?.to_bytes()
    }

    fn is_as_noted(&mut self, notes: &[u8]) -> bool {
        notes::hold(notes)
    }

    fn variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.note(|notes| notes.variable(name));
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn reader(&mut self) -> Option<Box<dyn Reader>> {
        Some(Box::new(FileReader))
    }

    fn was_read_ahead(&mut self, at: &[u8]) -> bool {
        self.fetcher.touch(at);
        // Notes say what a file looks like now, which may not be what it was then.
        self.notes.is_none()
    }

    fn now(&mut self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }

    fn say(&mut self, message: &[u8]) {
        if self.is_quiet {
            return;
        }
        let mut stderr = io::stderr().lock();
        // A closed standard error is no reason to stop evaluating.
        let _ = stderr
            .write_all(message)
            .and_then(|()| stderr.write_all(b"\n"));
    }

    fn fetch(&mut self, request: &FetchRequest) -> std::result::Result<Fetched, String> {
        self.note(Notes::vague);
        let fetched = if request.unpack {
            tarball::get(&self.fetcher, &request.url, &[]).map(|archive| archive.root)
        } else {
            download::get(&self.fetcher.cache, &request.url, &[])
                .map(|file| file.path.into_os_string().into_vec())
        };
        let path = fetched.map_err(|error| error.to_string())?;
        Ok(Fetched { path })
    }

    fn parse_flake_ref(&mut self, text: &str) -> std::result::Result<InputAttributes, String> {
        let options = ParseOptions {
            allow_missing: true,
            ..ParseOptions::default()
        };
        let parsed = FlakeRef::parse(text, options).map_err(|error| error.to_string())?;
        Ok(parsed.to_attributes().0)
    }

    fn show_flake_ref(
        &mut self,
        attributes: &InputAttributes,
    ) -> std::result::Result<String, String> {
        FlakeRef::from_attributes(&Attributes(attributes.clone()))
            .and_then(|reference| reference.to_url())
            .map_err(|error| error.to_string())
    }

    fn fetch_tree(&mut self, request: &TreeRequest) -> std::result::Result<Tree, String> {
        self.note(Notes::vague);
        let tree = self.tree(request).map_err(|error| error.to_string());
        self.tell_warnings();
        tree
    }

    fn lock_flake(
        &mut self,
        reference: &str,
        pure: bool,
    ) -> std::result::Result<LockedFlake, String> {
        self.note(Notes::vague);
        let locked = self.locked(reference, pure);
        self.tell_warnings();
        locked.map_err(|error| error.to_string())
    }
}

impl System {
    fn tree(&mut self, request: &TreeRequest) -> Result<Tree> {
        let mut input = match &request.source {
            TreeSource::Attributes(attributes) => {
                Input::from_attributes(Attributes(attributes.clone()))?
            }
            TreeSource::Url(url) => Input::from_url(&Url::parse(url, Grammar::Strict)?, true)?,
        };
        if input.needs_flakes() && !request.flakes {
            return Err(Error::rule(
                "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features \
                 flakes' to enable it",
            ));
        }
        if !request.pure && request.flakes {
            input = self.fetcher.look_up(&input, Lookup::Limited)?.0;
        }
        if request.pure && !input.is_locked() {
            if input.nar_hash()?.is_none() {
                return Err(Error::rule(format!(
                    "in pure evaluation mode, '{}' doesn't fetch unlocked input '{}'",
                    request.builtin,
                    input.show()
                )));
            }
            self.fetcher.warnings.push(format!(
                "Input '{}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. \
                 This is not reproducible and will break after garbage collection or when shared.",
                input.show()
            ));
        }
        if request.is_final {
            input.attributes.set_truth(FINAL, true);
        } else if input.is_final() {
            return Err(Error::rule(format!(
                "input '{}' is not allowed to use the '__final' attribute",
                input.show()
            )));
        }
        let fetched = self.fetcher.fetch(&input).map_err(|error| {
            error.while_doing(&format!("while fetching the input '{}'", input.show()))
        })?;
        Ok(fetched.to_tree())
    }

    fn locked(&mut self, text: &str, pure: bool) -> Result<LockedFlake> {
        let options = ParseOptions {
            allow_missing: true,
            ..ParseOptions::default()
        };
        let reference = FlakeRef::parse(text, options)?;
        if pure && !reference.input.is_locked() {
            return Err(Error::rule(format!(
                "cannot call 'getFlake' on unlocked flake reference '{text}' (use --impure to \
                 override)"
            )));
        }
        let options = LockOptions {
            write: false,
            may_change: false,
            use_registries: !pure,
            allow_unlocked: !pure,
            ..LockOptions::default()
        };
        Ok(lock_flake(&mut self.fetcher, &reference, &options)?.to_evaluator())
    }
}
