//! `oracle plan`: whether `coop plan` names just what differs between two evaluated fleets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use oracle::plan::edit::Edit;
use oracle::plan::expectation::disagreements;
use serde_json::Value;

use super::{Evaluators, OracleError};

/// What makes up the example fleet.
const FLEET: [&str; 7] = [
    "coop.toml",
    "coop.lock",
    "tenants",
    "lists",
    "policies",
    "texts",
    "hosts",
];
/// Edits that are looked at side by side.
const WORKERS: usize = 2;

/// Compare what coop says about edits of the example fleet with what differs for real Nix
#[derive(Args)]
pub(crate) struct Plan {
    /// Edits, or folders of them
    #[arg(default_value = "tests/fleets/plan")]
    edits: Vec<PathBuf>,
    /// The folder of the example fleet
    #[arg(long, default_value = ".")]
    fleet: PathBuf,
}

/// The edit that is planned against a revision and against what is deployed as well.
const EVERY_WAY: &str = "media-budget";

/// The fleet before any edit.
struct Base {
    folder: PathBuf,
    saved: PathBuf,
    /// A folder with an `ssh` that answers for hosts which run this fleet.
    programs: PathBuf,
    hosts: BTreeMap<String, Value>,
}

impl Plan {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let edits = self.files()?;
        let folder = tempfile::tempdir().map_err(OracleError::Directory)?;
        let base = base(evaluators, &self.fleet, folder.path())?;
        let next = AtomicUsize::new(0);
        let wrong = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Some(file) = edits.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let name = file.file_stem().unwrap_or_default().to_string_lossy();
                        let at = folder.path().join(&*name);
                        let found = judge(evaluators, &base, file, &at)
                            .unwrap_or_else(|error| vec![error.to_string()]);
                        if !found.is_empty() {
                            wrong
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push((name.into_owned(), found));
                        }
                        // What is left goes with the folder around it.
                        let _ = fs::remove_dir_all(&at);
                    }
                });
            }
        });
        let mut wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
        wrong.sort();
        for (name, found) in &wrong {
            tell!("{name}:");
            for line in found {
                tell!("  {line}");
            }
        }
        tell!(
            "plan: {} of {} edits as Nix has them",
            edits.len() - wrong.len(),
            edits.len()
        );
        Ok(wrong.is_empty() && !edits.is_empty())
    }

    fn files(&self) -> Result<Vec<PathBuf>, OracleError> {
        let mut files = Vec::new();
        for path in &self.edits {
            if path.is_dir() {
                for entry in fs::read_dir(path).map_err(reading(path))? {
                    files.push(entry.map_err(reading(path))?.path());
                }
            } else {
                files.push(path.clone());
            }
        }
        files.sort();
        Ok(files)
    }
}

fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> OracleError {
    let path = path.to_owned();
    move |source| OracleError::Read { path, source }
}

fn base(evaluators: &Evaluators, fleet: &Path, folder: &Path) -> Result<Base, OracleError> {
    let tree = folder.join("base");
    fs::create_dir(&tree).map_err(reading(&tree))?;
    for name in FLEET {
        run(Command::new("cp")
            .arg("-r")
            .arg(fleet.join(name))
            .arg(&tree))?;
    }
    // The example leaves these parts to its repository.
    let file = tree.join("coop.toml");
    let text = fs::read_to_string(&file).map_err(reading(&file))?;
    let lines = text
        .lines()
        .filter(|line| *line != "[generate]" && !line.starts_with("only "));
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    fs::write(&file, text).map_err(reading(&file))?;
    run(coop(evaluators, &tree).arg("generate"))?;
    let saved = folder.join("base.json");
    run(Command::new("git")
        .arg("-C")
        .arg(&tree)
        .args(["init", "--quiet"]))?;
    run(Command::new("git").arg("-C").arg(&tree).args(["add", "."]))?;
    run(Command::new("git").arg("-C").arg(&tree).args([
        "-c",
        "user.name=coop",
        "-c",
        "user.email=coop@fleet.example",
        "commit",
        "--quiet",
        "--message=First",
    ]))?;
    run(plan(evaluators, &tree).arg("--save").arg(&saved))?;
    let mut hosts = BTreeMap::new();
    for host in hosts_of(&tree)? {
        hosts.insert(host.clone(), facts(evaluators, &tree, &host)?);
    }
    let programs = folder.join("programs");
    deploy(&programs, &saved)?;
    Ok(Base {
        folder: tree,
        saved,
        programs,
        hosts,
    })
}

/// Makes an `ssh` that says what the hosts of a saved plan run.
fn deploy(programs: &Path, saved: &Path) -> Result<(), OracleError> {
    fs::create_dir(programs).map_err(reading(programs))?;
    let text = fs::read_to_string(saved).map_err(reading(saved))?;
    let saved: Value =
        serde_json::from_str(&text).map_err(|error| OracleError::Nix(error.to_string()))?;
    for (host, facts) in saved["hosts"].as_object().into_iter().flatten() {
        let system = facts["system"]["toplevel"].as_str().unwrap_or_default();
        let answer = format!("{system}\ncoop-rollout.service loaded active exited Rollout\n");
        fs::write(programs.join(host), answer).map_err(reading(programs))?;
    }
    let script = "#!/bin/sh\nfor word; do\n  case $word in\n    \
                  root@*) exec cat \"$(dirname \"$0\")/${word#root@}\" ;;\n  esac\ndone\nexit 255\n";
    let ssh = programs.join("ssh");
    fs::write(&ssh, script).map_err(reading(&ssh))?;
    run(Command::new("chmod").arg("+x").arg(&ssh))?;
    Ok(())
}

