//! `coop nix`: the evaluator on its own, with the words of `nix-instantiate` and `nix eval`.

mod eval;
mod flake;
mod flake_options;
mod flake_show;
mod flake_value;
mod instantiate;
mod lints;
mod options;
mod parse;
mod repl;

use clap::{Args, Subcommand};

use super::Verdict;

/// Nix without Nix: evaluate, instantiate and parse Nix expressions
#[derive(Args)]
pub(super) struct Nix {
    #[command(subcommand)]
    command: NixCommand,
}

#[derive(Subcommand)]
enum NixCommand {
    Eval(eval::Eval),
    Flake(flake::Flake),
    Instantiate(instantiate::Instantiate),
    Parse(parse::Parse),
    Repl(repl::Repl),
}

impl Nix {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self.command {
            NixCommand::Eval(command) => command.run(),
            NixCommand::Flake(command) => command.run(),
            NixCommand::Instantiate(command) => command.run(),
            NixCommand::Parse(command) => command.run(),
            NixCommand::Repl(command) => command.run(),
        }
    }
}
