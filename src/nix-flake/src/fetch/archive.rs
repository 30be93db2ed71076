//! Unpacking archives: tar, plain or compressed by gzip, bzip2, xz or zstd. Nothing that an archive
//! says is written outside of its folder.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use tar::EntryType;

use crate::error::{Error, Result};

/// A tree that was unpacked.
pub(crate) struct Unpacked {
    /// Its top: the folder unpacked to, or the only folder in it.
    pub(crate) top: PathBuf,
    /// When the newest thing in it was changed, in seconds since 1970.
    pub(crate) modified: u64,
}

/// Unpacks the archive at `path` into the empty folder `folder`.
pub(crate) fn unpack(path: &Path, folder: &Path) -> Result<Unpacked> {
    let failed =
        |error: io::Error| Error::rule(format!("cannot unpack '{}': {error}", path.display()));
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let start = file.fill_buf().map_err(failed)?.to_vec();
    let reader: Box<dyn Read> = if start.starts_with(b"\x1f\x8b") {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else if start.starts_with(b"BZh") {
        Box::new(bzip2::bufread::MultiBzDecoder::new(file))
    } else if start.starts_with(b"\xfd7zXZ\0") {
        let mut bytes = Vec::new();
        lzma_rs::xz_decompress(&mut file, &mut bytes)
            .map_err(|error| failed(io::Error::other(format!("{error:?}"))))?;
        Box::new(io::Cursor::new(bytes))
    } else if start.starts_with(b"\x28\xb5\x2f\xfd") {
        let decoder = ruzstd::decoding::StreamingDecoder::new(file);
        Box::new(decoder.map_err(|error| failed(io::Error::other(error.to_string())))?)
    } else if start.starts_with(b"PK\x03\x04") {
        return Err(failed(io::Error::other(
            "zip archives are not supported; use a tar archive",
        )));
    } else {
        Box::new(file)
    };
    let modified = entries(reader, folder).map_err(failed)?;
    let top = only_folder(folder).map_err(failed)?;
    Ok(Unpacked {
        top: top.unwrap_or_else(|| folder.to_owned()),
        modified,
    })
}

fn only_folder(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut entries = std::fs::read_dir(folder)?;
    match (entries.next().transpose()?, entries.next()) {
        (Some(only), None) if only.file_type()?.is_dir() => Ok(Some(only.path())),
        _ => Ok(None),
    }
}

/// The place of an entry below `folder`, with the folders on the way made.
fn place(folder: &Path, name: &Path) -> io::Result<Option<PathBuf>> {
    let mut at = folder.to_owned();
    let mut names = Vec::new();
    for component in name.components() {
        match component {
            Component::Normal(name) => names.push(name),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(io::Error::other(format!(
                    "it has the path '{}', which leads out of it",
                    name.display()
                )));
            }
        }
    }
    let Some(last) = names.pop() else {
        return Ok(None);
    };
    for part in names {
        at.push(part);
        match std::fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(io::Error::other(format!(
                    "it has '{}' below something that is no folder",
                    name.display()
                )));
            }
            Err(_) => std::fs::create_dir(&at)?,
        }
    }
    at.push(last);
    Ok(Some(at))
}

fn entries(reader: impl Read, folder: &Path) -> io::Result<u64> {
    let mut archive = tar::Archive::new(reader);
    let mut modified = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        modified = modified.max(entry.header().mtime()?);
        let name = entry.path()?.into_owned();
        let Some(at) = place(folder, &name)? else {
            continue;
        };
        let is_there = std::fs::symlink_metadata(&at);
        if is_there.as_ref().is_ok_and(|found| !found.is_dir()) {
            std::fs::remove_file(&at)?;
        }
        match kind {
            EntryType::Directory => {
                if is_there.is_err() {
                    std::fs::create_dir(&at)?;
                }
            }
            EntryType::Symlink => {
                let target = entry.link_name()?.unwrap_or_default();
                std::os::unix::fs::symlink(target, &at)?;
            }
            EntryType::Link => {
                let target = entry.link_name()?.unwrap_or_default();
                if let Some(target) = place(folder, &target)? {
                    std::fs::copy(target, &at)?;
                }
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut file = File::create(&at)?;
                io::copy(&mut entry, &mut file)?;
                if entry.header().mode()? & 0o100 != 0 {
                    file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
                }
            }
            _ => {
                return Err(io::Error::other(format!(
                    "'{}' is of an unsupported type",
                    name.display()
                )));
            }
        }
    }
    Ok(modified)
}
