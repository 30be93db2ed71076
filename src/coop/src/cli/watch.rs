//! `coop watch`: checks at every save. What needs no evaluation is said at once; evaluation follows
//! in a process of its own, which keeps what it evaluated for the next save. A save that comes before
//! its answer ends it.

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, PipeReader, PipeWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::check::Check;
use super::{Context, Verdict};
use crate::check::Resident;
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
    /// Check once for every line on standard input
    #[arg(long, hide = true, conflicts_with = "quick")]
    on_request: bool,
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
        if self.on_request {
            return self.serve(context);
        }
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
            is_waiting: false,
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

    /// Checks whenever it is asked to: a line is the number of a round, which stands before the answer,
    /// behind which is a zero.
    fn serve(&self, context: &Context) -> anyhow::Result<Verdict> {
        let resident = Arc::new(Resident::new(room()));
        let check = Check::next(self.nixpkgs.clone(), resident);
        for round in io::stdin().lines() {
            let round = round?;
            let answer = check.answer(context);
            let said = match &answer {
                Ok(answer) => format!("{}{}", answer.stderr, answer.stdout),
                Err(error) => format!("error: {error:#}\n"),
            };
            let mut out = io::stdout().lock();
            write!(out, "{round}\n{said}\0")?;
            out.flush()?;
            drop(out);
            if let Ok(answer) = answer {
                answer.finish();
            }
        }
        Ok(Verdict::Fine)
    }
}

/// How many bytes evaluations may keep: half of the memory that is free.
fn room() -> usize {
    let free = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = free
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:")?.strip_suffix("kB"))
        .and_then(|number| number.trim().parse::<usize>().ok());
    free.map_or(1 << 30, |free| free / 2 * 1024)
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
    /// Whether it was asked and has not answered.
    is_waiting: bool,
    /// What the evaluation of this round said, until it is shown.
    finished: Option<Vec<u8>>,
}

impl Rounds<'_> {
    /// Says what is known at once, and begins to evaluate where that is sound.
    fn begin(&mut self, saved: &[String]) -> anyhow::Result<()> {
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
        // One that is still at work has another answer to give.
        if self.is_waiting {
            self.evaluation = None;
            self.is_waiting = false;
        }
        if is_evaluated {
            self.ask().context("coop cannot run itself")?;
        }
        Ok(())
    }

    /// Asks for the evaluation of this round.
    fn ask(&mut self) -> io::Result<()> {
        self.is_waiting = true;
        if let Some(evaluation) = &mut self.evaluation
            && evaluation.ask(self.number).is_ok()
        {
            return Ok(());
        }
        let mut evaluation = Evaluation::begin(&self.arguments(), self.sender.clone())?;
        evaluation.ask(self.number)?;
        self.evaluation = Some(evaluation);
        Ok(())
    }

    fn arguments(&self) -> Vec<std::ffi::OsString> {
        let color = if self.color() { "always" } else { "never" };
        let mut arguments: Vec<std::ffi::OsString> = vec![
            "watch".into(),
            "--on-request".into(),
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
        if number == self.number && self.is_waiting {
            self.is_waiting = false;
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

/// A process that evaluates when it is asked. Dropped, it is ended.
struct Evaluation {
    process: Child,
    requests: PipeWriter,
    asked: Arc<AtomicUsize>,
}

impl Evaluation {
    fn begin(arguments: &[std::ffi::OsString], sender: Sender<Event>) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let (input, requests) = io::pipe()?;
        let process = Command::new(env::current_exe()?)
            .args(arguments)
            .stdin(input)
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        let asked = Arc::new(AtomicUsize::new(0));
        let last = asked.clone();
        thread::spawn(move || listen(reader, &last, &sender));
        Ok(Self {
            process,
            requests,
            asked,
        })
    }

    fn ask(&mut self, number: usize) -> io::Result<()> {
        self.asked.store(number, Ordering::SeqCst);
        writeln!(self.requests, "{number}")
    }
}

/// Passes answers on, and what is said in place of the last one.
fn listen(reader: PipeReader, asked: &AtomicUsize, sender: &Sender<Event>) {
    let mut reader = BufReader::new(reader);
    loop {
        let mut said = Vec::new();
        // What was read before an error is as much as there will be.
        let _ = reader.read_until(0, &mut said);
        let is_over = said.pop_if(|last| *last == 0).is_none();
        let number = asked.load(Ordering::SeqCst);
        let title = format!("{number}\n");
        let event = match said.strip_prefix(title.as_bytes()) {
            Some(rest) => Event::Evaluated(number, rest.to_vec()),
            None if is_over => Event::Evaluated(number, said),
            // An answer to an earlier question.
            None => continue,
        };
        // Nobody listens any more: coop is ending.
        if sender.send(event).is_err() || is_over {
            return;
        }
    }
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
