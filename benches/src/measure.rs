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
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Time on the clock.
    pub(crate) wall: Duration,
    /// Time of the processors, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
    /// The most memory that a process had at once, in bytes.
    pub(crate) peak: u64,
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
        let failed = |source| MeasureError::Run {
            program: self.program.clone(),
            source,
        };
        let start = Instant::now();
        let mut child = Command::new(&self.program)
            .args(words)
            .envs(self.environment.iter().copied())
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
        Err(MeasureError::Failed {
            program: self.program.clone(),
        })
    }
}
