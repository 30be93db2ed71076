//! The command line of the oracle.

/// Prints a line.
macro_rules! tell {
    ($($text:tt)*) => {
        $crate::tell(format_args!($($text)*))
    };
}

mod command;

use std::fmt::Arguments;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser as _, Subcommand};
use command::Evaluators;
use command::attributes::Attributes;
use command::blame::Blame;
use command::closure::Closure;
use command::intrinsics::Intrinsics;
use command::mistakes::Mistakes;
use command::modules::Modules;
use command::parse::Parse;
use command::plan::Plan;
use command::programs::Programs;

/// Compares coop's evaluator with real Nix
#[derive(clap::Parser)]
#[command(version)]
struct Oracle {
    #[command(flatten)]
    evaluators: Evaluators,
    #[command(subcommand)]
    command: OracleCommand,
}

#[derive(Subcommand)]
enum OracleCommand {
    Programs(Programs),
    Modules(Modules),
    Attributes(Attributes),
    Closure(Closure),
    Intrinsics(Intrinsics),
    Parse(Parse),
    Blame(Blame),
    Mistakes(Mistakes),
    Plan(Plan),
}

fn tell(line: Arguments<'_>) {
    // Who reads may have seen enough; the outcome is told by how the process ends, too.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn main() -> ExitCode {
    let oracle = Oracle::parse();
    let result = match &oracle.command {
        OracleCommand::Programs(command) => command.run(&oracle.evaluators),
        OracleCommand::Modules(command) => command.run(&oracle.evaluators),
        OracleCommand::Attributes(command) => command.run(&oracle.evaluators),
        OracleCommand::Closure(command) => command.run(&oracle.evaluators),
        OracleCommand::Intrinsics(command) => command.run(),
        OracleCommand::Parse(command) => command.run(&oracle.evaluators),
        OracleCommand::Blame(command) => command.run(&oracle.evaluators),
        OracleCommand::Mistakes(command) => command.run(&oracle.evaluators),
        OracleCommand::Plan(command) => command.run(&oracle.evaluators),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("oracle: {error}");
            ExitCode::from(2)
        }
    }
}
