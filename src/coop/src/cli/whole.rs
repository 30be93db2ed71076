//! Writing a file at once: whoever reads it sees what was there or what is new, never a part.

use std::io;
use std::path::Path;

/// Replaces a file, or makes it.
///
/// # Errors
/// What the system says; what was there is there still.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::other("it is no file's name"));
    };
    let mut new = name.to_owned();
    new.push(".new");
    let new = path.with_file_name(new);
    let done = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
    if done.is_err() {
        // Nothing half-written stays; it may not be there at all.
        let _ = std::fs::remove_file(&new);
    }
    done
}
