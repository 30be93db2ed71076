//! Measures coop and real Nix in turn on the same work, and checks that both answer the same. Nothing is
//! evaluated here.

mod compare;
mod fleets;
mod measure;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use compare::Comparison;
use fleets::{Fleets, FleetsError, Programs};
use measure::MeasureError;

/// Measure coop and real Nix in turn: single evaluations, or with `fleets` whole fleets
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The nixpkgs to work on
    #[arg(long, env = "COOP_NIXPKGS", global = true)]
    nixpkgs: Option<PathBuf>,
    /// coop
    #[arg(long, default_value = "target/release/coop", global = true)]
    coop: PathBuf,
    /// Real Nix
    #[arg(long, default_value = "nix-instantiate", global = true)]
    nix: PathBuf,
    /// How often each does each work [default: 5, after a first time that does not count; of fleets 3,
    /// and once what evaluates all hosts of a fleet of more than 8]
    #[arg(long, global = true)]
    runs: Option<usize>,
    /// The folder with the NixOS systems
    #[arg(long, default_value = "tests/oracle/nixos")]
    systems: PathBuf,
    /// Only work whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

#[derive(Subcommand)]
enum What {
    Fleets(Fleets),
    /// Touch memory and end, so that the machine has it at hand
    #[command(hide = true)]
    Touch {
        /// How much, in GiB
        gibibytes: usize,
    },
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error(transparent)]
    Fleets(#[from] FleetsError),
    #[error("there is no nixpkgs to work on: name its folder with --nixpkgs or COOP_NIXPKGS")]
    NoNixpkgs,
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
    if let Some(What::Touch { gibibytes }) = arguments.what {
        fleets::touch(gibibytes);
        return Ok(());
    }
    let nixpkgs = arguments.nixpkgs.as_ref().ok_or(BenchError::NoNixpkgs)?;
    if let Some(What::Fleets(fleets)) = &arguments.what {
        let programs = Programs::find(nixpkgs, &arguments.coop, &arguments.nix)?;
        return Ok(fleets.run(&programs, arguments.runs)?);
    }
    compare::run(&Comparison {
        nixpkgs,
        coop: &arguments.coop,
        nix: &arguments.nix,
        systems: &arguments.systems,
        runs: arguments.runs.unwrap_or(5).max(1),
        only: &arguments.only,
    })
}
