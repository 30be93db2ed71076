//! Asks both evaluators and looks for the first difference.

use std::path::{Path, PathBuf};

use crate::evaluator::{Evaluator, Outcome, RunError};
use crate::expression::Expression;

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
pub struct Comparison<'a> {
    /// Real Nix.
    pub nix: Evaluator,
    /// coop.
    pub coop: Evaluator,
    /// What counts.
    pub strictness: Strictness,
    /// Where programs are written.
    pub directory: &'a Path,
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

impl Comparison<'_> {
    /// The first of `programs` on which the two disagree.
    ///
    /// # Errors
    ///
    /// If programs cannot be written or evaluators not be run.
    pub fn first_difference(
        &self,
        programs: &[Expression],
    ) -> Result<Option<Difference>, CompareError> {
        let files = programs
            .iter()
            .enumerate()
            .map(|(index, program)| self.write(index, program))
            .collect::<Result<Vec<_>, _>>()?;
        let outcomes = self
            .nix
            .evaluate(&files)?
            .into_iter()
            .zip(self.coop.evaluate(&files)?);
        let mut differences = outcomes
            .enumerate()
            .filter(|(_, (nix, coop))| !self.strictness.agrees(nix, coop));
        Ok(differences
            .next()
            .map(|(index, (nix, coop))| Difference { index, nix, coop }))
    }

    fn write(&self, index: usize, program: &Expression) -> Result<PathBuf, CompareError> {
        let path = self.directory.join(format!("{index}.nix"));
        match std::fs::write(&path, format!("{program}\n")) {
            Ok(()) => Ok(path),
            Err(source) => Err(CompareError::Write { path, source }),
        }
    }
}
