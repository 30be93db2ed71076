//! A command that evaluates Nix files: real Nix or coop.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::statistics::Statistics;

/// What became of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Evaluation succeeded; the value as it was printed.
    Value(String),
    /// Evaluation failed; the first line of the error that ended it.
    Error(String),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(text) => formatter.write_str(text),
            Self::Error(message) => write!(formatter, "error: {message}"),
        }
    }
}

/// Why a command could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot run {}: {source}", program.display())]
pub struct RunError {
    program: PathBuf,
    source: std::io::Error,
}

/// A command and the words that make it evaluate files.
#[derive(Debug, Clone)]
pub struct Evaluator {
    /// The program.
    pub program: PathBuf,
    /// The words between the program and the files.
    pub words: Vec<String>,
    /// What `<nixpkgs>` is, where programs may use it.
    pub nixpkgs: Option<PathBuf>,
}

impl Evaluator {
    /// Evaluates files in order. All of them go to one process; when one fails, the next process
    /// begins behind it, so that an error costs one start and hides nothing.
    ///
    /// # Errors
    ///
    /// If the program cannot be started.
    pub fn evaluate(&self, files: &[PathBuf]) -> Result<Vec<Outcome>, RunError> {
        self.evaluate_with(&self.words, files, |_| ())
    }

    /// The same by coop, which says at the end of each process what it did.
    ///
    /// # Errors
    ///
    /// If the program cannot be started.
    pub fn statistics(&self, files: &[PathBuf]) -> Result<Statistics, RunError> {
        let words: Vec<String> = self
            .words
            .iter()
            .cloned()
            .chain(["--stats".to_owned()])
            .collect();
        let mut all = Statistics::default();
        self.evaluate_with(&words, files, |output| {
            all.add(Statistics::said_in(&String::from_utf8_lossy(
                &output.stderr,
            )));
        })?;
        Ok(all)
    }

    fn evaluate_with(
        &self,
        words: &[String],
        files: &[PathBuf],
        mut ended: impl FnMut(&Output),
    ) -> Result<Vec<Outcome>, RunError> {
        let mut outcomes = Vec::with_capacity(files.len());
        while outcomes.len() < files.len() {
            let rest = &files[outcomes.len()..];
            let output = self.run(words, rest.iter())?;
            ended(&output);
            let text = String::from_utf8_lossy(&output.stdout);
            let lines = text.lines().take(rest.len());
            outcomes.extend(lines.map(|line| Outcome::Value(line.to_owned())));
            if outcomes.len() < files.len() {
                outcomes.push(Outcome::Error(message(&output)));
            }
        }
        Ok(outcomes)
    }

    /// Writes the closure of a derivation (a file whose value it is) by the words of instantiation,
    /// and returns the path of its .drv file, or the error.
    ///
    /// # Errors
    ///
    /// If the program cannot be started.
    pub fn instantiate(&self, words: &[String], file: &Path) -> Result<Outcome, RunError> {
        let output = self.run(words, [file])?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(match text.lines().find(|line| line.starts_with('/')) {
            Some(line) if output.status.success() => Outcome::Value(line.trim().to_owned()),
            _ => Outcome::Error(message(&output)),
        })
    }

    fn run<W: AsRef<std::ffi::OsStr>>(
        &self,
        words: &[String],
        files: impl IntoIterator<Item = W>,
    ) -> Result<Output, RunError> {
        let search_path = self
            .nixpkgs
            .as_ref()
            .map(|path| format!("nixpkgs={}", path.display()));
        Command::new(&self.program)
            .args(words)
            .args(files)
            .env("NIX_PATH", search_path.unwrap_or_default())
            .env("NO_COLOR", "1")
            .env("NIX_CONFIG", "experimental-features =")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| RunError {
                program: self.program.clone(),
                source,
            })
    }
}

/// The first line of the error that ended a process, without colours and trace.
fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let errors = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("error:"));
    let last = errors.map(str::trim).rfind(|message| !message.is_empty());
    match last {
        Some(message) => message.to_owned(),
        None => format!(
            "{}: {}",
            output.status,
            text.lines().last().unwrap_or_default()
        ),
    }
}
