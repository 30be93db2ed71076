//! Measures coop's evaluator and real Nix in turn on the same work, and checks that both print the
//! same. Nothing is evaluated here.

mod measure;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use measure::{Contestant, Cost, MeasureError};
use work::{Task, Work};

/// Measure coop and real Nix in turn
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The nixpkgs to work on
    #[arg(long, env = "COOP_NIXPKGS")]
    nixpkgs: PathBuf,
    /// coop
    #[arg(long, default_value = "target/release/coop")]
    coop: PathBuf,
    /// Real Nix
    #[arg(long, default_value = "nix-instantiate")]
    nix: PathBuf,
    /// The folder with the NixOS systems
    #[arg(long, default_value = "tests/oracle/nixos")]
    systems: PathBuf,
    /// How often each does each work, after a first time that does not count
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Only work whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error("cannot list {}: {source}", path.display())]
    List {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{work}: coop and Nix do not print the same")]
    Differs { work: &'static str },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let list = |path: &PathBuf| {
        let path = path.clone();
        move |source| BenchError::List { path, source }
    };
    let nixpkgs = std::path::absolute(&arguments.nixpkgs).map_err(list(&arguments.nixpkgs))?;
    let systems = std::path::absolute(&arguments.systems).map_err(list(&arguments.systems))?;
    let works = work::all(&nixpkgs, &systems).map_err(list(&nixpkgs))?;
    println!("| work | evaluator | wall | user + system | peak memory | wall | cpu | memory |");
    println!("|---|---|---|---|---|---|---|---|");
    for work in works {
        if work.name.contains(&arguments.only) {
            compare(&work, &contestants(arguments), arguments.runs.max(1))?;
        }
    }
    Ok(())
}

/// coop first: the others' costs are what its own are divided by.
fn contestants(arguments: &Arguments) -> [Contestant; 3] {
    let nix = |name, environment| Contestant {
        name,
        program: arguments.nix.clone(),
        evaluate: vec!["--eval", "--strict", "--expr"],
        parse: vec!["--parse"],
        environment,
    };
    [
        Contestant {
            name: "coop",
            program: arguments.coop.clone(),
            evaluate: vec!["nix", "eval", "--strict", "--expr"],
            parse: vec!["nix", "parse"],
            environment: Vec::new(),
        },
        nix("Nix", Vec::new()),
        nix("Nix, 6 GB heap", vec![("GC_INITIAL_HEAP_SIZE", "6G")]),
    ]
}

/// Runs all contestants in turn, in a rotating order, and prints medians and coop's share of them.
fn compare(work: &Work, contestants: &[Contestant; 3], runs: usize) -> Result<(), BenchError> {
    let mut costs = [const { Vec::new() }; 3];
    let mut printed: Option<Vec<u8>> = None;
    for run in 0..=runs {
        for turn in 0..contestants.len() {
            let index = (run + turn) % contestants.len();
            let (cost, output) = contestants[index].run(&work.task)?;
            if run > 0 {
                costs[index].push(cost);
            }
            // How a tree is shown is not what is measured.
            if matches!(work.task, Task::Parse(_)) {
                continue;
            }
            match &printed {
                None => printed = Some(output),
                Some(first) if *first != output => {
                    return Err(BenchError::Differs { work: work.name });
                }
                Some(_) => {}
            }
        }
    }
    let medians = costs.map(|costs| median(&costs));
    for (contestant, cost) in contestants.iter().zip(&medians) {
        let share = |own: f64, other: f64| format!("{:.2}", own / other);
        println!(
            "| {} | {} | {:.3} s | {:.3} s | {} MiB | {} | {} | {} |",
            work.name,
            contestant.name,
            cost.wall.as_secs_f64(),
            cost.cpu.as_secs_f64(),
            cost.peak >> 20,
            share(medians[0].wall.as_secs_f64(), cost.wall.as_secs_f64()),
            share(medians[0].cpu.as_secs_f64(), cost.cpu.as_secs_f64()),
            share(bytes(medians[0]), bytes(*cost)),
        );
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio with two digits is shown"
)]
fn bytes(cost: Cost) -> f64 {
    cost.peak as f64
}

/// The median of each part on its own.
fn median(costs: &[Cost]) -> Cost {
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