/// Where coop and Nix disagree about an edit.
fn judge(
    evaluators: &Evaluators,
    base: &Base,
    file: &Path,
    tree: &Path,
) -> Result<Vec<String>, OracleError> {
    let edit = Edit::read(file).map_err(reading(file))?;
    run(Command::new("cp").arg("-r").arg(&base.folder).arg(tree))?;
    edit.apply(tree).map_err(reading(file))?;
    let json = |against: &[&str]| -> Result<Value, OracleError> {
        let mut path = base.programs.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let output = run(plan(evaluators, tree)
            .args(["--format", "json"])
            .args(against)
            .env("PATH", path))?;
        serde_json::from_slice(&output).map_err(|error| OracleError::Nix(error.to_string()))
    };
    let saved = base.saved.to_string_lossy();
    let said = json(&["--against-file", &saved])?;
    run(coop(evaluators, tree).args(["generate", "--force"]))?;
    let mut found = Vec::new();
    if file.file_stem().is_some_and(|name| name == EVERY_WAY) {
        let revision = json(&["--against", "HEAD"])?;
        if revision["hosts"] != said["hosts"] || revision["people"] != said["people"] {
            found.push("against HEAD it is another plan than against the saved one".to_owned());
        }
        let mut deployed = json(&["--deployed"])?;
        let host = &mut deployed["hosts"]["web1"]["system"];
        let (actions, wanted) = (host["actions"].take(), &said["hosts"]["web1"]["system"]);
        if host["units"] != wanted["units"] || host["files"] != wanted["files"] {
            found.push("against what is deployed it is another plan".to_owned());
        }
        if actions["start"] != serde_json::json!(["coop-rollout.service"])
            || deployed["against"]["commits"]["web1"] != revision["against"]["commit"]
        {
            found.push(format!("it is deployed otherwise: {actions}"));
        }
    }
    let hosts = hosts_of(tree)?;
    let names: BTreeSet<&String> = base.hosts.keys().chain(&hosts).collect();
    for host in names {
        let nothing = Value::Null;
        let old = base.hosts.get(host).unwrap_or(&nothing);
        let new = if !hosts.contains(host) {
            Value::Null
        } else if is_untouched(&base.folder, tree, host)? {
            old.clone()
        } else {
            facts(evaluators, tree, host)?
        };
        let plan = &said["hosts"][host];
        found.extend(
            disagreements(old, &new, plan)
                .into_iter()
                .map(|line| format!("{host}: {line}")),
        );
    }
    Ok(found)
}

/// The hosts of a fleet that was generated.
fn hosts_of(tree: &Path) -> Result<BTreeSet<String>, OracleError> {
    let flake = tree.join("flake.nix");
    let text = fs::read_to_string(&flake).map_err(reading(&flake))?;
    let list = text.split_once("hosts = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    Ok(list
        .split_whitespace()
        .map(|name| name.trim_matches('"').to_owned())
        .collect())
}

/// Whether everything that a host is made of has the same bytes: its folder, the modules, the flake,
/// and the policies that it names.
fn is_untouched(base: &Path, tree: &Path, host: &str) -> Result<bool, OracleError> {
    let main = format!("hosts/{host}/default.nix");
    let mut parts = vec![format!("hosts/{host}"), "modules".to_owned()];
    let text = fs::read_to_string(tree.join(&main)).map_err(reading(&tree.join(&main)))?;
    for word in text.split_whitespace() {
        if let Some(path) = word
            .strip_prefix("../../")
            .filter(|path| path.contains('.'))
        {
            parts.push(path.trim_end_matches(';').to_owned());
        }
    }
    for part in parts {
        let same = Command::new("diff")
            .args(["--recursive", "--brief"])
            .args([base.join(&part), tree.join(&part)])
            .output()
            .map_err(reading(tree))?;
        if !same.status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What real Nix says about a host.
fn facts(evaluators: &Evaluators, tree: &Path, host: &str) -> Result<Value, OracleError> {
    let nixpkgs = evaluators
        .nixpkgs
        .as_ref()
        .ok_or_else(|| OracleError::Nix("name nixpkgs with COOP_NIXPKGS".to_owned()))?;
    let expression = concat!(env!("CARGO_MANIFEST_DIR"), "/nixos/evaluated.nix");
    let output = run(Command::new(&evaluators.nix)
        .args(["--eval", "--strict", "--json", expression])
        .arg("--arg")
        .args([Path::new("nixpkgs"), nixpkgs])
        .arg("--arg")
        .args([Path::new("tree"), tree])
        .args(["--argstr", "host", host])
        // A larger heap spares the collector.
        .env("GC_INITIAL_HEAP_SIZE", "2G"))?;
    serde_json::from_slice(&output).map_err(|error| OracleError::Nix(error.to_string()))
}

fn coop(evaluators: &Evaluators, tree: &Path) -> Command {
    let program = std::path::absolute(&evaluators.coop).unwrap_or(evaluators.coop.clone());
    let mut command = Command::new(program);
    command.arg("--dir").arg(tree);
    command
}

fn plan(evaluators: &Evaluators, tree: &Path) -> Command {
    let mut command = coop(evaluators, tree);
    command.args(["plan", "--full"]);
    if let Some(nixpkgs) = &evaluators.nixpkgs {
        command.arg("--nixpkgs").arg(nixpkgs);
    }
    command
}

fn run(command: &mut Command) -> Result<Vec<u8>, OracleError> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| OracleError::Nix(format!("{shown} cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let end: Vec<&str> = said.lines().rev().take(12).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    Err(OracleError::Nix(format!(
        "{shown} fails:\n{}",
        end.join("\n")
    )))
}
