//! Repositories of Git: a working tree as it is, or a commit (`libfetchers/git.cc`).

use std::path::{Path, PathBuf};
use std::process::Command;

use rustc_hash::FxHashSet;

use super::git_tree::{Repository, WorkTree};
use super::tree::{Files, os};
use super::{Fetcher, Found};
use crate::error::{Error, Result};
use crate::input::{Input, NULL_REVISION};
use crate::url::{Grammar, Url};

/// Digits of a revision in `dirtyShortRev`.
const SHORT_REVISION: usize = 7;

pub(super) fn fetch(fetcher: &mut Fetcher, input: &Input) -> Result<Found> {
    let attributes = &input.attributes;
    if attributes.is_set("lfs")? {
        return Err(Error::rule(format!(
            "cannot fetch '{}': Git LFS is not supported",
            input.show()
        )));
    }
    let mut url = Url::parse(attributes.need_text("url")?, Grammar::Strict)?;
    let names_commit = attributes.contains("ref") || attributes.contains("rev");
    if url.scheme == "file" {
        let path = PathBuf::from(url.file_path()?);
        let path = std::path::absolute(&path)
            .map_err(Error::io(format!("cannot find '{}'", path.display())))?;
        let is_bare = path.exists() && !path.join(".git").exists();
        if !is_bare && !names_commit {
            return from_work_tree(fetcher, input, &path);
        }
        if !is_bare {
            return from_commit(fetcher, input, &path);
        }
        url.query.clear();
    }
    url.query.remove("dir");
    let clone = update_clone(fetcher, input, &url.to_string())?;
    from_commit(fetcher, input, &clone)
}

/// The tree that is checked out at `path`: only what Git knows, with the contents it has now.
fn from_work_tree(fetcher: &mut Fetcher, input: &Input, path: &Path) -> Result<Found> {
    let repository = Repository::open(path)?;
    let mut tree = repository.work_tree()?;
    let mut kept = FxHashSet::default();
    keep(&mut kept, b"", &tree);
    if input.attributes.is_set("submodules")? {
        tree.is_dirty |= keep_submodules(&mut kept, path, b"", &tree)?;
    }
    if input.attributes.is_set("exportIgnore")?
        && kept.iter().any(|file| file.ends_with(b".gitattributes"))
    {
        refuse_export_ignore(input, path, &kept)?;
    }
    let mut input = input.clone();
    let attributes = &mut input.attributes;
    if tree.is_dirty {
        fetcher
            .warnings
            .push(format!("Git tree '{}' is dirty", path.display()));
        if let Some(head) = &tree.head {
            attributes.set("dirtyRev", &format!("{head}-dirty"));
            attributes.set(
                "dirtyShortRev",
                &format!("{}-dirty", &head[..SHORT_REVISION]),
            );
        }
    } else {
        if let Some(branch) = repository.branch()? {
            attributes.set("ref", &branch);
        }
        attributes.set("rev", tree.head.as_deref().unwrap_or(NULL_REVISION));
        if !attributes.is_set("shallow")? {
            let count = match &tree.head {
                Some(head) => repository.count_commits(head)?,
                None => 0,
            };
            attributes.set_number("revCount", count);
        }
    }
    let modified = match &tree.head {
        Some(head) => repository.commit_time(head)?,
        None => 0,
    };
    attributes.set_number("lastModified", modified);
    let root = path.as_os_str().as_encoded_bytes().to_vec();
    let files = Files::At {
        root,
        kept: Some(kept),
    };
    Ok(Found { input, files })
}

/// Adds the files of a working tree, and the folders they are in.
fn keep(kept: &mut FxHashSet<Vec<u8>>, prefix: &[u8], tree: &WorkTree) {
    for file in &tree.files {
        let mut path = prefix.to_vec();
        path.extend_from_slice(file);
        keep_with_parents(kept, path);
    }
}

pub(super) fn keep_with_parents(kept: &mut FxHashSet<Vec<u8>>, path: Vec<u8>) {
    let slashes: Vec<usize> = (0..path.len()).filter(|&at| path[at] == b'/').collect();
    for slash in slashes {
        if !kept.contains(&path[..slash]) {
            kept.insert(path[..slash].to_vec());
        }
    }
    kept.insert(path);
}

/// Adds the working trees of submodules; whether one of them is dirty.
fn keep_submodules(
    kept: &mut FxHashSet<Vec<u8>>,
    root: &Path,
    prefix: &[u8],
    tree: &WorkTree,
) -> Result<bool> {
    let mut is_dirty = false;
    for module in &tree.submodules {
        let mut below = prefix.to_vec();
        below.extend_from_slice(module);
        keep_with_parents(kept, below.clone());
        let module = Repository::open(&root.join(os(&below)))?.work_tree()?;
        is_dirty |= module.is_dirty;
        below.push(b'/');
        keep(kept, &below, &module);
        is_dirty |= keep_submodules(kept, root, &below, &module)?;
    }
    Ok(is_dirty)
}

