//! `oracle attributes`: .drv paths of the derivations in a file.

use std::path::{Path, PathBuf};

use clap::Args;
use oracle::attribute;
use oracle::compare::{Comparison, Strictness};
use oracle::derivation::find_culprit;
use oracle::evaluator::Outcome;
use oracle::random::Random;

use super::{Evaluators, OracleError, coop_instantiate, whole};

/// Compare the .drv paths of attributes; where they differ, name the first derivation that does
/// though its inputs agree
#[derive(Args)]
pub(crate) struct Attributes {
    /// The file; a function in it is called with no arguments
    file: PathBuf,
    /// An attribute; may be given several times
    #[arg(short = 'A', long = "attr")]
    attribute: Vec<String>,
    /// A file that lists attributes, one on each line
    #[arg(long)]
    list: Option<PathBuf>,
    /// Take as many attributes of the list at random
    #[arg(long, requires = "list")]
    sample: Option<usize>,
    /// Names the sample
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many attributes one process is given
    #[arg(long, default_value_t = 50)]
    batch: usize,
    /// Compare error messages too
    #[arg(long)]
    messages: bool,
    /// Where Nix puts .drv files
    #[arg(long, default_value = "/nix/store")]
    nix_store: PathBuf,
}

impl Attributes {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let attributes = self.attributes()?;
        let directory = tempfile::tempdir().map_err(OracleError::Directory)?;
        let strictness = if self.messages {
            Strictness::Messages
        } else {
            Strictness::Values
        };
        let comparison = evaluators.comparison(directory.path(), strictness);
        comparison.write("whole.nix", &whole(&self.file)?)?;
        let (mut done, mut values, mut differences) = (0, 0, 0);
        for batch in attributes.chunks(self.batch.max(1)) {
            let programs: Vec<String> = batch
                .iter()
                .map(|path| {
                    let derivation = attribute::select("(import ./whole.nix)", path);
                    format!("({derivation}).drvPath")
                })
                .collect();
            let found = comparison.compare(&programs)?;
            done += batch.len();
            values += found.values;
            differences += found.differences.len();
            for difference in &found.differences {
                let path = &batch[difference.index];
                tell!(
                    "{path}\nnix:  {}\ncoop: {}",
                    difference.nix,
                    difference.coop
                );
                if let (Outcome::Value(_), Outcome::Value(_)) = (&difference.nix, &difference.coop)
                {
                    self.narrow(&comparison, path)?;
                }
            }
            eprintln!("{done} of {} compared", attributes.len());
        }
        tell!("{done} attributes, {values} with a .drv path, {differences} differ");
        Ok(differences == 0)
    }

    fn attributes(&self) -> Result<Vec<String>, OracleError> {
        let mut listed = Vec::new();
        if let Some(path) = &self.list {
            let text = std::fs::read_to_string(path).map_err(|source| OracleError::Read {
                path: path.clone(),
                source,
            })?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            listed.extend(lines.map(str::to_owned));
        }
        if let Some(count) = self.sample {
            let mut random = Random::new(self.seed);
            let mut sample = Vec::with_capacity(count);
            while sample.len() < count && !listed.is_empty() {
                sample.push(listed.swap_remove(random.below(listed.len())));
            }
            listed = sample;
        }
        listed.extend(self.attribute.iter().cloned());
        if listed.is_empty() {
            listed.push(String::new());
        }
        Ok(listed)
    }

    /// Prints the first derivation below `path` that differs though its inputs agree.
    fn narrow(&self, comparison: &Comparison, path: &str) -> Result<(), OracleError> {
        let select = attribute::select("(import ./whole.nix)", path);
        let file = comparison.write("differs.nix", &select)?;
        let store = comparison.directory().join("store");
        let nix = comparison.nix.instantiate(&[], &file);
        let coop = comparison
            .coop
            .instantiate(&coop_instantiate(&store), &file);
        let paths = (
            nix.map_err(oracle::compare::CompareError::from)?,
            coop.map_err(oracle::compare::CompareError::from)?,
        );
        let (Outcome::Value(nix), Outcome::Value(coop)) = &paths else {
            tell!("to instantiate:\nnix:  {}\ncoop: {}", paths.0, paths.1);
            return Ok(());
        };
        let culprit = find_culprit(nix, coop, &self.nix_store, &below(&store));
        tell!("first to differ:\n  {}\n  {}", culprit.nix, culprit.coop);
        if let Some((left, right)) = culprit.excerpts {
            tell!("nix:  …{left}…\ncoop: …{right}…");
        }
        Ok(())
    }
}

/// Where store paths lie in a folder that holds a store: below `nix/store`, or in it itself.
pub(super) fn below(folder: &Path) -> PathBuf {
    let nested = folder.join("nix/store");
    if nested.is_dir() {
        nested
    } else {
        folder.to_path_buf()
    }
}
