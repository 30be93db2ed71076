//! Reading a repository of Git: what is checked out, what is committed. Through gitoxide, so that
//! no `git` program is needed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::{BString, ByteSlice as _};
use gix::index::entry::Mode;
use gix::objs::tree::EntryKind;

use super::tree::os;
use crate::error::{Error, Result};

/// A repository, opened.
pub(super) struct Repository {
    repo: gix::Repository,
    path: PathBuf,
}

/// What is checked out.
pub(super) struct WorkTree {
    /// The commit, unless there is none yet.
    pub head: Option<String>,
    /// Files that Git tracks and that are there.
    pub files: Vec<Vec<u8>>,
    /// Whether anything differs from the commit.
    pub is_dirty: bool,
    /// Where the submodules are.
    pub submodules: Vec<Vec<u8>>,
}

/// For `map_err`: what could not be done with which repository.
fn fail<E: Display>(path: &Path, action: &str) -> impl FnOnce(E) -> Error {
    move |error| {
        Error::rule(format!(
            "cannot {action} of Git repository '{}': {error}",
            path.display()
        ))
    }
}

impl Repository {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let repo = gix::open(path).map_err(|error| {
            Error::rule(format!(
                "opening Git repository \"{}\": {error}",
                path.display()
            ))
        })?;
        Ok(Self {
            repo,
            path: path.to_owned(),
        })
    }

    pub(super) fn is_shallow(&self) -> Result<bool> {
        self.repo
            .is_shallow()
            .map_err(fail(&self.path, "read the history"))
    }

    /// The branch that is checked out, as `refs/heads/…`.
    pub(super) fn branch(&self) -> Result<Option<String>> {
        let head = self.repo.head_name();
        let head = head.map_err(fail(&self.path, "read HEAD"))?;
        Ok(head.map(|name| name.as_bstr().to_string()))
    }

    /// The commit that a branch, tag or other reference leads to.
    pub(super) fn resolve(&self, name: &str) -> Result<String> {
        let wrong = |reason: &str| {
            Error::rule(format!(
                "resolving Git reference '{name}' of '{}': {reason}",
                self.path.display()
            ))
        };
        if name == "HEAD" {
            let id = self.repo.head_id();
            return Ok(id.map_err(|e| wrong(&e.to_string()))?.to_string());
        }
        let mut reference = self
            .repo
            .find_reference(name)
            .map_err(|error| wrong(&error.to_string()))?;
        let commit = reference
            .peel_to_commit()
            .map_err(|error| wrong(&error.to_string()))?;
        Ok(commit.id.to_string())
    }

    fn commit(&self, rev: &str) -> Result<gix::Commit<'_>> {
        let id =
            gix::ObjectId::from_hex(rev.as_bytes()).map_err(fail(&self.path, "read a revision"))?;
        self.repo.find_commit(id).map_err(|error| {
            Error::rule(format!(
                "Cannot find Git revision '{rev}' in repository '{}': {error}",
                self.path.display()
            ))
        })
    }

    /// When a commit was made, in seconds since 1970.
    pub(super) fn commit_time(&self, rev: &str) -> Result<u64> {
        let time = self.commit(rev)?.time();
        let time = time.map_err(fail(&self.path, "read the time of a commit"))?;
        Ok(u64::try_from(time.seconds).unwrap_or(0))
    }

    /// How many commits lead to this one, itself included.
    pub(super) fn count_commits(&self, rev: &str) -> Result<u64> {
        let commit = self.commit(rev)?;
        let action = "count the commits";
        let walk = self.repo.rev_walk([commit.id]).all();
        let mut count = 0;
        for step in walk.map_err(fail(&self.path, action))? {
            step.map_err(fail(&self.path, action))?;
            count += 1;
        }
        Ok(count)
    }

    /// What is checked out, as Nix sees it: files that Git knows, with the contents they have now.
    pub(super) fn work_tree(&self) -> Result<WorkTree> {
        let index = self.repo.index_or_empty();
        let index = index.map_err(fail(&self.path, "read the index"))?;
        let head = match self.repo.head_id() {
            Ok(id) => Some(id.detach()),
            Err(_) => None,
        };
        let mut committed = match head {
            Some(id) => self.committed_files(&id.to_string())?,
            None => BTreeMap::new(),
        };
        let mut files = Vec::new();
        let mut is_dirty = false;
        for entry in index.entries() {
            let name = entry.path(&index).to_owned();
            let known = committed.remove(&name);
            if entry.mode == Mode::COMMIT {
                continue;
            }
            is_dirty |= known != Some((entry.mode, entry.id));
            let there = std::fs::symlink_metadata(self.path.join(os(&name)));
            if there.is_ok_and(|found| !found.is_dir()) {
                files.push(name.to_vec());
            } else {
                is_dirty = true;
            }
        }
        is_dirty |= committed.values().any(|(mode, _)| *mode != Mode::COMMIT);
        files.dedup();
        Ok(WorkTree {
            head: head.map(|id| id.to_string()),
            is_dirty: is_dirty || self.has_changes()?,
            files,
            submodules: self.submodules()?,
        })
    }

    /// Whether a file differs from what the index has of it.
    fn has_changes(&self) -> Result<bool> {
        let action = "compare the working tree";
        let status = self
            .repo
            .status(gix::progress::Discard)
            .map_err(fail(&self.path, action))?
            .untracked_files(gix::status::UntrackedFiles::None)
            .index_worktree_submodules(gix::status::Submodule::Given {
                ignore: gix::submodule::config::Ignore::All,
                check_dirty: false,
            })
            .into_index_worktree_iter(Vec::<BString>::new())
            .map_err(fail(&self.path, action))?;
        for item in status {
            let item = item.map_err(fail(&self.path, action))?;
            if item.summary().is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn submodules(&self) -> Result<Vec<Vec<u8>>> {
        let action = "read .gitmodules";
        let modules = self.repo.submodules().map_err(fail(&self.path, action))?;
        let mut paths = Vec::new();
        for module in modules.into_iter().flatten() {
            let path = module.path().map_err(fail(&self.path, action))?;
            paths.push(path.to_vec());
        }
        Ok(paths)
    }

    /// Mode and object of each file of a commit.
    fn committed_files(&self, rev: &str) -> Result<BTreeMap<BString, (Mode, gix::ObjectId)>> {
        let action = "read the tree of a commit";
        let tree = self.commit(rev)?.tree();
        let tree = tree.map_err(fail(&self.path, action))?;
        let found = tree.traverse().breadthfirst.files();
        Ok(found
            .map_err(fail(&self.path, action))?
            .into_iter()
            .filter_map(|entry| {
                let mode = match entry.mode.kind() {
                    EntryKind::Blob => Mode::FILE,
                    EntryKind::BlobExecutable => Mode::FILE_EXECUTABLE,
                    EntryKind::Link => Mode::SYMLINK,
                    EntryKind::Commit => Mode::COMMIT,
                    EntryKind::Tree => return None,
                };
                Some((entry.filepath, (mode, entry.oid)))
            })
            .collect())
    }

    /// Submodules of a commit: path and revision.
    pub(super) fn committed_submodules(&self, rev: &str) -> Result<Vec<(BString, String)>> {
        let files = self.committed_files(rev)?.into_iter();
        Ok(files
            .filter(|(_, (mode, _))| *mode == Mode::COMMIT)
            .map(|(path, (_, id))| (path, id.to_string()))
            .collect())
    }

    /// The tree of a commit, by its object: what a copy of it may be kept under.
    pub(super) fn tree_id(&self, rev: &str) -> Result<String> {
        let commit = self.commit(rev)?;
        let tree = commit.tree_id();
        Ok(tree.map_err(fail(&self.path, "read a commit"))?.to_string())
    }

    /// Whether `.gitattributes` in a commit leave files out of archives.
    pub(super) fn ignores_exports(&self, rev: &str) -> Result<bool> {
        for (path, (_, id)) in self.committed_files(rev)? {
            if path == ".gitattributes" || path.ends_with(b"/.gitattributes") {
                let blob = self.repo.find_blob(id);
                let blob = blob.map_err(fail(&self.path, "read .gitattributes"))?;
                if blob.data.contains_str("export-ignore") {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Writes the files of a commit to a folder that exists.
    pub(super) fn write(&self, rev: &str, folder: &Path) -> Result<()> {
        for (path, (mode, id)) in self.committed_files(rev)? {
            let at = folder.join(os(&path));
            let write = || -> io::Result<()> {
                if let Some(parent) = at.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                if mode == Mode::COMMIT {
                    return std::fs::create_dir_all(&at);
                }
                let blob = self.repo.find_blob(id).map_err(io::Error::other)?;
                if mode == Mode::SYMLINK {
                    return std::os::unix::fs::symlink(os(&blob.data), &at);
                }
                std::fs::write(&at, &blob.data)?;
                if mode == Mode::FILE_EXECUTABLE {
                    std::fs::set_permissions(&at, std::fs::Permissions::from_mode(0o755))?;
                }
                Ok(())
            };
            write().map_err(Error::io(format!("cannot write '{}'", at.display())))?;
        }
        Ok(())
    }
}
