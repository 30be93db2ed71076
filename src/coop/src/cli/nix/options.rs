//! Options that the evaluating commands share, and how an evaluator is set up from them.

use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt};
use std::path::PathBuf;
use std::thread;

use anyhow::Context as _;
use clap::{ArgAction, Args};
use nix_eval::eval::{Detail, EvalError, R};
use nix_eval::heap::Remains;
use nix_eval::position::Origin;
use nix_eval::saved::Unsaved;
use nix_eval::shared::Unshared;
use nix_eval::symbol::Symbol;
use nix_eval::{Evaluator, Settings, Value, with_stack};
use nix_flake::System;
use nix_flake::session::quiet_system;

use super::flake_options::{FlakeOptions, is_flake};
use super::flake_value;
use super::lints::LintOptions;
use crate::cli::Verdict;

#[derive(Args)]
pub(super) struct EvaluationOptions {
    /// Files, folders with a default.nix, - for standard input, or flakes as FLAKEREF#ATTR
    #[arg(value_name = "FILE|FLAKEREF#ATTR")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    flakes: FlakeOptions,
    /// An expression instead of a file
    #[arg(
        short = 'E',
        long = "expr",
        value_name = "EXPR",
        allow_hyphen_values = true
    )]
    expr: Option<String>,
    /// The attribute to take, as a path of names with dots
    #[arg(short = 'A', long = "attr", value_name = "PATH")]
    pub(super) attr: Vec<String>,
    /// Pass the value of EXPR as the argument NAME to functions on the way
    #[arg(long, num_args = 2, value_names = ["NAME", "EXPR"], action = ArgAction::Append, allow_hyphen_values = true)]
    arg: Vec<String>,
    /// Pass the string TEXT as the argument NAME to functions on the way
    #[arg(long, num_args = 2, value_names = ["NAME", "TEXT"], action = ArgAction::Append, allow_hyphen_values = true)]
    argstr: Vec<String>,
    /// Add an entry to the search path for <…>, before those of `NIX_PATH`
    #[arg(short = 'I', value_name = "[NAME=]PATH")]
    include: Vec<String>,
    /// Evaluate without access to the environment and to files outside of the store
    #[arg(long)]
    pure_eval: bool,
    /// Switch on experimental features, separated by spaces
    #[arg(long, alias = "experimental-features", value_name = "FEATURES")]
    extra_experimental_features: Vec<String>,
    /// The system that builtins.currentSystem names
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    #[command(flatten)]
    lints: LintOptions,
    /// A setting of Nix's by name: abort-on-warn is read, others are accepted
    #[arg(long, num_args = 2, value_names = ["NAME", "VALUE"], action = ArgAction::Append, hide = true)]
    option: Vec<String>,
    /// Show every frame of an error
    #[arg(long)]
    pub(super) show_trace: bool,
    /// Print counters to standard error at the end
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    trial: TrialOptions,
}

/// Ways to evaluate that are for tests of the evaluator.
#[derive(Args)]
struct TrialOptions {
    /// Evaluate the functions of nixpkgs as they are written
    #[arg(long, hide = true)]
    no_intrinsics: bool,
    /// Show what a first evaluation comes to, also where it fails
    #[arg(long, hide = true)]
    once: bool,
}

impl EvaluationOptions {
    /// Settings for a session of many expressions.
    pub(super) fn repl_settings(&self) -> Settings {
        self.settings(true)
    }

    /// The files and flakes of the command line.
    pub(super) fn words(&self) -> Vec<String> {
        let words = self.files.iter();
        words
            .map(|file| file.to_string_lossy().into_owned())
            .collect()
    }

    /// The words of the command line, where they name flakes.
    fn flake_words(&self) -> Vec<&str> {
        if self.expr.is_some() {
            return Vec::new();
        }
        let words = self.files.iter().filter_map(|file| file.to_str());
        words.filter(|word| is_flake(word)).collect()
    }

