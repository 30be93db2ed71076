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
        std::fs::read_to_string(path)
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
        String::from_utf8(output.stdout).map_err(|_| "the file is not UTF-8".into())
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
