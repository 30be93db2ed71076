//! What was said so far in `coop nix repl`, and what a line of it means (Nix's `repl.cc`).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::Context as _;
use nix_eval::eval::{ErrorKind, EvalError, R};
use nix_eval::position::Origin;
use nix_eval::symbol::Symbol;
use nix_eval::{Evaluator, Value, print};

use crate::cli::nix::flake_options::{is_flake, parse_reference};
use crate::cli::nix::options::{EvaluationOptions, absolute, current_directory};

/// What `:?` says.
const HELP: &str = "\
The following commands are available:

  <expr>                       Evaluate and print expression
  <x> = <expr>                 Bind expression to variable
  :a, :add <expr>              Add attributes from resulting set to scope
  :l, :load <path>             Load Nix expression and add it to scope
  :lf, :load-flake <ref>       Load flake and add it to scope
  :p, :print <expr>            Evaluate and print expression recursively
                               Strings are printed directly, without escaping
  :q, :quit                    Leave
  :r, :reload                  Reload all files
  :t <expr>                    Describe result of evaluation
  :te, :trace-enable [bool]    Enable, disable or toggle showing traces for errors
  :?, :help                    Print this
";

/// How many names are listed of what was loaded.
const LISTED: usize = 20;
/// Deeper than any value can be.
const WHOLE: u32 = u32::MAX;

/// What became of a line.
pub(super) enum Answer {
    /// It was answered, with a value or an error.
    Done,
    /// It is the beginning of an expression.
    Unfinished,
    /// It ends the session.
    Quit,
}

/// What a session reads at its start, and again with `:r`.
#[derive(Clone, PartialEq, Eq)]
enum Load {
    File(String),
    Flake(String),
}

/// The evaluator, and what names stand for.
pub(super) struct Session {
    evaluator: Evaluator,
    scope: Vec<(Symbol, Value)>,
    /// Where in `scope` a name is.
    places: HashMap<Symbol, usize>,
    loads: Vec<Load>,
    args: Vec<(Symbol, Value)>,
    here: Vec<u8>,
    shows_traces: bool,
}

impl Session {
    pub(super) fn new(
        mut evaluator: Evaluator,
        options: &EvaluationOptions,
    ) -> anyhow::Result<Self> {
        let here = current_directory()?;
        let args = evaluator
            .attempt(|evaluator| options.automatic_args(evaluator, &here))
            .map_err(|error| anyhow::Error::msg(error.message).context("cannot evaluate --arg"))?;
        let loads = options.words().into_iter().map(|word| {
            if is_flake(&word) {
                Load::Flake(word)
            } else {
                Load::File(word)
            }
        });
        Ok(Self {
            loads: loads.collect(),
            evaluator,
            scope: Vec::new(),
            places: HashMap::default(),
            args,
            here,
            shows_traces: options.show_trace,
        })
    }

    /// Reads all files and flakes, again.
    pub(super) fn load_all(&mut self) {
        for load in self.loads.clone() {
            self.load(&load);
        }
    }

    /// Does what a line says. Where it is `last`, an expression that should go on is an error.
    pub(super) fn answer(&mut self, line: &[u8], last: bool) -> Answer {
        let line = line.trim_ascii();
        let (command, argument) = split(line);
        let done = match command {
            b"" if line.is_empty() => Ok(()),
            b"" => self.bind_or_print(line),
            b":?" | b":help" => self.say(HELP.as_bytes()),
            b":q" | b":quit" => return Answer::Quit,
            b":a" | b":add" => self.eval(argument).and_then(|value| self.add(value)),
            b":l" | b":load" => {
                self.load(&Load::File(String::from_utf8_lossy(argument).into_owned()));
                Ok(())
            }
            b":lf" | b":load-flake" => {
                self.load(&Load::Flake(String::from_utf8_lossy(argument).into_owned()));
                Ok(())
            }
            b":r" | b":reload" => {
                self.evaluator.forget_files();
                self.load_all();
                Ok(())
            }
            b":t" => self.eval(argument).and_then(|value| {
                let text = self.evaluator.describe(value);
                self.say(format!("{text}\n").as_bytes())
            }),
            b":p" | b":print" => self.print_whole(argument),
            b":te" | b":trace-enable" => self.trace_enable(argument),
            b":b" | b":bl" | b":i" | b":sh" | b":u" | b":log" => {
                Self::fail("coop evaluates and builds nothing".to_owned())
            }
            other => {
                let shown = String::from_utf8_lossy(other).into_owned();
                Self::fail(format!("unknown command '{shown}'"))
            }
        };
        match done {
            Err(error) if !last && is_unfinished(&error) => Answer::Unfinished,
            Err(error) => {
                self.report(&error);
                Answer::Done
            }
            Ok(()) => Answer::Done,
        }
    }