    fn settings(&self, exact_laziness: bool) -> Settings {
        let features: Vec<&str> = self
            .extra_experimental_features
            .iter()
            .flat_map(|f| f.split_whitespace())
            .collect();
        let has = |name: &str| features.contains(&name);
        let mut settings = Settings {
            pure: self.pure_eval,
            exact_laziness,
            intrinsics: !self.trial.no_intrinsics,
            pipe_operators: has("pipe-operators"),
            flakes: has("flakes"),
            fetch_tree: has("fetch-tree"),
            dynamic_derivations: has("dynamic-derivations"),
            ca_derivations: has("ca-derivations"),
            impure_derivations: has("impure-derivations"),
            parse_toml_timestamps: has("parse-toml-timestamps"),
            blake3_hashes: has("blake3-hashes"),
            home: std::env::var_os("HOME").map(OsStringExt::into_vec),
            search_path: self.search_path(),
            lints: self.lints.lints(),
            abort_on_warn: self
                .option
                .chunks_exact(2)
                .any(|pair| pair[0] == "abort-on-warn" && pair[1] == "true"),
            ..Settings::default()
        };
        if let Some(system) = &self.system {
            settings.system.clone_from(system);
        }
        if let Ok(store) = std::env::var("NIX_STORE_DIR") {
            settings.store_dir = store;
        }
        settings
    }

    fn search_path(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut entries: Vec<Vec<u8>> = self
            .include
            .iter()
            .map(|entry| entry.clone().into_bytes())
            .collect();
        if let Some(variable) = std::env::var_os("NIX_PATH") {
            let variable = variable.into_vec();
            entries.extend(
                variable
                    .split(|&b| b == b':')
                    .filter(|e| !e.is_empty())
                    .map(<[u8]>::to_vec),
            );
        }
        entries
            .into_iter()
            .map(|entry| match entry.iter().position(|&b| b == b'=') {
                Some(at) => (entry[..at].to_vec(), absolute(&entry[at + 1..])),
                None => (Vec::new(), absolute(&entry)),
            })
            .collect()
    }

    /// What is to be evaluated: its text, where it comes from, and where relative paths start.
    fn sources(&self) -> anyhow::Result<Vec<Source>> {
        if let Some(expr) = &self.expr {
            return Ok(vec![Source::Argument(expr.clone().into_bytes())]);
        }
        if self.files.is_empty() {
            return Ok(vec![Source::File(absolute(b"."))]);
        }
        self.files
            .iter()
            .map(|file| {
                let bytes = file.as_os_str().as_bytes();
                if bytes == b"-" {
                    let mut text = Vec::new();
                    io::stdin()
                        .read_to_end(&mut text)
                        .context("cannot read standard input")?;
                    return Ok(Source::Input(text));
                }
                // <nixpkgs> names a place of the search path, as for nix-instantiate.
                if bytes.starts_with(b"<") && bytes.ends_with(b">") {
                    return Ok(Source::Argument([b"import ", bytes].concat()));
                }
                Ok(Source::File(absolute(bytes)))
            })
            .collect()
    }
}

/// What is evaluated.
enum Source {
    /// The text of `--expr`.
    Argument(Vec<u8>),
    /// What standard input gave.
    Input(Vec<u8>),
    /// The file at an absolute path.
    File(Vec<u8>),
}

/// What a text mentions that is about systems.
const SYSTEMS: &[u8] = b"nixos";

/// What is saved of systems is apart from what is saved of packages: those are evaluated faster than a file is
/// opened that has the packages and modules of a system, too. Where this is mistaken, that takes time.
fn kind_of_work(sources: &[Source]) -> &'static str {
    let names_systems = |source: &Source| {
        let (Source::Argument(text) | Source::Input(text) | Source::File(text)) = source;
        text.windows(SYSTEMS.len()).any(|part| part == SYSTEMS)
    };
    if sources.iter().any(names_systems) {
        "systems"
    } else {
        ""
    }
}

pub(super) fn current_directory() -> anyhow::Result<Vec<u8>> {
    let here = std::env::current_dir().context("cannot find out the current folder")?;
    Ok(here.into_os_string().into_vec())
}

pub(super) fn absolute(path: &[u8]) -> Vec<u8> {
    let base = current_directory().unwrap_or_else(|_| b"/".to_vec());
    if path.starts_with(b"/") {
        nix_eval::path::canonical(path)
    } else {
        nix_eval::path::canonical(&nix_eval::path::join(&base, path))
    }
}

