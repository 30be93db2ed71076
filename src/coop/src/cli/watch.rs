//! `coop watch`: checks at every save. What needs no evaluation is said at once; evaluation follows
//! in a process of its own, which the next save ends.

use std::env;
use std::io::{self, IsTerminal as _, PipeReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::check::Check;
use super::{Context, Verdict};
use crate::watch::{State, Watcher, folders, when_closed};

/// An editor that saves does several things in a row; this long after the last one it is done.
const QUIET: Duration = Duration::from_millis(40);
/// To a terminal: clear it, with what has scrolled away, and begin at the top.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Check at every save, until Ctrl-C
#[derive(Args)]
pub(super) struct Watch {
    /// The nixpkgs to evaluate with, in place of the one that flake.lock pins
    #[arg(long, value_name = "FOLDER|FLAKEREF", conflicts_with = "quick")]
    nixpkgs: Option<String>,
    /// Evaluate nothing
    #[arg(long)]
    quick: bool,
}

/// What happens while coop watches.
#[derive(Clone)]
enum Event {
    /// Something may have been saved.
    Saved,
    /// The evaluation of this round has come to an end, and said this.
    Evaluated(usize, Vec<u8>),
    /// Ctrl-C, or nobody reads any more.
    Ended,
}

impl Watch {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let (sender, events) = mpsc::channel();
        let end = sender.clone();
        ctrlc::set_handler(move || {
            // Nobody listens any more: coop is ending anyway.
            let _ = end.send(Event::Ended);
        })
        .context("Ctrl-C cannot be listened to")?;
        let end = sender.clone();
        when_closed(io::stdout(), move || {
            let _ = end.send(Event::Ended);
        });
        let mut watcher =
            Watcher::new(sender.clone(), Event::Saved).context("files cannot be watched here")?;
        let mut rounds = Rounds {
            watch: &self,
            context,
            sender,
            number: 0,
            evaluation: None,
            finished: None,
        };
        let mut before = State::default();
        loop {
            // Watched first, looked at then: nothing that is saved meanwhile is missed.
            let folders = folders(&context.dir);
            watcher
                .follow(&folders)
                .context("the fleet's folders cannot be watched")?;
            let now = State::of(&folders);
            let saved: Vec<String> = now
                .since(&before)
                .into_iter()
                .map(|path| shown(&context.dir, path))
                .collect();
            if !saved.is_empty() {
                rounds.begin(&saved)?;
            }
            before = now;
            if !rounds.wait(&events)? {
                return Ok(Verdict::Fine);
            }
        }
    }
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// One check after the other.
struct Rounds<'a> {
    watch: &'a Watch,
    context: &'a Context,
    sender: Sender<Event>,
    number: usize,
    evaluation: Option<Evaluation>,
    /// What the evaluation of this round said, until it is shown.
    finished: Option<Vec<u8>>,
}

impl Rounds<'_> {
    /// Says what is known at once, and begins to evaluate where that is sound.
    fn begin(&mut self, saved: &[String]) -> anyhow::Result<()> {
        self.evaluation = None;
        self.finished = None;
        self.number += 1;
        let check = Check::quick((!self.watch.quick).then_some("that comes next"));
        let answer = check.answer(self.context)?;
        let title = match saved {
            _ if self.number == 1 => "coop watch".to_owned(),
            [file] => format!("{file} was saved"),
            files => format!("{} files were saved", files.len()),
        };
        let is_evaluated = !self.watch.quick && answer.verdict == Verdict::Fine;
        let text = answer.stderr + &answer.stdout;
        self.say(&title, text.as_bytes())?;
        if is_evaluated {
            let arguments = self.arguments();
            let evaluation = Evaluation::begin(&arguments, self.number, self.sender.clone());
            self.evaluation = Some(evaluation.context("coop cannot run itself")?);
        }
        Ok(())
    }

    fn arguments(&self) -> Vec<std::ffi::OsString> {
        let color = if self.color() { "always" } else { "never" };
        let mut arguments: Vec<std::ffi::OsString> = vec![
            "check".into(),
            "--color".into(),
            color.into(),
            "--dir".into(),
        ];
        arguments.push(self.context.dir.clone().into());
        if let Some(nixpkgs) = &self.watch.nixpkgs {
            arguments.extend(["--nixpkgs".into(), nixpkgs.into()]);
        }
        arguments
    }

    fn color(&self) -> bool {
        self.context.color && io::stdout().is_terminal()
    }

    /// Waits for a save, and says whether there is more to come.
    fn wait(&mut self, events: &Receiver<Event>) -> anyhow::Result<bool> {
        loop {
            if let Some(said) = self.finished.take() {
                self.say("in full", &said)?;
            }
            match events.recv() {
                Ok(Event::Saved) => return Ok(self.settle(events)),
                Ok(Event::Evaluated(number, said)) => self.finish(number, said),
                Ok(Event::Ended) | Err(_) => return Ok(false),
            }
        }
    }

    /// Waits until nothing has been saved for a moment; says whether there is more to come.
    fn settle(&mut self, events: &Receiver<Event>) -> bool {
        loop {
            match events.recv_timeout(QUIET) {
                Ok(Event::Saved) => {}
                Ok(Event::Evaluated(number, said)) => self.finish(number, said),
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn finish(&mut self, number: usize, said: Vec<u8>) {
        if number == self.number {
            self.evaluation = None;
            self.finished = Some(said);
        }
    }

    /// The latest answer alone, on a terminal; otherwise one after the other.
    fn say(&self, title: &str, text: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            write!(out, "{CLEAR}")?;
        } else {
            writeln!(out, "--- {} · {title}", self.number)?;
        }
        out.write_all(text)?;
        out.flush()
    }
}

/// A `coop check` that runs. Dropped, it is ended.
struct Evaluation(Child);

impl Evaluation {
    fn begin(
        arguments: &[std::ffi::OsString],
        number: usize,
        sender: Sender<Event>,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let child = Command::new(env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        thread::spawn(move || {
            let said = read(reader);
            // Nobody listens any more: coop is ending.
            let _ = sender.send(Event::Evaluated(number, said));
        });
        Ok(Self(child))
    }
}

fn read(mut reader: PipeReader) -> Vec<u8> {
    let mut said = Vec::new();
    // What was read before an error is as much as there will be.
    let _ = reader.read_to_end(&mut said);
    said
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