    /// Names that may stand after `subject` and a dot; names in scope without one.
    pub(super) fn names(&mut self, subject: Option<&str>) -> Vec<String> {
        let Some(subject) = subject else {
            let globals = self.evaluator.global_names();
            let own = self.scope.iter().map(|&(name, _)| {
                String::from_utf8_lossy(self.evaluator.symbols.name(name)).into_owned()
            });
            let mut names: Vec<String> = own.chain(globals).collect();
            names.sort();
            names.dedup();
            return names;
        };
        // What cannot be evaluated has nothing to offer.
        let Ok(value) = self.eval(subject.as_bytes()) else {
            return Vec::new();
        };
        let attributes = self.evaluator.attempt(|e| e.attributes(value));
        let attributes = attributes.unwrap_or_default();
        attributes.into_iter().map(|(name, _)| name).collect()
    }

    fn eval(&mut self, text: &[u8]) -> Result<Value, EvalError> {
        let (scope, here) = (&self.scope, &self.here);
        self.evaluator.attempt(|evaluator| {
            let value = evaluator.eval_in_scope(text, Origin::String, here, scope)?;
            evaluator.force(value)
        })
    }

    fn fail(message: String) -> Result<(), EvalError> {
        Err(EvalError::new(ErrorKind::Evaluation, message))
    }

