//! Writing what an evaluation put into the store to a folder.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix_eval::eval::StoreContent;

/// Writes derivations and sources, each by its name in the store.
///
/// # Errors
/// As the system reports them.
pub fn write(
    folder: &Path,
    derivations: &[(String, Vec<u8>)],
    contents: &[(String, StoreContent)],
) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in derivations {
        std::fs::write(folder.join(name), text)?;
    }
    for (name, content) in contents {
        let target = folder.join(name);
        match content {
            StoreContent::Text(text) => std::fs::write(target, text)?,
            StoreContent::Tree(source, kept) => {
                let source = Path::new(OsStr::from_bytes(source));
                let keep = |relative: &[u8]| kept.as_ref().is_none_or(|k| k.contains(relative));
                copy(source, &target, &mut Vec::new(), &keep)?;
            }
        }
    }
    Ok(())
}

fn copy(
    source: &Path,
    target: &Path,
    relative: &mut Vec<u8>,
    keep: &dyn Fn(&[u8]) -> bool,
) -> io::Result<()> {
    let found = std::fs::symlink_metadata(source)?.file_type();
    if found.is_symlink() {
        return match std::os::unix::fs::symlink(std::fs::read_link(source)?, target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
    }
    if !found.is_dir() {
        std::fs::copy(source, target)?;
        return Ok(());
    }
    std::fs::create_dir_all(target)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let name = entry.file_name();
        let length = relative.len();
        if length > 0 {
            relative.push(b'/');
        }
        relative.extend_from_slice(name.as_bytes());
        if keep(relative) {
            copy(&entry.path(), &target.join(&name), relative, keep)?;
        }
        relative.truncate(length);
    }
    Ok(())
}
