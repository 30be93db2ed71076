//! The command line: which commands there are, and what they have in common.
//!
//! One file a command. Nothing here decides anything about a fleet.

mod add;
mod cache;
mod catalogue;
mod check;
mod explain;
mod generate;
mod init;
mod nix;
mod plan;
mod remove;
mod report;
mod schema;
mod shells;
mod show;
mod watch;
mod who;
mod whole;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::diagnostics::{Diagnostic, Format, Renderer, Severity, Sources};
use crate::fleet::{self, Fleet, Folder};

/// Turn one coop.toml into a NixOS flake, and prove it
#[derive(Parser)]
#[command(name = "coop", version, max_term_width = 100)]
struct Arguments {
    /// The folder of coop.toml
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// Whether to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Every command. A new one gets a line here, a line in `run`, and a file of its own.
#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Watch(watch::Watch),
    Who(who::Who),
    Show(show::Show),
    Add(add::Add),
    Remove(remove::Remove),
    Generate(generate::Generate),
    Plan(plan::Plan),
    Report(report::Report),
    Catalogue(catalogue::Catalogue),
    Cache(cache::Cache),
    Schema(schema::Schema),
    Explain(explain::Explain),
    Nix(nix::Nix),
    Completions(shells::Completions),
    Man(shells::Man),
}

/// What a command says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Fine.
    Fine,
    /// There are findings.
    Findings,
}

/// What commands share.
struct Context {
    dir: PathBuf,
    /// Colours on stderr.
    color: bool,
}

impl Context {
    fn load(&self) -> Fleet {
        fleet::load(&Folder(self.dir.clone()))
    }

    /// Writes findings to stderr, for people.
    fn report(&self, sources: &Sources, findings: &[Diagnostic]) -> io::Result<()> {
        let renderer = Renderer {
            sources,
            format: Format::Human,
            color: self.color,
            deny_warnings: false,
        };
        io::stderr().write_all(renderer.render(findings).as_bytes())
    }

    /// Loads a fleet for a command that can do nothing with a broken one.
    fn load_sound(&self) -> anyhow::Result<Option<Fleet>> {
        let fleet = self.load();
        if !fleet.has_errors() {
            return Ok(Some(fleet));
        }
        let errors: Vec<Diagnostic> = fleet
            .findings
            .iter()
            .filter(|finding| finding.severity() == Severity::Error)
            .cloned()
            .collect();
        self.report(&fleet.sources, &errors)?;
        Ok(None)
    }
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failure; a closed pipe cannot be told about.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match std::panic::catch_unwind(|| run(arguments)) {
        Ok(Ok(Verdict::Fine)) => ExitCode::SUCCESS,
        Ok(Ok(Verdict::Findings)) => ExitCode::from(1),
        Ok(Err(error)) => {
            let closed = error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
            if closed {
                return ExitCode::SUCCESS;
            }
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
        Err(_) => {
            let _ = writeln!(
                io::stderr(),
                "This is a bug in coop. Please report it with your coop.toml."
            );
            ExitCode::from(101)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Verdict> {
    let color = match arguments.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stderr().is_terminal()
                && anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never
        }
    };
    let context = Context {
        dir: arguments.dir,
        color,
    };
    match arguments.command {
        Command::Init(command) => command.run(&context),
        Command::Check(command) => command.run(&context),
        Command::Watch(command) => command.run(&context),
        Command::Who(command) => command.run(&context),
        Command::Show(command) => command.run(&context),
        Command::Add(command) => command.run(&context),
        Command::Remove(command) => command.run(&context),
        Command::Generate(command) => command.run(&context),
        Command::Plan(command) => command.run(&context),
        Command::Report(command) => command.run(&context),
        Command::Nix(command) => command.run(),
        Command::Cache(command) => command.run(),
        Command::Catalogue(command) => command.run(&context),
        Command::Schema(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Completions(command) => command.run(&mut Arguments::command()),
        Command::Man(command) => command.run(Arguments::command()),
    }
}
