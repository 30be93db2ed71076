//! `coop nix repl`: reads expressions line by line, from a person or a pipe, and prints their values.
//! What a line means is in [`session`]; nothing is evaluated here.

mod completion;
mod session;

use std::cell::RefCell;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::rc::Rc;

use anyhow::Context as _;
use clap::Args;
use nix_eval::{Evaluator, with_stack};
use nix_flake::System;
use rustyline::error::ReadlineError;

use self::completion::Completer;
use self::session::{Answer, Session};
use super::options::EvaluationOptions;
use crate::cli::Verdict;

/// Evaluate expressions as they are typed; `:?` there says what else is understood
#[derive(Args)]
pub(in crate::cli) struct Repl {
    #[command(flatten)]
    options: EvaluationOptions,
}

const PROMPT: &str = "coop-repl> ";
const PROMPT_MORE: &str = "         > ";

type Editor = rustyline::Editor<Completer, rustyline::history::MemHistory>;

impl Repl {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let options = &self.options;
        let outcome = with_stack(move || -> anyhow::Result<()> {
            let mut evaluator =
                Evaluator::new(options.repl_settings(), Box::new(System::default()))
                    .context("cannot reserve memory for the heap")?;
            evaluator.start_on_this_stack();
            let session = Session::new(evaluator, options)?;
            let session = Rc::new(RefCell::new(session));
            let result = converse(&session);
            // The process ends soon: taking the tables apart would only cost time.
            std::mem::forget(session);
            result
        })
        .context("cannot start the evaluating thread")?;
        if let Some(result) = outcome {
            result?;
            Ok(Verdict::Fine)
        } else {
            writeln!(
                io::stderr(),
                "error: the evaluation needs more than its heap of 4 GiB"
            )?;
            Ok(Verdict::Findings)
        }
    }
}

/// Where lines come from.
enum Lines {
    /// A person, with history and completion.
    Terminal(Box<Editor>),
    /// A pipe or a file; nothing is printed but answers.
    Pipe,
}

/// What comes next.
enum Next {
    Line(Vec<u8>),
    /// Ctrl-C: what was begun is given up.
    GivenUp,
    End,
}

impl Lines {
    fn new(session: &Rc<RefCell<Session>>) -> anyhow::Result<Self> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Pipe);
        }
        let history = rustyline::history::MemHistory::new();
        let config = rustyline::Config::builder()
            .completion_type(rustyline::CompletionType::List)
            .build();
        let mut editor =
            Editor::with_history(config, history).context("cannot read from the terminal")?;
        editor.set_helper(Some(Completer::new(session.clone())));
        writeln!(
            io::stdout(),
            "coop {}: type :? for help",
            env!("CARGO_PKG_VERSION")
        )?;
        Ok(Self::Terminal(Box::new(editor)))
    }

    fn next(&mut self, prompt: &str) -> anyhow::Result<Next> {
        match self {
            Self::Terminal(editor) => match editor.readline(prompt) {
                Ok(line) => Ok(Next::Line(line.into_bytes())),
                Err(ReadlineError::Interrupted) => Ok(Next::GivenUp),
                Err(ReadlineError::Eof) => Ok(Next::End),
                Err(error) => Err(error).context("cannot read from the terminal"),
            },
            Self::Pipe => {
                let mut line = Vec::new();
                io::stdin()
                    .lock()
                    .read_until(b'\n', &mut line)
                    .context("cannot read standard input")?;
                if line.is_empty() {
                    return Ok(Next::End);
                }
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                Ok(Next::Line(line))
            }
        }
    }

    fn remember(&mut self, entry: &[u8]) {
        if let Self::Terminal(editor) = self {
            // History is a comfort: an entry that it refuses is no error.
            let _ = editor.add_history_entry(String::from_utf8_lossy(entry));
        }
    }
}

/// Reads and answers until there is no more; an expression may go on over several lines.
fn converse(session: &Rc<RefCell<Session>>) -> anyhow::Result<()> {
    session.borrow_mut().load_all();
    let mut lines = Lines::new(session)?;
    let mut input = Vec::new();
    loop {
        let prompt = if input.is_empty() {
            PROMPT
        } else {
            PROMPT_MORE
        };
        match lines.next(prompt)? {
            Next::Line(line) => input.extend_from_slice(&line),
            Next::GivenUp => {
                input.clear();
                continue;
            }
            Next::End => {
                if !input.is_empty() {
                    // What is unfinished has an error to show.
                    session.borrow_mut().answer(&input, true);
                }
                return Ok(());
            }
        }
        let answer = session.borrow_mut().answer(&input, false);
        match answer {
            Answer::Unfinished => input.push(b'\n'),
            Answer::Quit => return Ok(()),
            Answer::Done => {
                lines.remember(&input);
                input.clear();
            }
        }
        io::stdout().flush()?;
    }
}
