//! The real world: this machine's files and environment, behind the evaluator's one trait. No
//! other file of the evaluator touches the file system.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_eval::world::{FetchRequest, Fetched, FileType, World};

/// Files, variables and standard error of this process.
#[derive(Default)]
pub struct System;

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn file_type(metadata: &std::fs::Metadata) -> FileType {
    let found = metadata.file_type();
    if found.is_file() {
        FileType::Regular {
            executable: metadata.permissions().mode() & 0o100 != 0,
        }
    } else if found.is_dir() {
        FileType::Directory
    } else if found.is_symlink() {
        FileType::Symlink
    } else {
        FileType::Unknown
    }
}

impl World for System {
    fn read_file(&mut self, at: &[u8]) -> io::Result<Vec<u8>> {
        std::fs::read(path(at))
    }

    fn file_type(&mut self, at: &[u8]) -> io::Result<Option<FileType>> {
        match std::fs::symlink_metadata(path(at)) {
            Ok(metadata) => Ok(Some(file_type(&metadata))),
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
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path(at))? {
            let entry = entry?;
            let found = entry.file_type()?;
            // The execute bit is not asked for here: no caller needs it.
            let kind = if found.is_file() {
                FileType::Regular { executable: false }
            } else if found.is_dir() {
                FileType::Directory
            } else if found.is_symlink() {
                FileType::Symlink
            } else {
                FileType::Unknown
            };
            entries.push((entry.file_name().into_vec(), kind));
        }
        Ok(entries)
    }

    fn read_link(&mut self, at: &[u8]) -> io::Result<Vec<u8>> {
        Ok(std::fs::read_link(path(at))?.into_os_string().into_vec())
    }

    fn variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn now(&mut self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }

    fn say(&mut self, message: &[u8]) {
        let mut stderr = io::stderr().lock();
        // A closed standard error is no reason to stop evaluating.
        let _ = stderr
            .write_all(message)
            .and_then(|()| stderr.write_all(b"\n"));
    }

    fn fetch(&mut self, request: &FetchRequest) -> Result<Fetched, String> {
        match request.url.strip_prefix("file://") {
            Some(local) if !request.unpack && local.starts_with('/') => Ok(Fetched {
                path: local.as_bytes().to_vec(),
            }),
            _ => Err("downloads are not supported yet; fetch it yourself and use its path".into()),
        }
    }
}
