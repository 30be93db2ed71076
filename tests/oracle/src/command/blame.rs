//! `oracle blame`: whether `coop check` names the right line of fleets that are broken in one place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::{Evaluators, OracleError};

/// Compare the lines that coop blames in broken fleets with those that are marked in them
#[derive(Args)]
pub(crate) struct Blame {
    /// Fleets, or folders of them; `# <- CODE` marks the lines to be blamed, `#=== PATH` begins
    /// another file than coop.toml
    #[arg(default_value = "tests/fleets/evaluation")]
    fleets: Vec<PathBuf>,
}

/// The most lines that a whole answer may have.
const MOST_LINES: usize = 24;

impl Blame {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let mut files = Vec::new();
        for path in &self.fleets {
            let read = |source| OracleError::Read {
                path: path.clone(),
                source,
            };
            if path.is_dir() {
                for entry in std::fs::read_dir(path).map_err(read)? {
                    files.push(entry.map_err(read)?.path());
                }
            } else {
                files.push(path.clone());
            }
        }
        files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
        files.sort();
        let mut right = 0;
        for file in &files {
            match judge(evaluators, file)? {
                None => right += 1,
                Some(why) => tell!("{}: {why}", file.display()),
            }
        }
        let share = if files.is_empty() {
            0
        } else {
            100 * right / files.len()
        };
        tell!("blame: {right} of {} fleets right ({share} %)", files.len());
        Ok(right == files.len() && right > 0)
    }
}

/// What is wrong with coop's answer to a fleet.
fn judge(evaluators: &Evaluators, file: &Path) -> Result<Option<String>, OracleError> {
    let read = |source| OracleError::Read {
        path: file.to_path_buf(),
        source,
    };
    let text = std::fs::read_to_string(file).map_err(read)?;
    let folder = tempfile::tempdir().map_err(OracleError::Directory)?;
    let mut path = "coop.toml".to_owned();
    let mut content = String::new();
    let mut wanted = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines().chain(["#=== end"])) {
        if let Some(next) = line.strip_prefix("#=== ") {
            let at = folder.path().join(&path);
            if let Some(parent) = at.parent() {
                std::fs::create_dir_all(parent).map_err(read)?;
            }
            std::fs::write(at, &content).map_err(read)?;
            content.clear();
            next.clone_into(&mut path);
            continue;
        }
        if let Some((_, code)) = line.split_once("# <- ") {
            wanted.insert((code.to_owned(), number));
        }
        content.push_str(line);
        content.push('\n');
    }
    let mut command = Command::new(&evaluators.coop);
    command
        .args(["check", "--require", "evaluation", "--dir"])
        .arg(folder.path());
    if let Some(nixpkgs) = &evaluators.nixpkgs {
        command.arg("--nixpkgs").arg(nixpkgs);
    }
    let output = command.output().map_err(|source| OracleError::Read {
        path: evaluators.coop.clone(),
        source,
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let found = blamed(&said);
    let lines = said.lines().count();
    let stands = match wanted.first() {
        None => found.is_none() && output.status.success(),
        Some(_) => found.as_ref().is_some_and(|found| wanted.contains(found)),
    };
    Ok(if !stands {
        Some(format!("wanted {wanted:?}\n{said}"))
    } else if lines > MOST_LINES {
        Some(format!("{lines} lines\n{said}"))
    } else if said.contains("/nix/store/") {
        Some(format!("a store path\n{said}"))
    } else {
        None
    })
}

/// Code and line of the first finding.
fn blamed(said: &str) -> Option<(String, usize)> {
    let code = said.split_once("error[")?.1.split_once(']')?.0;
    let place = said.split_once("--> coop.toml:")?.1;
    let line = place.split_once(':')?.0.parse().ok()?;
    Some((code.to_owned(), line))
}
