//! Whole fleets: the same hosts and VM tests by coop and by Nix, from one host to hundreds. Here is the
//! order in which it is done, and what has to be true of the answers.

mod coop;
mod fleet;
mod machine;
mod nix;
mod plot;
mod table;

use std::fs;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use clap::Args;
use coop::{Derivations, Place, differences, disk, temporary};
use fastrand::Rng;
use fleet::Fleet;
pub(crate) use machine::touch;
use nix::{Evaluator, Expression, Source};
use table::{Row, Work, extrapolate, markdown};

use crate::measure::{Cost, MeasureError, median};

/// The largest fleet that Nix evaluates; what it takes for a larger one is extrapolated. It is also the
/// largest of which all hosts are evaluated more than once.
const LARGEST: usize = 8;

/// Edits that are not measured have numbers of their own from here on.
const OTHER_EDITS: usize = 10_000;

/// Measure whole fleets, and draw time against hosts
#[derive(Args)]
pub(crate) struct Fleets {
    /// The sizes of the fleets
    #[arg(long, value_delimiter = ',', default_value = "1,8,50,200")]
    hosts: Vec<NonZero<usize>>,
    /// What names, domains and the order of runs follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the table and the plot into this folder, as fleets.md and fleets.svg
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// What is run, with what.
pub(crate) struct Programs {
    coop: PathBuf,
    nix: PathBuf,
    nixpkgs: PathBuf,
    cores: usize,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetsError {
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("what {} answered cannot be read: {source}", program.display())]
    Answer {
        program: PathBuf,
        source: serde_json::Error,
    },
    #[error("coop evaluated {found} of {hosts} hosts")]
    Incomplete { found: usize, hosts: usize },
    #[error("{work}, {hosts} hosts: other derivations than coop's first: {}", names.join(", "))]
    Differs {
        work: &'static str,
        hosts: usize,
        names: Vec<String>,
    },
    #[error(
        "{work}, {hosts} hosts: the edit should have changed {host} and no other host, and changed: {}",
        names.join(", ")
    )]
    Edit {
        work: &'static str,
        hosts: usize,
        host: String,
        names: Vec<String>,
    },
    #[error("cannot draw: {0}")]
    Plot(String),
}

impl Programs {
    /// Makes the paths hold in every folder.
    pub(crate) fn find(nixpkgs: &Path, coop: &Path, nix: &Path) -> Result<Self, FleetsError> {
        let canonical = |path: &Path| {
            fs::canonicalize(path).map_err(|source| FleetsError::Read {
                path: path.to_owned(),
                source,
            })
        };
        Ok(Self {
            coop: canonical(coop)?,
            // A bare name is looked for in PATH.
            nix: if nix.components().count() > 1 {
                std::path::absolute(nix).map_err(|source| FleetsError::Read {
                    path: nix.to_owned(),
                    source,
                })?
            } else {
                nix.to_owned()
            },
            nixpkgs: canonical(nixpkgs)?,
            cores: thread::available_parallelism().map_or(1, NonZero::get),
        })
    }
}

impl Fleets {
    /// Measures all fleets, prints the table, and writes it with the plot if asked to.
    ///
    /// # Errors
    /// Where something fails, or answers differ.
    pub(crate) fn run(&self, programs: &Programs, runs: Option<usize>) -> Result<(), FleetsError> {
        let has_nix = starts(&programs.nix);
        let has_jobs = starts(Path::new("nix-eval-jobs"));
        if !has_nix {
            let nix = programs.nix.display();
            eprintln!("bench: NOT COMPARED WITH NIX: {nix} cannot be run");
        }
        if !has_jobs {
            eprintln!("bench: nix-eval-jobs is not measured: it cannot be run");
        }
        // What takes so long is not to fail at its end.
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).map_err(|source| FleetsError::Write {
                path: folder.clone(),
                source,
            })?;
        }
        let machine = machine::describe(programs, has_nix)?;
        let mut sizes: Vec<usize> = self.hosts.iter().map(|hosts| hosts.get()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut random = Rng::with_seed(self.seed);
        let mut rows = Vec::new();
        for hosts in sizes {
            let works = Work::ALL.into_iter().filter(|work| match work {
                Work::NixEvalJobs => has_jobs,
                work => work.is_ours() || has_nix,
            });
            let (measured, followed): (Vec<Work>, Vec<Work>) =
                works.partition(|work| work.is_ours() || hosts <= LARGEST);
            let fleet = Fleet::new(hosts, self.seed);
            let found = measure_fleet(programs, &fleet, &measured, runs, &mut random)?;
            rows.extend(found);
            for work in followed {
                match extrapolate(&rows, work, hosts) {
                    Some(row) => rows.push(row),
                    None => eprintln!(
                        "bench: {} is not in the table for {hosts} hosts: it takes two fleets of at most \
                         {LARGEST} hosts to extrapolate",
                        work.name()
                    ),
                }
            }
        }
        let text = markdown(&machine, &rows);
        print!("{text}");
        if let Some(folder) = &self.out {
            let plot = plot::svg(&rows)?;
            write(&folder.join("fleets.md"), &text)?;
            write(&folder.join("fleets.svg"), &plot)?;
        }
        Ok(())
    }
}

