//! The command line of the oracle.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use oracle::compare::{CompareError, Comparison, Strictness};
use oracle::derivation::find_culprit;
use oracle::evaluator::{Evaluator, Outcome};
use oracle::generator::Generator;
use oracle::minimise::minimise;

/// Compares coop's evaluator with real Nix and reports the first difference.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many random programs to compare.
    #[arg(long, default_value_t = 1000)]
    programs: usize,
    /// Names the programs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How deep programs nest.
    #[arg(long, default_value_t = 6)]
    size: usize,
    /// How many programs one process is given.
    #[arg(long, default_value_t = 200)]
    batch: usize,
    /// Compare error messages too.
    #[arg(long)]
    messages: bool,
    /// Print programs instead of comparing them.
    #[arg(long)]
    print: bool,
    /// Real Nix.
    #[arg(long, default_value = "nix-instantiate")]
    nix: PathBuf,
    /// coop.
    #[arg(long, default_value = "target/release/coop")]
    coop: PathBuf,
    /// What makes Nix evaluate files.
    #[arg(
        long,
        default_value = "--eval --strict --read-write-mode",
        allow_hyphen_values = true
    )]
    nix_words: String,
    /// What makes coop evaluate files.
    #[arg(long, default_value = "nix eval --strict", allow_hyphen_values = true)]
    coop_words: String,
    /// Compare the derivations of this file instead of random programs.
    #[arg(long)]
    file: Option<PathBuf>,
    /// An attribute of the file; may be given several times.
    #[arg(short = 'A', long = "attr", requires = "file")]
    attribute: Vec<String>,
    /// A file that lists attributes, one on each line.
    #[arg(long, requires = "file")]
    attrs: Option<PathBuf>,
    /// Where Nix puts .drv files.
    #[arg(long, default_value = "/nix/store")]
    nix_store: PathBuf,
    /// What makes coop instantiate; the directory for its .drv files follows.
    #[arg(
        long,
        default_value = "nix instantiate --out",
        allow_hyphen_values = true
    )]
    coop_instantiate_words: String,
}

/// Why the oracle stopped.
#[derive(Debug, thiserror::Error)]
enum OracleError {
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("cannot make a directory for programs: {0}")]
    Directory(#[source] std::io::Error),
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.file {
        Some(file) => compare_derivations(&arguments, file),
        None => compare_programs(&arguments),
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

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(text) => text.clone(),
        Outcome::Error(message) => format!("error: {message}"),
    }
}

/// Compares random programs. Whether all agree.
fn compare_programs(arguments: &Arguments) -> Result<bool, OracleError> {
    let mut generator = Generator::new(arguments.seed);
    if arguments.print {
        for _ in 0..arguments.programs {
            println!("{}", generator.program(arguments.size));
        }
        return Ok(true);
    }
    let directory = tempfile::tempdir().map_err(OracleError::Directory)?;
    let comparison = Comparison {
        nix: Evaluator {
            program: arguments.nix.clone(),
            words: words(&arguments.nix_words),
        },
        coop: Evaluator {
            program: arguments.coop.clone(),
            words: words(&arguments.coop_words),
        },
        strictness: if arguments.messages {
            Strictness::Messages
        } else {
            Strictness::Values
        },
        directory: directory.path(),
    };
    let mut done = 0;
    while done < arguments.programs {
        let count = arguments.batch.max(1).min(arguments.programs - done);
        let programs: Vec<_> = (0..count)
            .map(|_| generator.program(arguments.size))
            .collect();
        if let Some(difference) = comparison.first_difference(&programs)? {
            let program = &programs[difference.index];
            println!(
                "program {} of seed {} differs",
                done + difference.index,
                arguments.seed
            );
            println!(
                "nix:  {}\ncoop: {}",
                show(&difference.nix),
                show(&difference.coop)
            );
            println!("{program}");
            let small = minimise(&comparison, program.clone())?;
            println!("\nminimised:\n{small}");
            if let Some(difference) = comparison.first_difference(std::slice::from_ref(&small))? {
                println!(
                    "nix:  {}\ncoop: {}",
                    show(&difference.nix),
                    show(&difference.coop)
                );
            }
            return Ok(false);
        }
        done += count;
    }
    println!("{done} programs of seed {} agree", arguments.seed);
    Ok(true)
}

/// Compares the derivations that attributes of a file are. Whether all agree.
fn compare_derivations(arguments: &Arguments, file: &Path) -> Result<bool, OracleError> {
    let mut attributes = arguments.attribute.clone();
    if let Some(path) = &arguments.attrs {
        let text = std::fs::read_to_string(path).map_err(|source| OracleError::Read {
            path: path.clone(),
            source,
        })?;
        attributes.extend(
            text.lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .map(str::to_owned),
        );
    }
    if attributes.is_empty() {
        attributes.push(String::new());
    }
    let directory = tempfile::tempdir().map_err(OracleError::Directory)?;
    let nix = Evaluator {
        program: arguments.nix.clone(),
        words: Vec::new(),
    };
    let mut coop_words = words(&arguments.coop_instantiate_words);
    coop_words.push(directory.path().display().to_string());
    let coop = Evaluator {
        program: arguments.coop.clone(),
        words: coop_words,
    };
    let mut failures = 0;
    for attribute in &attributes {
        let left = nix
            .instantiate(file, attribute)
            .map_err(CompareError::from)?;
        let right = coop
            .instantiate(file, attribute)
            .map_err(CompareError::from)?;
        if Strictness::Values.agrees(&left, &right) {
            continue;
        }
        failures += 1;
        println!("{attribute}\nnix:  {}\ncoop: {}", show(&left), show(&right));
        if let (Outcome::Value(left), Outcome::Value(right)) = (&left, &right) {
            let store = store_below(directory.path());
            let culprit = find_culprit(left, right, &arguments.nix_store, &store);
            println!("first to differ:\n  {}\n  {}", culprit.nix, culprit.coop);
            if let Some((left, right)) = culprit.excerpts {
                println!("nix:  …{left}…\ncoop: …{right}…");
            }
        }
    }
    println!("{} attributes, {failures} differ", attributes.len());
    Ok(failures == 0)
}

/// Where store paths lie in a directory that holds a store: below `nix/store`, or in it itself.
fn store_below(directory: &Path) -> PathBuf {
    let nested = directory.join("nix/store");
    if nested.is_dir() {
        nested
    } else {
        directory.to_path_buf()
    }
}
