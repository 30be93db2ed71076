//! Repositories of Mercurial: a working copy as it is, or a commit (`libfetchers/mercurial.cc`). As Nix
//! does, this calls the `hg` program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustc_hash::FxHashSet;

use super::git::keep_with_parents;
use super::tree::Files;
use super::{Fetcher, Found};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::url::{Grammar, Url};

/// The branch that a repository has from the start.
const FIRST_BRANCH: &str = "default";
/// What `hg archive` adds to the files of a commit.
const ARCHIVE_NOTE: &str = ".hg_archival.txt";

pub(super) fn fetch(fetcher: &mut Fetcher, input: &Input) -> Result<Found> {
    let attributes = &input.attributes;
    let url = Url::parse(attributes.need_text("url")?, Grammar::Strict)?;
    let names_commit = attributes.contains("ref") || attributes.contains("rev");
    if url.scheme != "file" {
        return from_commit(fetcher, input, &url.to_string());
    }
    let path = PathBuf::from(url.file_path()?);
    if !names_commit && path.join(".hg").exists() {
        let path = std::path::absolute(&path)
            .map_err(Error::io(format!("cannot find '{}'", path.display())))?;
        let changes = ["--modified", "--added", "--removed"];
        let changes = changes.iter().map(AsRef::as_ref);
        if !hg_in(&path, "status", changes)?.is_empty() {
            return from_working_copy(fetcher, input, &path);
        }
    }
    from_commit(fetcher, input, &path.to_string_lossy())
}

/// The files that Mercurial knows, with the contents they have now.
fn from_working_copy(fetcher: &mut Fetcher, input: &Input, path: &Path) -> Result<Found> {
    fetcher
        .warnings
        .push(format!("Mercurial tree '{}' is unclean", path.display()));
    let mut input = input.clone();
    let branch = hg_in(path, "branch", [])?;
    let branch = String::from_utf8_lossy(&branch).trim_end().to_owned();
    input.attributes.set("ref", &branch);
    let words = [
        "--clean",
        "--modified",
        "--added",
        "--no-status",
        "--print0",
    ];
    let files = hg_in(path, "status", words.iter().map(AsRef::as_ref))?;
    let mut kept = FxHashSet::default();
    for file in files.split(|&byte| byte == 0) {
        if !file.is_empty() {
            keep_with_parents(&mut kept, file.to_vec());
        }
    }
    let root = path.as_os_str().as_encoded_bytes().to_vec();
    let files = Files::At {
        root,
        kept: Some(kept),
    };
    Ok(Found { input, files })
}

/// The files of a commit, copied to the cache.
fn from_commit(fetcher: &Fetcher, input: &Input, url: &str) -> Result<Found> {
    let mut input = input.clone();
    let branch = input.attributes.text("ref")?.unwrap_or(FIRST_BRANCH);
    let wanted = input.revision()?.unwrap_or_else(|| branch.to_owned());
    let clone = update_clone(fetcher, &input, url)?;
    let words = ["-r", &wanted, "--template", "{node} {rev} {branch}"];
    let found = hg_in(&clone, "log", words.iter().map(AsRef::as_ref))?;
    let found = String::from_utf8_lossy(&found).into_owned();
    let mut parts = found.splitn(3, ' ');
    let (Some(rev), Some(count), Some(branch)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::rule(format!(
            "'{wanted}' is no single commit of the Mercurial repository '{url}'"
        )));
    };
    input.attributes.set("rev", rev);
    input.attributes.set("ref", branch);
    let count = count
        .parse()
        .map_err(|_| Error::rule(format!("'hg log' gives '{found}', which is not understood")))?;
    input.attributes.set_number("revCount", count);
    let root = fetcher.cache.checkout(&format!("hg-{rev}"), |folder| {
        let words = ["-r".as_ref(), rev.as_ref(), folder.as_os_str()];
        hg_in(&clone, "archive", words)?;
        let note = folder.join(ARCHIVE_NOTE);
        std::fs::remove_file(&note)
            .map_err(Error::io(format!("cannot remove '{}'", note.display())))
    })?;
    let files = Files::whole(&root);
    Ok(Found { input, files })
}

/// A copy of the repository in the cache, with what is asked for in it.
fn update_clone(fetcher: &Fetcher, input: &Input, url: &str) -> Result<PathBuf> {
    let clone = fetcher.cache.mercurial_clone(url)?;
    if !clone.exists() {
        let scratch = fetcher.cache.scratch()?;
        let new = scratch.path.join("clone");
        let words = ["clone", "--noupdate", "--", url];
        let words = words.iter().map(AsRef::as_ref);
        finished(&run(words.chain([new.as_os_str()]))?, "clone", url)?;
        std::fs::rename(&new, &clone)
            .map_err(Error::io(format!("cannot make '{}'", clone.display())))?;
        return Ok(clone);
    }
    if let Some(rev) = input.revision()? {
        let words = ["log", "-r", &rev, "--template", "1", "-R"];
        let words = words.iter().map(AsRef::as_ref);
        if run(words.chain([clone.as_os_str()]))?.stdout == b"1" {
            return Ok(clone);
        }
    }
    let pull = || {
        let words = ["pull".as_ref(), "-R".as_ref(), clone.as_os_str()];
        run(words.into_iter().chain(["--".as_ref(), url.as_ref()]))
    };
    let mut pulled = pull()?;
    // What a pull left that was killed.
    if !pulled.status.success() && clone.join(".hg/store/journal").exists() {
        hg_in(&clone, "recover", [])?;
        pulled = pull()?;
    }
    finished(&pulled, "pull", url)?;
    Ok(clone)
}

/// What `hg <command>` prints about a repository.
fn hg_in<'a>(
    repository: &'a Path,
    command: &'a str,
    words: impl IntoIterator<Item = &'a OsStr>,
) -> Result<Vec<u8>> {
    let start = [command.as_ref(), "-R".as_ref(), repository.as_os_str()];
    let output = run(start.into_iter().chain(words))?;
    finished(&output, command, &repository.display().to_string())?;
    Ok(output.stdout)
}

fn finished(output: &Output, command: &str, what: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(Error::rule(format!(
        "'hg {command}' failed for '{what}': {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    )))
}

fn run<'a>(words: impl Iterator<Item = &'a OsStr>) -> Result<Output> {
    Command::new("hg")
        .args(words)
        // Without what users have set up for themselves.
        .env("HGPLAIN", "")
        .output()
        .map_err(Error::io(
            "cannot fetch from a Mercurial repository without the program hg".to_owned(),
        ))
}
