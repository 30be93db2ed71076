//! `oracle modules`: random module systems.

use std::path::{Path, PathBuf};

use clap::Args;
use oracle::compare::{Comparison, Difference, Strictness};
use oracle::derivation::excerpts;
use oracle::expression::Expression;
use oracle::generator::modules::{self, Systems};
use oracle::minimise::minimise;
use oracle::statistics::Statistics;

use super::{Evaluators, OracleError};

/// Compare random module systems of nixpkgs' library, and make the first one that differs small
#[derive(Args)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Modules {
    /// How many
    #[arg(default_value_t = 1000)]
    count: usize,
    /// Names the systems
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first one
    #[arg(long, default_value_t = 0)]
    first: usize,
    /// How many systems one process is given
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Compare error messages too
    #[arg(long)]
    messages: bool,
    /// Compare coop with a coop that evaluates nixpkgs as it is written, messages too
    #[arg(long)]
    without_nix: bool,
    /// Show all that differ, as they are
    #[arg(long)]
    keep_going: bool,
    /// Where programs and the files that they read are written, and stay
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Print programs instead of comparing them
    #[arg(long)]
    print: bool,
}

/// Of outcomes with more bytes only what is around their first difference is shown.
const LONG: usize = 2000;

/// What came of all batches.
#[derive(Default)]
struct Outcome {
    done: usize,
    values: usize,
    differences: usize,
    statistics: Statistics,
}

impl Modules {
    /// Whether all agree, and intrinsics were used.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let mut systems = Systems::new(self.seed);
        for _ in 0..self.first {
            systems.program();
        }
        if self.print {
            for _ in 0..self.count {
                tell!("{}", systems.program());
            }
            return Ok(true);
        }
        let temporary = tempfile::tempdir().map_err(OracleError::Directory)?;
        let folder = self.folder.as_deref().unwrap_or(temporary.path());
        self.write_files(folder)?;
        let comparison = self.comparison(evaluators, folder);
        let mut all = Outcome::default();
        while all.done < self.count {
            let count = self.batch.max(1).min(self.count - all.done);
            let programs: Vec<_> = (0..count).map(|_| systems.program()).collect();
            if !self.compare(&comparison, &programs, &mut all)? && !self.keep_going {
                return Ok(false);
            }
            all.done += count;
        }
        let Outcome {
            done,
            values,
            differences,
            statistics,
        } = all;
        tell!(
            "{done} module systems of seed {}: {differences} differ, {values} have a value; \
             intrinsics did {} calls and left {}",
            self.seed,
            statistics.intrinsics,
            statistics.otherwise
        );
        for (function, variable) in statistics.refused {
            tell!("{function} was not used, because of {variable}");
        }
        Ok(differences == 0)
    }

    fn comparison(&self, evaluators: &Evaluators, folder: &Path) -> Comparison {
        if self.without_nix {
            evaluators.comparison_of_intrinsics(folder)
        } else if self.messages {
            evaluators.comparison_once(folder, Strictness::Messages)
        } else {
            evaluators.comparison_once(folder, Strictness::Values)
        }
    }

    fn write_files(&self, folder: &Path) -> Result<(), OracleError> {
        for (name, text) in modules::files(self.seed) {
            let path = folder.join(name);
            let around = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(around).map_err(OracleError::Directory)?;
            std::fs::write(&path, text).map_err(OracleError::Directory)?;
        }
        Ok(())
    }

    /// Whether the programs of a batch agree, and intrinsics were used for them.
    fn compare(
        &self,
        comparison: &Comparison,
        programs: &[Expression],
        all: &mut Outcome,
    ) -> Result<bool, OracleError> {
        let found = comparison.compare(programs)?;
        all.values += found.values;
        all.differences += found.differences.len() + found.order.len();
        for difference in &found.order {
            self.show(difference, all.done, "differs behind the others");
        }
        for difference in &found.differences {
            self.show(difference, all.done, "differs");
            if !self.keep_going {
                self.show_minimised(comparison, &programs[difference.index])?;
                break;
            }
        }
        let files = comparison.write_all(programs)?;
        let statistics = comparison.coop.statistics(&files);
        let statistics = statistics.map_err(oracle::compare::CompareError::from)?;
        let is_used = statistics.intrinsics > 0;
        if !is_used {
            tell!("intrinsics were not used");
            all.differences += 1;
        }
        all.statistics.add(statistics);
        Ok(is_used && found.differences.is_empty() && found.order.is_empty())
    }

    fn show(&self, difference: &Difference, done: usize, what: &str) {
        let number = self.first + done + difference.index;
        tell!("system {number} of seed {} {what}", self.seed);
        self.show_outcomes(difference);
    }

    fn show_outcomes(&self, difference: &Difference) {
        let other = if self.without_nix { "written" } else { "nix" };
        let (left, right) = (difference.nix.to_string(), difference.coop.to_string());
        let is_long = left.len().max(right.len()) > LONG;
        let (left, right) = if is_long {
            excerpts(&left, &right)
        } else {
            (left, right)
        };
        tell!("{other}: {left}\ncoop: {right}");
    }

    fn show_minimised(
        &self,
        comparison: &Comparison,
        program: &Expression,
    ) -> Result<(), OracleError> {
        tell!("{program}");
        let small = minimise(comparison, program.clone())?;
        tell!("\nminimised:\n{small}");
        let found = comparison.compare(std::slice::from_ref(&small))?;
        found
            .differences
            .iter()
            .for_each(|difference| self.show_outcomes(difference));
        Ok(())
    }
}
