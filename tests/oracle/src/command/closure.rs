//! `oracle closure`: the whole closure of a derivation, byte for byte.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use oracle::attribute;
use oracle::closure::compare_closure;
use oracle::compare::{CompareError, Strictness};
use oracle::evaluator::Outcome;

use super::attributes::below;
use super::{Evaluators, OracleError, coop_instantiate, whole};

/// Compare all .drv files and sources that derivations need with what Nix writes into its store
#[derive(Args)]
pub(crate) struct Closure {
    /// The file; a function in it is called with no arguments
    file: PathBuf,
    /// An attribute; may be given several times
    #[arg(short = 'A', long = "attr", required = true)]
    attribute: Vec<String>,
    /// The command that lists what a path needs
    #[arg(long, default_value = "nix-store")]
    nix_store_command: PathBuf,
}

impl Closure {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let directory = tempfile::tempdir().map_err(OracleError::Directory)?;
        let comparison = evaluators.comparison(directory.path(), Strictness::Values);
        comparison.write("whole.nix", &whole(&self.file)?)?;
        let mut all_agree = true;
        for path in &self.attribute {
            let select = attribute::select("(import ./whole.nix)", path);
            let file = comparison.write("derivation.nix", &select)?;
            let store = directory.path().join("store");
            let nix = comparison.nix.instantiate(&[], &file);
            let nix = nix.map_err(CompareError::from)?;
            let coop = comparison
                .coop
                .instantiate(&coop_instantiate(&store), &file);
            let coop = coop.map_err(CompareError::from)?;
            let (Outcome::Value(derivation), true) = (&nix, nix == coop) else {
                tell!("{path}\nnix:  {nix}\ncoop: {coop}");
                all_agree = false;
                continue;
            };
            let closure = self.requisites(derivation)?;
            let report =
                compare_closure(&closure, &below(&store)).map_err(|source| OracleError::Read {
                    path: store,
                    source,
                })?;
            for line in &report.differences {
                tell!("{line}");
            }
            tell!(
                "{path}: {} .drv files and {} sources are the same, {} bytes; {} differences",
                report.derivations,
                report.sources,
                report.bytes,
                report.differences.len()
            );
            all_agree &= report.differences.is_empty();
        }
        Ok(all_agree)
    }

    fn requisites(&self, derivation: &str) -> Result<Vec<PathBuf>, OracleError> {
        let output = Command::new(&self.nix_store_command)
            .args(["--query", "--requisites", derivation])
            .output()
            .map_err(|source| OracleError::Read {
                path: self.nix_store_command.clone(),
                source,
            })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(OracleError::Nix(message));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().map(PathBuf::from).collect())
    }
}