/// Runs `work` on the value of each flake of the command line; `None` where it names none.
pub(super) fn evaluate_flakes(
    options: &EvaluationOptions,
    share: bool,
    work: impl Fn(&mut Evaluator, Value) -> R<Vec<u8>> + Sync + Copy,
) -> anyhow::Result<Option<Verdict>> {
    let words = options.flake_words();
    if words.is_empty() {
        return Ok(None);
    }
    let has_arguments = !(options.arg.is_empty() && options.argstr.is_empty());
    if has_arguments || !options.attr.is_empty() || words.len() < options.files.len() {
        anyhow::bail!("--arg, --argstr, -A and files cannot be used together with flakes");
    }
    for word in words {
        let detail = if options.show_trace {
            Detail::Trace
        } else {
            Detail::Short
        };
        let settings = options.settings(false);
        let verdict = flake_value::run(word, &options.flakes, settings, (detail, share), work)?;
        if !matches!(verdict, Verdict::Fine) {
            return Ok(Some(verdict));
        }
    }
    Ok(Some(Verdict::Fine))
}

/// Where it can be seen what was forced. An evaluation that uses what others forced is tried first in
/// any case; where it could be told from one that forces what Nix forces, that one follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Laziness {
    /// In whatever is printed: by the first nothing is said or fetched, and no set or list printed.
    Shown,
    /// In messages: the first is repeated where it fails, unless it has said or fetched something.
    InErrors,
}

/// How an evaluation is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// As fast as may be, and nothing is said or fetched.
    Withheld,
    /// As fast as may be.
    Fast,
    /// What is forced is what Nix forces.
    Exact,
}

/// Runs `work` on the root value with the automatic arguments, and reports what goes wrong.
pub(super) fn evaluate(
    options: &EvaluationOptions,
    laziness: Laziness,
    share: bool,
    work: impl Fn(&mut Evaluator, Value, &[(Symbol, Value)]) -> R<Vec<u8>> + Send + Sync,
) -> anyhow::Result<Verdict> {
    let sources = options.sources()?;
    let here = current_directory()?;
    let attempt = |attempt: Attempt| {
        let evaluate = || options.evaluate(attempt, &sources, &here, share, &work);
        with_stack(evaluate).context("cannot start the evaluating thread")
    };
    let mut outcome = attempt(match laziness {
        Laziness::Shown => Attempt::Withheld,
        Laziness::InErrors => Attempt::Fast,
    })?;
    if let Some(Ok(found)) = &outcome
        && found.report.is_some()
        && !found.was_seen
        && !options.trial.once
    {
        outcome = attempt(Attempt::Exact)?;
    }
    match outcome {
        None => {
            writeln!(
                io::stderr(),
                "error: the evaluation needs more than its heap of 4 GiB"
            )?;
            Ok(Verdict::Findings)
        }
        Some(outcome) => {
            let outcome = outcome.context("cannot reserve memory for the heap")?;
            let mut stdout = io::stdout().lock();
            stdout.write_all(&outcome.output)?;
            stdout.flush()?;
            if let Some(statistics) = outcome.statistics {
                let _ = io::stderr().write_all(statistics.as_bytes());
            }
            let verdict = match outcome.report {
                None => Verdict::Fine,
                Some(report) => {
                    // Colours that a message brings along are for terminals alone.
                    anstream::stderr().write_all(report.as_bytes())?;
                    Verdict::Findings
                }
            };
            if let Some(unsaved) = outcome.unsaved {
                // Meanwhile another thread ends what it does of this.
                let remains = outcome.remains;
                // Where there is none, it is given back now.
                let _ = thread::Builder::new().spawn(move || drop(remains));
                // The answer is there; what is not saved is parsed again next time.
                let _ = unsaved.save(&mut System::default());
            }
            if let Some(unshared) = outcome.unshared {
                let _ = unshared.save(quiet_system);
            }
            Ok(verdict)
        }
    }
}

/// What was printed, and what went wrong after that.
struct Outcome {
    output: Vec<u8>,
    report: Option<String>,
    /// Whether something was said or fetched on the way.
    was_seen: bool,
    statistics: Option<String>,
    unsaved: Option<Unsaved>,
    unshared: Option<Unshared>,
    remains: Option<Remains>,
}

fn statistics(evaluator: &Evaluator) -> String {
    let stats = evaluator.stats;
    let refused = evaluator.refused_intrinsics().into_iter();
    let refused: Vec<String> = refused
        .map(|(function, variable)| format!("{function:?}:{variable:?}"))
        .collect();
    let refused = refused.join(",");
    format!(
        "{{\"files\":{},\"savedFiles\":{},\"sharedCalls\":{},\"intrinsics\":{},\"otherwise\":{},\"refused\":{{{refused}}},\"forced\":{},\"functionCalls\":{},\"builtinCalls\":{},\"updates\":{},\
         \"heapBytes\":{},\"codeBytes\":{}}}\n",
        stats.files,
        stats.saved_files,
        stats.shared_calls,
        stats.intrinsics,
        stats.otherwise,
        stats.forced,
        stats.calls,
        stats.builtin_calls,
        stats.updates,
        evaluator.heap.data_bytes(),
        evaluator.heap.code_bytes()
    )
}

