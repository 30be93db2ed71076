//! Where a fleet's files are read from: a folder, or a git revision of it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place that holds a fleet's files, by paths relative to the folder of `coop.toml`.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// Where it is not there, not a plain file, or not UTF-8.
    fn read(&self, path: &str) -> io::Result<String>;

    /// The names of the files in a folder, sorted.
    fn list(&self, folder: &str) -> Vec<String>;
}

/// A folder on disk.
pub struct Folder(pub PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<String> {
        let path = self.0.join(path);
        // A device or pipe would block for ever.
        if !std::fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is not a plain file"));
        }
        text_of(std::fs::read(path)?)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }
}

/// A revision in the git repository around a folder.
pub struct Revision {
    folder: PathBuf,
    commit: String,
}

impl Revision {
    /// Finds what git calls `name`.
    ///
    /// # Errors
    /// What git says, where it does not know the name or is not there.
    pub fn find(folder: &Path, name: &str) -> Result<Self, String> {
        let name = format!("{name}^{{commit}}");
        let commit = git(
            folder,
            &["rev-parse", "--verify", "--end-of-options", &name],
        )?;
        Ok(Self {
            folder: folder.to_owned(),
            commit: commit.trim().to_owned(),
        })
    }

    /// The commit's full name.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }
}

impl Files for Revision {
    fn read(&self, path: &str) -> io::Result<String> {
        git(
            &self.folder,
            &["show", &format!("{}:./{path}", self.commit)],
        )
        .map_err(io::Error::other)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let tree = format!("{}:./{folder}", self.commit);
        let listing =
            git(&self.folder, &["ls-tree", "--name-only", "-z", &tree]).unwrap_or_default();
        listing
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        text_of(output.stdout).map_err(|error| error.to_string())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said
            .lines()
            .next()
            .unwrap_or("git failed")
            .trim_start_matches("fatal: ")
            .to_owned())
    }
}

/// The text of a file.
///
/// # Errors
/// Where it is not UTF-8, with the place.
fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let lines: Vec<&[u8]> = before.split(|&byte| byte == b'\n').collect();
        let last = String::from_utf8_lossy(lines.last().copied().unwrap_or_default());
        let message = format!(
            "it is not UTF-8: in line {}, column {} is the byte 0x{:02X}",
            lines.len(),
            last.chars().count() + 1,
            rest.first().copied().unwrap_or_default()
        );
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

/// The files below a fleet that a pattern with `*` in its last part matches.
pub(super) fn matching(files: &dyn Files, pattern: &str) -> Vec<String> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let Some((start, end)) = name.split_once('*') else {
        return vec![pattern.to_owned()];
    };
    let fits = |name: &String| {
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    };
    let names = files.list(folder).into_iter().filter(fits);
    if folder == "." {
        names.collect()
    } else {
        names.map(|name| format!("{folder}/{name}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf_8_is_named_by_its_place() {
        let cases: [(&[u8], &str); 3] = [
            (b"a = 1\n# caf\xe9\n", "line 2, column 6 is the byte 0xE9"),
            (b"\xff\xfea\0", "line 1, column 1 is the byte 0xFF"),
            (
                "# \u{e4}\u{e4}".as_bytes().split_last().unwrap().1,
                "line 1, column 4 is the byte 0xC3",
            ),
        ];
        for (bytes, place) in cases {
            let error = text_of(bytes.to_vec()).unwrap_err().to_string();
            assert!(error.ends_with(place), "{error}");
        }
        assert_eq!(text_of(b"name = 1".to_vec()).unwrap(), "name = 1");
    }
}
