//! `oracle parse`: coop's parser against rnix and against Nix's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use nix_eval::position::Position;
use nix_eval::symbol::SymbolTable;
use nix_eval::syntax::lint::Lints;
use nix_eval::syntax::{self, ParseOptions};
use oracle::compare::{CompareError, Strictness};
use oracle::evaluator::{Evaluator, Outcome};

use super::{Evaluators, OracleError};

/// Compare which files are accepted with rnix, and how they are read with Nix
#[derive(Args)]
pub(crate) struct Parse {
    /// Files, or folders whose .nix files are read
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A list of files on which rnix and coop are known to differ: the end of a path, a tab, why
    #[arg(long, default_value = "tests/oracle/parse-differences.tsv")]
    known: PathBuf,
    /// Leave rnix out
    #[arg(long)]
    without_rnix: bool,
    /// Leave Nix out
    #[arg(long)]
    without_nix: bool,
    /// How many files one process is given
    #[arg(long, default_value_t = 1000)]
    batch: usize,
}

impl Parse {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let mut files = Vec::new();
        for path in &self.paths {
            find(path, &mut files).map_err(|source| OracleError::Read {
                path: path.clone(),
                source,
            })?;
        }
        files.sort();
        let mut all_agree = true;
        if !self.without_rnix {
            all_agree &= self.compare_with_rnix(&files)?;
        }
        if !self.without_nix {
            all_agree &= self.compare_with_nix(evaluators, &files)?;
        }
        Ok(all_agree)
    }

    fn compare_with_rnix(&self, files: &[PathBuf]) -> Result<bool, OracleError> {
        let known = self.known()?;
        let (mut accepted, mut listed, mut differing) = (0, 0, 0);
        for file in files {
            let text = read(file)?;
            let rnix = std::str::from_utf8(&text)
                .is_ok_and(|text| rnix::Root::parse(text).errors().is_empty());
            let coop = accepts(&text);
            accepted += usize::from(coop);
            if rnix == coop {
                continue;
            }
            let name = file.to_string_lossy();
            if known.keys().any(|end| name.ends_with(end.as_str())) {
                listed += 1;
                continue;
            }
            differing += 1;
            let (who, other) = if coop {
                ("coop", "rnix")
            } else {
                ("rnix", "coop")
            };
            tell!("{name}: {who} accepts it, {other} does not");
        }
        tell!(
            "rnix: {} files, {accepted} accepted; {listed} listed differences, {differing} others",
            files.len()
        );
        Ok(differing == 0)
    }

    fn known(&self) -> Result<BTreeMap<String, String>, OracleError> {
        let text = String::from_utf8_lossy(&read(&self.known)?).into_owned();
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines
            .map(|(path, reason)| (path.to_owned(), reason.to_owned()))
            .collect())
    }

    fn compare_with_nix(
        &self,
        evaluators: &Evaluators,
        files: &[PathBuf],
    ) -> Result<bool, OracleError> {
        let comparison = evaluators.comparison(Path::new("/"), Strictness::Values);
        let with = |evaluator: &Evaluator, words: &[&str]| Evaluator {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            ..evaluator.clone()
        };
        let nix = with(&comparison.nix, &["--parse"]);
        let coop = with(&comparison.coop, &["nix", "parse"]);
        let (mut shown, mut differing) = (0, 0);
        for batch in files.chunks(self.batch.max(1)) {
            let nix = nix.evaluate(batch).map_err(CompareError::from)?;
            let mut coop_shown = coop.evaluate(batch).map_err(CompareError::from)?;
            // coop goes on behind a file that is refused, so that lines say nothing about which.
            if coop_shown
                .iter()
                .any(|shown| matches!(shown, Outcome::Error(_)))
            {
                coop_shown.clear();
                for file in batch {
                    let one = std::slice::from_ref(file);
                    coop_shown.extend(coop.evaluate(one).map_err(CompareError::from)?);
                }
            }
            for ((file, nix), coop) in batch.iter().zip(nix).zip(coop_shown) {
                shown += usize::from(matches!(nix, Outcome::Value(_)));
                if Strictness::Values.agrees(&nix, &coop) {
                    continue;
                }
                differing += 1;
                tell!("{}\nnix:  {nix}\ncoop: {coop}", file.display());
            }
        }
        tell!(
            "Nix: {} files, {shown} accepted; {differing} read in another way",
            files.len()
        );
        Ok(differing == 0)
    }
}

/// Whether coop's parser takes a text.
fn accepts(text: &[u8]) -> bool {
    let options = ParseOptions {
        base: Position::NONE,
        base_path: b"/",
        home: Some(b"/home"),
        pipe_operators: false,
        lints: Lints::default(),
    };
    syntax::parse(text, &options, &mut SymbolTable::new()).is_ok()
}

fn read(path: &Path) -> Result<Vec<u8>, OracleError> {
    std::fs::read(path).map_err(|source| OracleError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// The .nix files below a folder, or the file itself; symbolic links are not followed.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let at = entry.path();
            if entry.file_type()?.is_dir() || at.extension().is_some_and(|end| end == "nix") {
                find(&at, files)?;
            }
        }
    } else {
        files.push(path.to_path_buf());
    }
    Ok(())
}
