//! The tree of a flake at a revision in git: as it is committed or, where no flake is, as it would
//! be generated there.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use nix_store::nar::MemoryTree;

use crate::check::{NotEvaluated, insert};
use crate::fleet::{Files as _, Fleet, Revision};
use crate::generate::{self, Surroundings};
use crate::lock::Lock;

/// What a flake in `folder` would see at a revision, and whether it had to be generated.
///
/// # Errors
/// Where git fails, or the tree cannot be generated.
pub(crate) fn tree(
    folder: &Path,
    revision: &Revision,
    fleet: &Fleet,
) -> Result<(MemoryTree, bool), NotEvaluated> {
    let mut tree = committed(folder, revision.commit())?;
    let is_whole = tree.contains_key(b"flake.nix".as_slice()) && {
        let tree = MemoryTree::Directory(tree.clone());
        fleet.model.hosts.keys().all(|host| {
            let path = format!("hosts/{host}/default.nix");
            tree.get(path.as_bytes()).is_some()
        })
    };
    if !is_whole {
        let text = revision.read("coop.lock").ok();
        let lock = Lock::parse(text.as_deref()).unwrap_or_default();
        let (lock, _) = lock.settle(fleet);
        let around = Surroundings::find(revision, fleet);
        let generated = generate::generate(fleet, &lock, &around)?;
        for (path, text) in &generated.seeds {
            if revision.read(path).is_err() {
                insert(&mut tree, Path::new(path), file(text.as_bytes(), false));
            }
        }
        for (path, text) in &generated.files {
            insert(&mut tree, Path::new(path), file(text.as_bytes(), false));
        }
    }
    Ok((MemoryTree::Directory(tree), !is_whole))
}

fn file(contents: &[u8], executable: bool) -> MemoryTree {
    MemoryTree::File {
        contents: contents.to_vec(),
        executable,
    }
}

/// The commits that changed something in `folder`, newest first.
pub(crate) fn commits(folder: &Path, most: usize) -> Vec<String> {
    let count = format!("-{most}");
    let listed = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["log", "--format=%H", &count, "HEAD", "--", "."])
        .output();
    listed.map_or_else(
        |_| Vec::new(),
        |listed| {
            let text = String::from_utf8_lossy(&listed.stdout);
            text.lines().map(str::to_owned).collect()
        },
    )
}

/// The commit that is checked out, if the folder belongs to a repository.
pub(crate) fn head(folder: &Path) -> Option<String> {
    commits(folder, 1).pop()
}

/// The files below a folder at a commit.
fn committed(folder: &Path, commit: &str) -> io::Result<BTreeMap<Vec<u8>, MemoryTree>> {
    let listed = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["ls-tree", "-r", "-z", commit])
        .output()?;
    if !listed.status.success() {
        let said = String::from_utf8_lossy(&listed.stderr).trim().to_owned();
        return Err(io::Error::other(said));
    }
    // `mode SP type SP object TAB path`
    let entries: Vec<(String, String, Vec<u8>)> = listed
        .stdout
        .split(|&byte| byte == 0)
        .filter_map(|line| {
            let tab = line.iter().position(|&byte| byte == b'\t')?;
            let head = std::str::from_utf8(&line[..tab]).ok()?;
            let mut words = head.split(' ');
            let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
            // A submodule is no file.
            (kind == "blob").then(|| (mode.to_owned(), object.to_owned(), line[tab + 1..].to_vec()))
        })
        .collect();
    let mut git = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(mut stdin), Some(stdout)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(io::Error::other("git has no input or output"));
    };
    let mut asked = String::new();
    for (_, object, _) in &entries {
        asked.push_str(object);
        asked.push('\n');
    }
    let asking = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
    let mut answers = BufReader::new(stdout);
    let mut tree = BTreeMap::new();
    for (mode, _, path) in &entries {
        let contents = answer(&mut answers)?;
        let node = if mode == "120000" {
            MemoryTree::Symlink(contents)
        } else {
            file(&contents, mode == "100755")
        };
        let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path);
        insert(&mut tree, Path::new(path), node);
    }
    asking
        .join()
        .map_err(|_| io::Error::other("git could not be asked"))??;
    git.wait()?;
    Ok(tree)
}

/// One answer of `git cat-file --batch`: a line that ends in the size, the content, a newline.
fn answer(answers: &mut impl io::BufRead) -> io::Result<Vec<u8>> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    let size: usize = line
        .trim_end()
        .rsplit(' ')
        .next()
        .and_then(|size| size.parse().ok())
        .ok_or_else(|| {
            io::Error::other(format!("git does not give a file: {}", line.trim_end()))
        })?;
    let mut contents = vec![0; size + 1];
    answers.read_exact(&mut contents)?;
    contents.pop();
    Ok(contents)
}