fn refuse_export_ignore(input: &Input, path: &Path, kept: &FxHashSet<Vec<u8>>) -> Result<()> {
    let files = kept.iter().filter(|file| file.ends_with(b".gitattributes"));
    for file in files {
        let at = path.join(os(file));
        let text =
            std::fs::read(&at).map_err(Error::io(format!("cannot read '{}'", at.display())))?;
        if String::from_utf8_lossy(&text).contains("export-ignore") {
            return Err(no_export_ignore(input));
        }
    }
    Ok(())
}

fn no_export_ignore(input: &Input) -> Error {
    Error::rule(format!(
        "cannot fetch '{}': its .gitattributes use export-ignore, which is not supported; pass \
         `exportIgnore = false`",
        input.show()
    ))
}

/// The tree of a commit in the repository at `path`, copied to the cache.
fn from_commit(fetcher: &mut Fetcher, input: &Input, path: &Path) -> Result<Found> {
    let repository = Repository::open(path)?;
    let is_shallow = input.attributes.is_set("shallow")?;
    if repository.is_shallow()? && !is_shallow {
        return Err(Error::rule(format!(
            "'{}' is a shallow Git repository, but shallow repositories are only allowed when \
             `shallow = true;` is specified",
            path.display()
        )));
    }
    let mut input = input.clone();
    let branch = match input.attributes.text("ref")? {
        Some(branch) => branch.to_owned(),
        None => repository.branch()?.unwrap_or_else(|| "master".to_owned()),
    };
    let rev = match input.revision()? {
        Some(rev) => rev,
        None => repository.resolve(&branch)?,
    };
    input.attributes.set("ref", &branch);
    input.attributes.set("rev", &rev);
    let modified = repository.commit_time(&rev)?;
    input.attributes.set_number("lastModified", modified);
    if !is_shallow {
        let count = repository.count_commits(&rev)?;
        input.attributes.set_number("revCount", count);
    }
    if input.attributes.is_set("exportIgnore")? && repository.ignores_exports(&rev)? {
        return Err(no_export_ignore(&input));
    }
    let with_submodules = input.attributes.is_set("submodules")?;
    let key = if with_submodules {
        format!("{rev}-submodules")
    } else {
        repository.tree_id(&rev)?
    };
    let root = fetcher.cache.checkout(&key, |folder| {
        repository.write(&rev, folder)?;
        if with_submodules {
            write_submodules(&repository, &rev, path, folder)?;
        }
        Ok(())
    })?;
    let files = Files::whole(&root);
    Ok(Found { input, files })
}

/// Writes the submodules of a commit, from the checkouts of them below `path`.
fn write_submodules(repository: &Repository, rev: &str, path: &Path, folder: &Path) -> Result<()> {
    for (module, rev) in repository.committed_submodules(rev)? {
        let at = path.join(os(&module));
        let inner = Repository::open(&at).map_err(|error| {
            error.while_doing(
                "while fetching a submodule; `git submodule update --init` checks it out",
            )
        })?;
        let folder = folder.join(os(&module));
        inner.write(&rev, &folder)?;
        write_submodules(&inner, &rev, &at, &folder)?;
    }
    Ok(())
}

/// A bare clone of a repository elsewhere in the cache, with what is asked for in it. As Nix does,
/// this calls the `git` program, which knows its users' keys and helpers.
fn update_clone(fetcher: &Fetcher, input: &Input, url: &str) -> Result<PathBuf> {
    let clone = fetcher.cache.clone_folder(url)?;
    let run = |arguments: &[&str]| -> Result<()> {
        let output = Command::new("git")
            .arg("-C")
            .arg(&clone)
            .args(arguments)
            .output()
            .map_err(Error::io(format!(
                "cannot fetch '{url}' without the program git"
            )))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::rule(format!(
            "failed to fetch the Git repository '{url}': {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        )))
    };
    if !clone.join("HEAD").exists() {
        run(&["init", "--quiet", "--bare"])?;
    }
    let rev = input.revision()?;
    if let Some(rev) = &rev
        && Repository::open(&clone)?.commit_time(rev).is_ok()
    {
        return Ok(clone);
    }
    let wanted = match (&rev, input.attributes.text("ref")?) {
        _ if input.attributes.is_set("allRefs")? => "refs/*:refs/*".to_owned(),
        (Some(rev), _) => rev.clone(),
        (None, None | Some("HEAD")) => "HEAD:refs/heads/master".to_owned(),
        (None, Some(name)) if name.starts_with("refs/") => format!("{name}:{name}"),
        (None, Some(name)) => format!("refs/heads/{name}:refs/heads/{name}"),
    };
    let mut arguments = vec!["fetch", "--quiet", "--force", "--update-head-ok"];
    if input.attributes.is_set("shallow")? {
        arguments.extend(["--depth", "1"]);
    }
    arguments.extend(["--", url, &wanted]);
    run(&arguments)?;
    Ok(clone)
}
