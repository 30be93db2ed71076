//! Running a process and what it took.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::work::Task;

/// An evaluator and the words for what it is to do.
pub(crate) struct Contestant {
    /// What it is called in the table.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: PathBuf,
    /// The words that make it evaluate an expression, which follows.
    pub(crate) evaluate: Vec<&'static str>,
    /// The words that make it parse files, which follow.
    pub(crate) parse: Vec<&'static str>,
    /// Its environment, beside that of this process.
    pub(crate) environment: Vec<(&'static str, &'static str)>,
}

/// What some work took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Time on the clock.
    pub(crate) wall: Duration,
    /// Time of the processors, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
    /// The most memory that a process had at once, in bytes.
    pub(crate) peak: u64,
}

impl Cost {
    /// The peak of memory, in MiB.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio with two digits is shown"
    )]
    pub(crate) fn mebibytes(self) -> f64 {
        self.peak as f64 / f64::from(1 << 20)
    }
}

/// Why something was not measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MeasureError {
    #[error("cannot run {}: {source}", program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("{} failed", program.display())]
    Failed { program: PathBuf },
}

impl Contestant {
    /// Does the work once: what it took, and what was printed.
    pub(crate) fn run(&self, task: &Task) -> Result<(Cost, Vec<u8>), MeasureError> {
        let mut total = Cost::default();
        let mut printed = Vec::new();
        for words in self.processes(task) {
            let (cost, output) = self.process(&words)?;
            total.wall += cost.wall;
            total.cpu += cost.cpu;
            total.peak = total.peak.max(cost.peak);
            printed.extend(output);
        }
        Ok((total, printed))
    }

    fn processes(&self, task: &Task) -> Vec<Vec<OsString>> {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match task {
            Task::Evaluate(text) => {
                let mut all = words(&self.evaluate);
                all.push(text.into());
                vec![all]
            }
            Task::Parse(groups) => {
                let group = |files: &Vec<PathBuf>| {
                    let mut all = words(&self.parse);
                    all.extend(files.iter().map(|file| file.clone().into_os_string()));
                    all
                };
                groups.iter().map(group).collect()
            }
        }
    }

    fn process(&self, words: &[OsString]) -> Result<(Cost, Vec<u8>), MeasureError> {
        let mut command = Command::new(&self.program);
        command.args(words).envs(self.environment.iter().copied());
        measure(&mut command)
    }
}

/// Runs a process: what it took, and what it printed. Its errors go where ours go.
///
/// # Errors
/// Where it cannot be run, or fails.
pub(crate) fn measure(command: &mut Command) -> Result<(Cost, Vec<u8>), MeasureError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| MeasureError::Run {
        program: program.clone(),
        source,
    };
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(failed)?;
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut output).map_err(failed)?;
    }
    let used = child.wait4().map_err(failed)?;
    let cost = Cost {
        wall: start.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak: used.rusage.maxrss,
    };
    if used.status.success() {
        return Ok((cost, output));
    }
    Err(MeasureError::Failed { program })
}

/// The median of each part on its own; of an even number the greater of the two in the middle.
pub(crate) fn median(costs: &[Cost]) -> Cost {
    fn middle<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
        let mut values: Vec<T> = values.collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or_default()
    }
    Cost {
        wall: middle::<Duration>(costs.iter().map(|cost| cost.wall)),
        cpu: middle::<Duration>(costs.iter().map(|cost| cost.cpu)),
        peak: middle(costs.iter().map(|cost| cost.peak)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(wall: u64, cpu: u64, peak: u64) -> Cost {
        Cost {
            wall: Duration::from_secs(wall),
            cpu: Duration::from_secs(cpu),
            peak,
        }
    }

    #[test]
    fn a_median_takes_each_part_on_its_own() {
        let found = median(&[cost(1, 9, 5), cost(3, 7, 4), cost(2, 8, 6)]);
        assert_eq!(found, cost(2, 8, 5));
        assert_eq!(median(&[cost(4, 5, 6)]), cost(4, 5, 6));
        assert_eq!(median(&[]), Cost::default());
    }
}
