//! What is measured: the same work in the words of both evaluators.

use std::io;
use std::path::{Path, PathBuf};

/// Work for both evaluators.
pub(crate) struct Work {
    /// What it is called in the table.
    pub(crate) name: &'static str,
    /// What is evaluated, or parsed.
    pub(crate) task: Task,
}

/// The processes that the work takes.
pub(crate) enum Task {
    /// One process that evaluates an expression.
    Evaluate(String),
    /// A process for each group of files, which parses them.
    Parse(Vec<Vec<PathBuf>>),
}

/// How many files one process parses: their names have to fit on a command line.
const FILES: usize = 8000;

/// Hosts of different kinds; the first is the one with Mastodon.
const HOSTS: [&str; 8] = [
    "mastodon",
    "minimal",
    "prosody",
    "mattermost",
    "forgejo",
    "gotosocial",
    "gitlab",
    "monitoring",
];

/// All the work there is. `systems` is the folder with the NixOS systems of the oracle.
///
/// # Errors
/// Where nixpkgs cannot be listed.
pub(crate) fn all(nixpkgs: &Path, systems: &Path) -> io::Result<Vec<Work>> {
    let mut files = Vec::new();
    nix_files(nixpkgs, &mut files)?;
    files.sort();
    let groups = files.chunks(FILES).map(<[PathBuf]>::to_vec).collect();
    let system = |name: &str| format!("systems.system.{name}.drvPath");
    let hosts = HOSTS.map(system).join(" ");
    let evaluate = |text: &str| {
        Task::Evaluate(format!(
            "let systems = import {} {{ nixpkgs = {}; }}; in {text}",
            systems.display(),
            nixpkgs.display()
        ))
    };
    let hello = format!("(import {} {{ }}).hello.drvPath", nixpkgs.display());
    Ok(vec![
        Work {
            name: "parse nixpkgs",
            task: Task::Parse(groups),
        },
        Work {
            name: "hello",
            task: Task::Evaluate(hello),
        },
        Work {
            name: "host with Mastodon",
            task: evaluate(&system(HOSTS[0])),
        },
        Work {
            name: "VM test of two hosts",
            task: evaluate("systems.test.own.drvPath"),
        },
        Work {
            name: "eight hosts",
            task: evaluate(&format!("[ {hosts} ]")),
        },
    ])
}

/// The Nix files below `folder`; symbolic links are not followed.
fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            nix_files(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "nix") {
            found.push(path);
        }
    }
    Ok(())
}