/// Does each work on a fleet as often as it has to be done, in random order.
fn measure_fleet(
    programs: &Programs,
    fleet: &Fleet,
    works: &[Work],
    runs: Option<usize>,
    random: &mut Rng,
) -> Result<Vec<Row>, FleetsError> {
    let hosts = fleet.names().len();
    let place = Place::new(programs, fleet)?;
    // What must be there before the first figure: caches, records, and the answer all others are held to.
    let (_, expected) = place.check(&place.cache(), false)?;
    place.check(&place.cache(), true)?;
    let source = Source::find(programs, &place.cache())?;
    let tree = place.tree();
    let expression = Expression::write(programs, &source, &tree, &fleet.names(), place.around())?;
    let bench = Bench {
        programs,
        place,
        expression,
        expected,
    };
    let mut turns: Vec<Work> = Vec::new();
    for work in works {
        turns.extend(vec![*work; times(*work, hosts, runs)]);
    }
    random.shuffle(&mut turns);
    machine::make_ready()?;
    let mut figures: Vec<(Work, Cost, Option<u64>)> = Vec::new();
    for (turn, work) in turns.iter().enumerate() {
        let (cost, disk) = bench.turn(*work, turn)?;
        let seconds = cost.wall.as_secs_f64();
        eprintln!("bench: {hosts} hosts, {}: {seconds:.2} s", work.name());
        figures.push((*work, cost, disk));
    }
    let row = |work: &Work| {
        let of_work = || figures.iter().filter(|(other, ..)| other == work);
        let costs: Vec<Cost> = of_work().map(|(_, cost, _)| *cost).collect();
        Row {
            hosts,
            work: *work,
            cost: median(&costs),
            disk: of_work().filter_map(|(.., disk)| *disk).max(),
            runs: costs.len(),
        }
    };
    Ok(works.iter().map(row).collect())
}

/// How often some work is done.
fn times(work: Work, hosts: usize, runs: Option<usize>) -> usize {
    let evaluates_all = matches!(
        work,
        Work::Empty | Work::Warm | Work::Value | Work::FirstStructure | Work::ValueThen | Work::Key
    );
    let is_long = hosts > LARGEST && evaluates_all;
    runs.unwrap_or(if is_long { 1 } else { 3 }).max(1)
}

/// A fleet with all it takes to work on it.
struct Bench<'a> {
    programs: &'a Programs,
    place: Place<'a>,
    expression: Expression,
    expected: Derivations,
}

