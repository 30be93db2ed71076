//! `oracle programs`: random programs.

use clap::Args;
use oracle::compare::Strictness;
use oracle::generator::Generator;
use oracle::minimise::minimise;

use super::{Evaluators, OracleError};

/// Compare random programs, and make the first one that differs small
#[derive(Args)]
pub(crate) struct Programs {
    /// How many
    #[arg(default_value_t = 1000)]
    count: usize,
    /// Names the programs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How deep programs nest
    #[arg(long, default_value_t = 6)]
    size: usize,
    /// How many programs one process is given
    #[arg(long, default_value_t = 200)]
    batch: usize,
    /// Compare error messages too
    #[arg(long)]
    messages: bool,
    /// Print programs instead of comparing them
    #[arg(long)]
    print: bool,
}

impl Programs {
    /// Whether all agree.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let mut generator = Generator::new(self.seed);
        if self.print {
            for _ in 0..self.count {
                tell!("{}", generator.program(self.size));
            }
            return Ok(true);
        }
        let directory = tempfile::tempdir().map_err(OracleError::Directory)?;
        let strictness = if self.messages {
            Strictness::Messages
        } else {
            Strictness::Values
        };
        let comparison = evaluators.comparison(directory.path(), strictness);
        let (mut done, mut values, mut order) = (0, 0, 0);
        while done < self.count {
            let count = self.batch.max(1).min(self.count - done);
            let programs: Vec<_> = (0..count).map(|_| generator.program(self.size)).collect();
            let found = comparison.compare(&programs)?;
            values += found.values;
            order += found.order.len();
            if let Some(difference) = found.differences.first() {
                tell!(
                    "program {} of seed {} differs",
                    done + difference.index,
                    self.seed
                );
                tell!("nix:  {}\ncoop: {}", difference.nix, difference.coop);
                let program = &programs[difference.index];
                tell!("{program}");
                let small = minimise(&comparison, program.clone())?;
                tell!("\nminimised:\n{small}");
                for difference in comparison
                    .compare(std::slice::from_ref(&small))?
                    .differences
                {
                    tell!("nix:  {}\ncoop: {}", difference.nix, difference.coop);
                }
                return Ok(false);
            }
            done += count;
        }
        tell!(
            "{done} programs of seed {} agree, {values} of them with a value; {order} only alone",
            self.seed
        );
        Ok(true)
    }
}
