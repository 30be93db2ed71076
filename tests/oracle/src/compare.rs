//! Asks both evaluators and finds where they differ.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::evaluator::{Evaluator, Outcome, RunError};

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Values, and whether evaluation succeeds.
    Values,
    /// Error messages too.
    Messages,
}

impl Strictness {
    /// Whether two outcomes are the same for all that counts.
    #[must_use]
    pub fn agrees(self, left: &Outcome, right: &Outcome) -> bool {
        match (left, right) {
            (Outcome::Error(_), Outcome::Error(_)) if self == Self::Values => true,
            _ => left == right,
        }
    }
}

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A program could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Where it should have gone.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An evaluator could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Real Nix and coop, and a directory for programs.
#[derive(Debug)]
pub struct Comparison {
    /// Real Nix.
    pub nix: Evaluator,
    /// coop.
    pub coop: Evaluator,
    /// What counts.
    pub strictness: Strictness,
    /// Where programs are written.
    pub directory: PathBuf,
}

/// A program on which the two disagree.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Its place among the programs.
    pub index: usize,
    /// What Nix makes of it.
    pub nix: Outcome,
    /// What coop makes of it.
    pub coop: Outcome,
}

/// What came of comparing several programs.
#[derive(Debug, Default)]
pub struct Comparisons {
    /// Programs on which the two disagree, each asked about alone.
    pub differences: Vec<Difference>,
    /// How many programs have a value in Nix.
    pub values: usize,
    /// Programs that agree alone but not behind the others: what is printed can depend on the order
    /// in which a process first met names.
    pub order: Vec<Difference>,
}

impl Comparison {
    /// Compares programs, all in one process of each evaluator. Where the two disagree, both are
    /// asked again about that program alone.
    ///
    /// # Errors
    ///
    /// If programs cannot be written or evaluators not be run.
    pub fn compare<P: Display>(&self, programs: &[P]) -> Result<Comparisons, CompareError> {
        let files = self.write_all(programs)?;
        let mut found = Comparisons::default();
        let outcomes = self.ask(&files)?;
        for (index, (nix, coop)) in outcomes.enumerate() {
            found.values += usize::from(matches!(nix, Outcome::Value(_)));
            if self.strictness.agrees(&nix, &coop) {
                continue;
            }
            let behind = Difference { index, nix, coop };
            for (nix, coop) in self.ask(&files[index..=index])? {
                if self.strictness.agrees(&nix, &coop) {
                    found.order.push(behind.clone());
                } else {
                    found.differences.push(Difference { index, nix, coop });
                }
            }
        }
        Ok(found)
    }

    /// Writes programs where [`Self::compare`] does.
    ///
    /// # Errors
    ///
    /// As the system reports them.
    pub fn write_all<P: Display>(&self, programs: &[P]) -> Result<Vec<PathBuf>, CompareError> {
        let numbered = programs.iter().enumerate();
        numbered
            .map(|(index, program)| self.write(&format!("{index}.nix"), program))
            .collect()
    }

    /// Both outcomes of each file; the two evaluators run side by side.
    fn ask(
        &self,
        files: &[PathBuf],
    ) -> Result<impl Iterator<Item = (Outcome, Outcome)>, CompareError> {
        let (nix, coop) = std::thread::scope(|scope| {
            let nix = scope.spawn(|| self.nix.evaluate(files));
            let coop = self.coop.evaluate(files);
            let nix = nix
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (nix, coop)
        });
        Ok(nix?.into_iter().zip(coop?))
    }

    /// Writes a program into the directory.
    ///
    /// # Errors
    ///
    /// As the system reports them.
    pub fn write(&self, name: &str, program: &impl Display) -> Result<PathBuf, CompareError> {
        let path = self.directory.join(name);
        match std::fs::write(&path, format!("{program}\n")) {
            Ok(()) => Ok(path),
            Err(source) => Err(CompareError::Write { path, source }),
        }
    }

    /// Where programs are written.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}