impl EvaluationOptions {
    /// Evaluates `sources` one after the other and does `work` on each.
    fn evaluate(
        &self,
        attempt: Attempt,
        sources: &[Source],
        here: &[u8],
        share: bool,
        work: &impl Fn(&mut Evaluator, Value, &[(Symbol, Value)]) -> R<Vec<u8>>,
    ) -> io::Result<Outcome> {
        let settings = self.settings(attempt == Attempt::Exact);
        let mut evaluator = Evaluator::new(settings, Box::new(System::default()))?;
        evaluator.start_on_this_stack();
        if share {
            evaluator.share_calls(kind_of_work(sources));
            // They are written with `--out` alone, which does not share.
            evaluator.leave_out_derivation_texts();
        } else {
            evaluator.use_saved_files();
        }
        if attempt == Attempt::Withheld {
            evaluator.withhold();
        }
        let mut output = Vec::new();
        let result: R<()> = (|| {
            let args = self.automatic_args(&mut evaluator, here)?;
            for source in sources {
                let root = match source {
                    Source::File(file) => evaluator.import_file(file)?,
                    Source::Input(text) => evaluator.eval_text(text, Origin::Stdin, here)?,
                    Source::Argument(text) => evaluator.eval_text(text, Origin::String, here)?,
                };
                output.extend(work(&mut evaluator, root, &args)?);
            }
            Ok(())
        })();
        let report = result.err().map(|raised| {
            let error = evaluator.take_error(raised);
            self.render(&evaluator, &error)
        });
        let unsaved = evaluator.take_unsaved();
        let unshared = match unsaved {
            Some(_) => None,
            None => evaluator.take_unshared(),
        };
        let mut outcome = Outcome {
            output,
            report,
            was_seen: evaluator.was_seen(),
            statistics: self.stats.then(|| statistics(&evaluator)),
            unsaved,
            unshared,
            remains: None,
        };
        let is_last = outcome.report.is_none();
        if is_last && outcome.unshared.is_none() {
            // Saving values takes memory, and time enough to take the evaluator apart.
            outcome.remains = evaluator.forget();
        }
        Ok(outcome)
    }

    fn render(&self, evaluator: &Evaluator, error: &EvalError) -> String {
        let detail = if self.show_trace {
            Detail::Trace
        } else {
            Detail::Short
        };
        evaluator.render(error, detail)
    }

    /// The values of `--arg` and `--argstr`.
    ///
    /// # Errors
    /// What evaluating them raises.
    pub(super) fn automatic_args(
        &self,
        evaluator: &mut Evaluator,
        here: &[u8],
    ) -> R<Vec<(Symbol, Value)>> {
        let mut args = Vec::new();
        for pair in self.arg.chunks_exact(2) {
            let value = evaluator.eval_text(pair[1].as_bytes(), Origin::String, here)?;
            args.push((evaluator.symbols.intern(pair[0].as_bytes()), value));
        }
        for pair in self.argstr.chunks_exact(2) {
            let value = evaluator
                .heap
                .new_string(pair[1].as_bytes(), nix_eval::heap::ContextId::EMPTY);
            args.push((evaluator.symbols.intern(pair[0].as_bytes()), value));
        }
        Ok(args)
    }
}

/// The value at an attribute path, calling functions on the way.
pub(super) fn select(
    evaluator: &mut Evaluator,
    root: Value,
    path: &str,
    args: &[(Symbol, Value)],
) -> R<Value> {
    let mut value = root;
    for name in nix_eval::path::attribute_path(path) {
        value = evaluator.auto_call(value, args)?;
        value = evaluator.select_by_text(value, &name, path)?;
    }
    evaluator.force(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_kept_apart_from_packages() {
        let packages = || Source::Argument(b"(import <nixpkgs> { }).hello.drvPath".to_vec());
        let system = || Source::File(b"/srv/nixpkgs/nixos/default.nix".to_vec());
        assert_eq!(kind_of_work(&[packages()]), "");
        assert_eq!(kind_of_work(&[packages(), system()]), "systems");
        assert_eq!(kind_of_work(&[]), "");
    }
}