impl Bench<'_> {
    /// Does some work once, and holds the answer against the expected one. Also returns what the cache
    /// takes of the disk, in bytes, where coop did it.
    fn turn(&self, work: Work, number: usize) -> Result<(Cost, Option<u64>), FleetsError> {
        let fleet = self.place.fleet;
        let cache = self.place.cache();
        let (cost, cache) = match work {
            Work::Empty => {
                let empty = temporary()?;
                let (cost, found) = self.place.check(empty.path(), false)?;
                self.same(work, &found)?;
                return Ok((cost, Some(disk(empty.path())?)));
            }
            Work::Warm => {
                let (cost, found) = self.place.check(&cache, true)?;
                self.same(work, &found)?;
                (cost, cache)
            }
            Work::Unchanged => {
                self.place.check(&cache, false)?;
                let (cost, found) = self.place.check(&cache, false)?;
                self.same(work, &found)?;
                (cost, cache)
            }
            Work::Value => return self.edit_first(work, &[fleet.with_value(number)]),
            Work::FirstStructure => return self.edit_first(work, &[fleet.with_instance(number)]),
            Work::ValueThen => {
                let texts = [
                    fleet.with_instance(number),
                    fleet.with_instance_and_value(number),
                ];
                return self.edit_first(work, &texts);
            }
            Work::ValueAgain | Work::Number => {
                self.place.wake_none()?;
                let before = fleet.with_value(number + OTHER_EDITS);
                let text = if work == Work::Number {
                    fleet.with_budget(number)
                } else {
                    fleet.with_value(number)
                };
                let cost = self.edit(work, &cache, &[before, text])?;
                (cost, cache)
            }
            Work::Key => return self.edit_first(work, &[fleet.with_key(number)]),
            Work::Structure => {
                let cost = self.edit(work, &cache, &[fleet.with_instance(number)])?;
                (cost, cache)
            }
            Work::Nix => return self.nix(work, Evaluator::Nix),
            Work::NixLargeHeap => return self.nix(work, Evaluator::LargeHeap),
            Work::NixEvalJobs => return self.nix(work, Evaluator::Jobs),
        };
        Ok((cost, Some(disk(&cache)?)))
    }

    /// Edits as [`Self::edit`], from the first check of a fleet on.
    fn edit_first(&self, work: Work, texts: &[String]) -> Result<(Cost, Option<u64>), FleetsError> {
        let cache = temporary()?;
        let cost = self.edit(work, cache.path(), texts)?;
        Ok((cost, Some(disk(cache.path())?)))
    }

    /// Checks a fleet, and then what it is edited to, one after the other; the last check is measured. Takes the
    /// edits back.
    fn edit(&self, work: Work, cache: &Path, texts: &[String]) -> Result<Cost, FleetsError> {
        let (mut cost, mut found) = self.place.check(cache, false)?;
        for text in texts {
            self.place.save(text)?;
            (cost, found) = self.place.check(cache, false)?;
        }
        self.place.save(&self.place.fleet.text())?;
        let host = format!("host {}", self.place.fleet.edited());
        let differ = differences(&self.expected, &found);
        // VM tests are about hosts: those of the edited one may differ.
        let of_hosts = differ.iter().filter(|name| name.starts_with("host "));
        let is_as_meant = match work {
            Work::Key => of_hosts.count() == self.place.fleet.names().len(),
            _ => of_hosts.eq([&host.as_str()]),
        };
        if is_as_meant {
            return Ok(cost);
        }
        Err(FleetsError::Edit {
            work: work.name(),
            hosts: self.place.fleet.names().len(),
            host,
            names: differ.into_iter().map(str::to_owned).collect(),
        })
    }

    fn nix(&self, work: Work, evaluator: Evaluator) -> Result<(Cost, Option<u64>), FleetsError> {
        let (cost, found) = nix::evaluate(evaluator, self.programs, &self.expression)?;
        self.same(work, &found)?;
        Ok((cost, None))
    }

    /// Refuses an answer that is not the expected one.
    fn same(&self, work: Work, found: &Derivations) -> Result<(), FleetsError> {
        let differ = differences(&self.expected, found);
        if differ.is_empty() {
            return Ok(());
        }
        Err(FleetsError::Differs {
            work: work.name(),
            hosts: self.place.fleet.names().len(),
            names: differ.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// Whether there is such a program.
fn starts(program: &Path) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn write(path: &Path, text: &str) -> Result<(), FleetsError> {
    fs::write(path, text).map_err(|source| FleetsError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_evaluations_of_large_fleets_are_done_once_unless_asked_otherwise() {
        assert_eq!(times(Work::Empty, 8, None), 3);
        assert_eq!(times(Work::Empty, 50, None), 1);
        assert_eq!(times(Work::Value, 50, None), 1);
        assert_eq!(times(Work::ValueAgain, 50, None), 3);
        assert_eq!(times(Work::Warm, 50, Some(5)), 5);
        assert_eq!(times(Work::Nix, 1, Some(0)), 1);
    }
}
