//! Single evaluations, coop and Nix in turn, and whether both print the same.

use std::path::Path;

use crate::BenchError;
use crate::measure::{Contestant, median};
use crate::work::{self, Task, Work};

/// What is compared, with what.
pub(crate) struct Comparison<'a> {
    /// The nixpkgs to work on.
    pub(crate) nixpkgs: &'a Path,
    /// coop.
    pub(crate) coop: &'a Path,
    /// Real Nix.
    pub(crate) nix: &'a Path,
    /// The folder with the NixOS systems.
    pub(crate) systems: &'a Path,
    /// How often each does each work, after a first time that does not count.
    pub(crate) runs: usize,
    /// Only work whose name contains this.
    pub(crate) only: &'a str,
}

/// Measures, and prints a table.
///
/// # Errors
/// Where something cannot be run, fails, or prints something else than the other.
pub(crate) fn run(arguments: &Comparison) -> Result<(), BenchError> {
    let list = |path: &Path| {
        let path = path.to_owned();
        move |source| BenchError::List { path, source }
    };
    let nixpkgs = std::path::absolute(arguments.nixpkgs).map_err(list(arguments.nixpkgs))?;
    let systems = std::path::absolute(arguments.systems).map_err(list(arguments.systems))?;
    let works = work::all(&nixpkgs, &systems).map_err(list(&nixpkgs))?;
    println!("| work | evaluator | wall | user + system | peak memory | wall | cpu | memory |");
    println!("|---|---|---|---|---|---|---|---|");
    for work in works {
        if work.name.contains(arguments.only) {
            compare(&work, &contestants(arguments), arguments.runs)?;
        }
    }
    Ok(())
}

/// coop first: the others' costs are what its own are divided by.
fn contestants(arguments: &Comparison) -> [Contestant; 3] {
    let nix = |name, environment| Contestant {
        name,
        program: arguments.nix.to_owned(),
        evaluate: vec!["--eval", "--strict", "--expr"],
        parse: vec!["--parse"],
        environment,
    };
    [
        Contestant {
            name: "coop",
            program: arguments.coop.to_owned(),
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
            share(medians[0].mebibytes(), cost.mebibytes()),
        );
    }
    Ok(())
}