    fn report(&mut self, error: &EvalError) {
        let detail = if self.shows_traces {
            nix_eval::eval::Detail::Trace
        } else {
            nix_eval::eval::Detail::Short
        };
        let report = self.evaluator.render(error, detail);
        // Nobody is left to be told where standard error is closed.
        let _ = anstream::stderr().write_all(report.as_bytes());
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "it ends the arms of `answer`, which have this type"
    )]
    fn say(&self, text: &[u8]) -> Result<(), EvalError> {
        // A reader that went away ends the session with the next line.
        let _ = anstream::stdout().write_all(text);
        Ok(())
    }

    fn bind_or_print(&mut self, line: &[u8]) -> Result<(), EvalError> {
        if is_binding(line) {
            match self.bindings(line) {
                Ok(set) => return self.bind(set).map(drop),
                // It may be an expression all the same, as `let x = …` is.
                Err(error) if is_syntax(&error) => {
                    let open = self.eval(&[b"{", line].concat());
                    if let Err(error) = open
                        && is_unfinished(&error)
                    {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let value = self.eval(line)?;
        let text = self
            .evaluator
            .attempt(|evaluator| print::pretty(evaluator, value, 1))?;
        self.say(&[&text, &b"\n"[..]].concat())
    }

    /// The set that bindings make: `x = 1; y = 2`, `inherit (a) b`, with or without the last `;`.
    fn bindings(&mut self, line: &[u8]) -> Result<Value, EvalError> {
        let line = line.strip_suffix(b";").unwrap_or(line);
        self.eval(&[b"{", line, b"\n;}"].concat())
    }

    fn bind(&mut self, set: Value) -> Result<usize, EvalError> {
        let attributes = self.evaluator.attempt(|e| e.attributes(set))?;
        let count = attributes.len();
        for (name, value) in attributes {
            let symbol = self.evaluator.symbols.intern(name.as_bytes());
            if let Some(&place) = self.places.get(&symbol) {
                self.scope[place].1 = value;
            } else {
                self.places.insert(symbol, self.scope.len());
                self.scope.push((symbol, value));
            }
        }
        Ok(count)
    }

    fn print_whole(&mut self, text: &[u8]) -> Result<(), EvalError> {
        let value = self.eval(text)?;
        let shown = if value.is_string() {
            self.evaluator.heap.string(value).to_vec()
        } else {
            self.evaluator
                .attempt(|evaluator| print::pretty(evaluator, value, WHOLE))?
        };
        self.say(&[&shown, &b"\n"[..]].concat())
    }

    fn trace_enable(&mut self, argument: &[u8]) -> Result<(), EvalError> {
        self.shows_traces = match argument {
            b"" => !self.shows_traces,
            b"true" => true,
            b"false" => false,
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                return Self::fail(format!("unexpected argument '{other}' to :te"));
            }
        };
        self.say(if self.shows_traces {
            b"showing error traces\n"
        } else {
            b"not showing error traces\n"
        })
    }

    fn load(&mut self, load: &Load) {
        self.loads.retain(|known| known != load);
        self.loads.push(load.clone());
        let loaded = match load {
            Load::File(path) => self.load_file(path),
            Load::Flake(reference) => self.load_flake(reference),
        };
        if let Err(error) = loaded.and_then(|value| self.add(value)) {
            self.report(&error);
        }
    }

    fn load_file(&mut self, path: &str) -> Result<Value, EvalError> {
        let args = self.args.clone();
        let path = path.as_bytes();
        let here = self.here.clone();
        self.evaluator.attempt(|evaluator| {
            let value = if path.starts_with(b"<") && path.ends_with(b">") {
                evaluator.eval_text(&[b"import ", path].concat(), Origin::String, &here)?
            } else {
                evaluator.import_file(&absolute(path))?
            };
            evaluator.auto_call(value, &args)
        })
    }

    fn load_flake(&mut self, text: &str) -> Result<Value, EvalError> {
        let url = parse_reference(text)
            .and_then(|(reference, _)| reference.to_url().context("it has no URL"));
        self.evaluator.attempt(|evaluator| -> R<Value> {
            let url = match url {
                Ok(url) => url,
                Err(error) => return evaluator.fail(format!("{error:#}")),
            };
            match evaluator.world.lock_flake(&url, false) {
                Ok(locked) => evaluator.call_flake(&locked),
                Err(message) => evaluator.fail(message),
            }
        })
    }

    /// Adds the attributes of a set to the scope, and says which.
    fn add(&mut self, set: Value) -> Result<(), EvalError> {
        let count = self.bind(set)?;
        let attributes = self.evaluator.attempt(|e| e.attributes(set))?;
        let names: Vec<String> = attributes
            .into_iter()
            .take(LISTED)
            .map(|(name, _)| name)
            .collect();
        let mut text = format!("Added {count} variables.\n{}\n", names.join(", "));
        if count > LISTED {
            let _ = writeln!(text, "... and {} more", count - LISTED);
        }
        let _ = io::stderr().write_all(text.as_bytes());
        Ok(())
    }
}

/// The command that a line begins with, if it does, and the rest.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    if !line.starts_with(b":") {
        return (b"", line);
    }
    let end = line.iter().position(u8::is_ascii_whitespace);
    let (command, argument) = line.split_at(end.unwrap_or(line.len()));
    (command, argument.trim_ascii())
}

/// Whether a text is not what the grammar wants.
fn is_syntax(error: &EvalError) -> bool {
    error.kind == ErrorKind::Parse && error.message.starts_with("syntax error")
}

/// Whether a text ended before the expression did.
fn is_unfinished(error: &EvalError) -> bool {
    error.kind == ErrorKind::Parse && error.message.contains("unexpected end of file")
}

/// Whether a line looks like bindings: an attribute path before a lone `=`, or `inherit`.
fn is_binding(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"inherit") {
        return rest
            .first()
            .is_some_and(|&next| next == b'(' || next.is_ascii_whitespace());
    }
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'=' => return at > 0 && line.get(at + 1) != Some(&b'='),
            b'.' | b'_' | b'-' | b'\'' | b' ' | b'\t' | b'\n' => {}
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{is_binding, split};

    #[test]
    fn bindings_are_told_from_comparisons() {
        for line in [
            "x = 1",
            "a.b=1",
            "\"a = b\".c = 1",
            "inherit (x) y;",
            "x=1; y=2",
        ] {
            assert!(is_binding(line.as_bytes()), "{line}");
        }
        for line in [
            "x == 1",
            "{ x = 1; }",
            "inherited",
            "x: x",
            "1 + 1",
            "(x = 1)",
        ] {
            assert!(!is_binding(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_command_ends_at_a_space() {
        assert_eq!(split(b":t  1 + 1"), (&b":t"[..], &b"1 + 1"[..]));
        assert_eq!(split(b":q"), (&b":q"[..], &b""[..]));
        assert_eq!(split(b"x: x"), (&b""[..], &b"x: x"[..]));
    }
}
