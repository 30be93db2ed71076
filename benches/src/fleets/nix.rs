//! A fleet in the words of Nix: the same hosts and VM tests of the same tree with the same nixpkgs, so that
//! the derivations are those that coop finds. nixpkgs is never copied into the store.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::coop::Derivations;
use super::{FleetsError, Programs};
use crate::measure::{Cost, measure};

/// What the flake of nixpkgs adds to its folder, written out: `nixosSystem`, the version, `legacyPackages`.
const FLEET: &str = include_str!("fleet.nix");

/// Who evaluates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evaluator {
    /// `nix-instantiate` as it is.
    Nix,
    /// With a heap so large that the collector has nothing to do.
    LargeHeap,
    /// `nix-eval-jobs`, a worker on each processor.
    Jobs,
}

/// nixpkgs as a flake: what its folder does not know of itself.
#[derive(Deserialize)]
pub(crate) struct Source {
    /// Its store path.
    path: String,
    /// When it was changed, `YYYYMMDDhhmmss`.
    date: String,
}

impl Source {
    /// Asks coop, which hashes nixpkgs without copying it.
    pub(crate) fn find(programs: &Programs, cache: &Path) -> Result<Self, FleetsError> {
        let flake = format!("path:{}", programs.nixpkgs.display());
        let expression = format!(
            "let flake = builtins.getFlake {}; in {{ path = flake.outPath; date = flake.lastModifiedDate; }}",
            quoted(&flake)
        );
        let mut command = Command::new(&programs.coop);
        command
            .args(["nix", "eval", "--extra-experimental-features", "flakes"])
            .args(["--impure", "--json", "--expr", &expression])
            .env("XDG_CACHE_HOME", cache);
        let (_, printed) = measure(&mut command)?;
        serde_json::from_slice(&printed).map_err(|source| FleetsError::Answer {
            program: programs.coop.clone(),
            source,
        })
    }
}

/// Where the expression is, with what it is about.
pub(crate) struct Expression {
    file: PathBuf,
    arguments: String,
}

impl Expression {
    /// Writes the function beside the fleet.
    pub(crate) fn write(
        programs: &Programs,
        source: &Source,
        fleet: &Path,
        hosts: &[&str],
        beside: &Path,
    ) -> Result<Self, FleetsError> {
        let file = beside.join("fleet.nix");
        super::write(&file, FLEET)?;
        let mut names = String::new();
        for host in hosts {
            let _ = write!(names, "{} ", quoted(host));
        }
        let arguments = format!(
            "{{ nixpkgs = /. + {}; fleet = /. + {}; source = {}; date = {}; hosts = [ {names}]; }}",
            quoted(&programs.nixpkgs.to_string_lossy()),
            quoted(&fleet.to_string_lossy()),
            quoted(&source.path),
            quoted(&source.date),
        );
        Ok(Self { file, arguments })
    }

    fn text(&self) -> String {
        let file = quoted(&self.file.to_string_lossy());
        format!("import (/. + {file}) {}", self.arguments)
    }
}

/// Evaluates the whole fleet in one process.
pub(crate) fn evaluate(
    evaluator: Evaluator,
    programs: &Programs,
    expression: &Expression,
) -> Result<(Cost, Derivations), FleetsError> {
    if evaluator == Evaluator::Jobs {
        return evaluate_jobs(programs, expression);
    }
    let text = format!(
        "builtins.mapAttrs (name: value: value.drvPath) ({})",
        expression.text()
    );
    let mut command = Command::new(&programs.nix);
    command
        .args(["--eval", "--strict", "--json", "--readonly-mode", "--expr"])
        .arg(text);
    if evaluator == Evaluator::LargeHeap {
        command.env("GC_INITIAL_HEAP_SIZE", "6G");
    }
    let (cost, printed) = measure(&mut command)?;
    let answer = serde_json::from_slice(&printed).map_err(|source| FleetsError::Answer {
        program: programs.nix.clone(),
        source,
    })?;
    Ok((cost, answer))
}

/// A line of `nix-eval-jobs`, of which a failure has no `drvPath`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    attr_path: Vec<String>,
    drv_path: Option<String>,
}

fn evaluate_jobs(
    programs: &Programs,
    expression: &Expression,
) -> Result<(Cost, Derivations), FleetsError> {
    let mut command = Command::new("nix-eval-jobs");
    command
        .args(["--no-instantiate", "--impure", "--workers"])
        .arg(programs.cores.to_string())
        .args(["--expr", &expression.text()]);
    let (cost, printed) = measure(&mut command)?;
    Ok((cost, jobs(&printed)?))
}

fn jobs(printed: &[u8]) -> Result<Derivations, FleetsError> {
    let mut found = BTreeMap::new();
    for job in serde_json::Deserializer::from_slice(printed).into_iter::<Job>() {
        let job = job.map_err(|source| FleetsError::Answer {
            program: "nix-eval-jobs".into(),
            source,
        })?;
        if let Some(path) = job.drv_path {
            found.insert(job.attr_path.join("."), path);
        }
    }
    Ok(found)
}

/// A string of the Nix language.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_means_itself() {
        assert_eq!(quoted("/a b"), r#""/a b""#);
        assert_eq!(quoted(r#"a"${b}\c"#), r#""a\"\${b}\\c""#);
    }

    #[test]
    fn jobs_are_read_line_by_line_and_a_failed_one_is_missing() {
        let printed = br#"{"attr":"host a","attrPath":["host a"],"drvPath":"/nix/store/x.drv"}
{"attr":"host b","attrPath":["host b"],"error":"no"}
"#;
        let found = jobs(printed).expect("JSON lines");
        assert_eq!(
            found,
            BTreeMap::from([("host a".to_owned(), "/nix/store/x.drv".to_owned())])
        );
    }
}
