//! The commands of the oracle, and what they share.

pub(crate) mod attributes;
pub(crate) mod blame;
pub(crate) mod closure;
pub(crate) mod intrinsics;
pub(crate) mod mistakes;
pub(crate) mod modules;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod programs;

use std::path::{Path, PathBuf};

use clap::Args;
use oracle::compare::{CompareError, Comparison, Strictness};
use oracle::evaluator::Evaluator;

/// Why the oracle stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OracleError {
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("cannot make a directory for programs: {0}")]
    Directory(#[source] std::io::Error),
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0}")]
    Nix(String),
}

/// Where the evaluators are.
#[derive(Args)]
pub(crate) struct Evaluators {
    /// Real Nix
    #[arg(long, default_value = "nix-instantiate", global = true)]
    nix: PathBuf,
    /// coop
    #[arg(long, default_value = "target/release/coop", global = true)]
    coop: PathBuf,
    /// What <nixpkgs> is
    #[arg(long, env = "COOP_NIXPKGS", global = true)]
    nixpkgs: Option<PathBuf>,
}

impl Evaluators {
    pub(crate) fn comparison(&self, directory: &Path, strictness: Strictness) -> Comparison {
        Comparison {
            nix: self.evaluator(&self.nix, &["--eval", "--strict", "--read-write-mode"]),
            coop: self.evaluator(&self.coop, &["nix", "eval", "--strict"]),
            strictness,
            directory: directory.to_path_buf(),
        }
    }

    /// The same with a coop that stays with what it first makes of a program.
    pub(crate) fn comparison_once(&self, directory: &Path, strictness: Strictness) -> Comparison {
        Comparison {
            coop: self.evaluator(&self.coop, &["nix", "eval", "--strict", "--once"]),
            ..self.comparison(directory, strictness)
        }
    }

    /// The same, and in place of Nix a coop without intrinsics.
    pub(crate) fn comparison_of_intrinsics(&self, directory: &Path) -> Comparison {
        let words = ["nix", "eval", "--strict", "--once", "--no-intrinsics"];
        Comparison {
            nix: self.evaluator(&self.coop, &words),
            ..self.comparison_once(directory, Strictness::Messages)
        }
    }

    fn evaluator(&self, program: &Path, words: &[&str]) -> Evaluator {
        Evaluator {
            program: program.to_path_buf(),
            words: words.iter().map(|&word| word.to_owned()).collect(),
            nixpkgs: self.nixpkgs.clone(),
        }
    }
}

/// The words that make coop write a closure into `folder`.
pub(crate) fn coop_instantiate(folder: &Path) -> Vec<String> {
    let words = ["nix", "instantiate", "--out"].map(str::to_owned);
    words
        .into_iter()
        .chain([folder.display().to_string()])
        .collect()
}

/// A file whose value is that of `file`, called where it is a function without required arguments.
pub(crate) fn whole(file: &Path) -> Result<String, OracleError> {
    let file = std::path::absolute(file).map_err(|source| OracleError::Read {
        path: file.to_path_buf(),
        source,
    })?;
    Ok(format!(
        "let value = import {}; in if builtins.isFunction value then value {{ }} else value",
        file.display()
    ))
}
