//! A thread beside the evaluation that parses: files that will be asked for, ahead of that, and all
//! files that were parsed once more, for the image that later evaluations use.
//!
//! Nothing depends on it. A file that it did not get to is parsed by whoever asks for it, and an
//! image that it could not make is made later, or not.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use super::draft::{BASE, Draft, Start, Tree, start_of};
use super::image::Names;
use super::save::ParsedFile;
use crate::eval::{Settings, spawn_with_stack};
use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::Ast;
use crate::syntax::transfer::Transfer;
use crate::world::{Reader, Saved, Saving};

/// Whether there is such a thread in this process: evaluations side by side parse the same files.
static IS_AT_WORK: AtomicBool = AtomicBool::new(false);

/// A symbol that has no counterpart yet.
const UNKNOWN: Symbol = Symbol(u32::MAX);

/// So many files are waiting when the thread is woken: that takes longer than parsing a small one.
const MANY: usize = 32;

/// How long the thread waits for something to do: an evaluator that stays is not in need of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file that will be asked for.
pub(super) struct Expected {
    /// Its path, as the language sees it.
    pub(super) path: Box<[u8]>,
    /// Where the world has it.
    pub(super) real: Box<[u8]>,
}

/// What the thread is told, and tells.
#[derive(Default)]
struct State {
    /// Files that will be asked for, the next ones last.
    expected: VecDeque<Expected>,
    /// Files that were parsed, for the image.
    parsed: VecDeque<ParsedFile>,
    /// What it works on, and whether somebody waits for it.
    at: Option<Box<[u8]>>,
    is_awaited: bool,
    /// What it has parsed ahead.
    ready: FxHashMap<Box<[u8]>, Ready>,
    /// Names that it came upon, one after the other from the last that was taken on.
    names: Names,
    /// Trees that are of no use any more: memory is best given back by who asked for it.
    used: Vec<Ast>,
    /// Whether nothing more will come.
    is_told_all: bool,
    /// Whether nobody wants the image.
    is_left: bool,
    /// Whether the thread has ended, and whether it has saved the image.
    end: Option<bool>,
}

/// A file that was parsed ahead.
pub(super) struct Ready {
    pub(super) text: Arc<[u8]>,
    pub(super) tree: Tree,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The evaluation's end of it.
pub(crate) struct Beside {
    shared: Arc<Shared>,
    start: Start,
    /// The names that the thread came upon, and the symbols that they have here, after those that every
    /// table starts with.
    names: Names,
    known: usize,
    symbols: Vec<Symbol>,
    /// Files that it was told to expect, and which were not asked for yet.
    expected: FxHashSet<Box<[u8]>>,
}

impl Drop for Beside {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_left = true;
        self.shared.changed.notify_all();
    }
}

impl Beside {
    /// Starts the thread; `None` where there is one already, or the system has none to give.
    pub(super) fn start(
        settings: Settings,
        now: i64,
        image: String,
        before: Option<Box<dyn Saved>>,
        saving: Box<dyn Saving>,
        reader: Option<Box<dyn Reader>>,
    ) -> Option<Self> {
        if IS_AT_WORK.swap(true, Ordering::AcqRel) {
            return None;
        }
        let end = AtWork;
        let shared = Arc::new(Shared::default());
        let start = start_of(before.as_deref());
        let told = shared.clone();
        let started = spawn_with_stack("parser", move || {
            let _end = end;
            let _ended = Ended(&told);
            let draft = Draft::begin(settings, now, &image, before.as_deref(), saving);
            if let Ok(Some(draft)) = draft {
                // Whoever waits for the image sees that it did not come.
                let _ = work(&told, draft, reader.as_deref());
            }
        });
        started.ok()?;
        let known = SymbolTable::new().len();
        Some(Self {
            shared,
            start,
            names: Names::default(),
            known,
            symbols: (0..known as u32).map(Symbol).collect(),
            expected: FxHashSet::default(),
        })
    }

    /// Files will be asked for, in this order.
    pub(super) fn expect(&mut self, mut files: Vec<Expected>) {
        files.retain(|file| self.expected.insert(file.path.clone()));
        let mut state = self.shared.state();
        for file in files {
            state.expected.push_front(file);
        }
        self.shared.changed.notify_all();
    }

    /// A file was parsed.
    pub(super) fn parsed(&mut self, file: ParsedFile) {
        let mut state = self.shared.state();
        state.parsed.push_back(file);
        if state.parsed.len() == MANY {
            self.shared.changed.notify_all();
        }
    }

    /// A tree of the thread's is of no use any more.
    pub(super) fn is_used(&mut self, tree: Ast) {
        self.shared.state().used.push(tree);
    }

    /// A tree in the names of `symbols`, and with its text at `base`.
    pub(super) fn tree(
        &mut self,
        mut tree: Tree,
        base: Position,
        symbols: &mut SymbolTable,
    ) -> Ast {
        self.symbols.resize(self.known + self.names.len(), UNKNOWN);
        for &name in &tree.appeared {
            let known = &mut self.symbols[name as usize];
            if *known == UNKNOWN {
                *known = symbols.intern(self.names.get(name as usize - self.known));
            } else {
                symbols.appears(*known);
            }
        }
        tree.ast.transfer(&Transfer {
            symbols: &self.symbols,
            from: BASE,
            to: base,
        });
        tree.ast
    }

    /// What the thread made of a file, or makes just now.
    pub(super) fn ready(&mut self, path: &[u8]) -> Option<Ready> {
        if !self.expected.remove(path) {
            return None;
        }
        let mut state = self.shared.state();
        let place = state.expected.iter().rposition(|it| *it.path == *path);
        if let Some(place) = place {
            state.expected.remove(place);
            return None;
        }
        while state.at.as_deref() == Some(path) && state.end.is_none() {
            state.is_awaited = true;
            state = self.shared.wait(state);
        }
        state.is_awaited = false;
        let ready = state.ready.remove(path)?;
        self.names.append(&mut state.names);
        Some(ready)
    }

    /// Waits until the thread has nothing to do.
    #[cfg(test)]
    pub(super) fn wait_until_idle(&self) {
        loop {
            let state = self.shared.state();
            if state.end.is_some() || (state.expected.is_empty() && state.at.is_none()) {
                return;
            }
            drop(state);
            std::thread::yield_now();
        }
    }

    /// What the image continues.
    pub(super) fn continues(&self) -> Start {
        self.start
    }

    /// Waits until the thread has done all that it was told, and saved the image; `false` where it could
    /// not.
    pub(super) fn finish(self) -> bool {
        let mut state = self.shared.state();
        state.is_told_all = true;
        state.expected.clear();
        self.shared.changed.notify_all();
        loop {
            if let Some(is_saved) = state.end {
                return is_saved;
            }
            state = self.shared.wait(state);
        }
    }
}

/// As long as it lives, no other such thread starts.
struct AtWork;

impl Drop for AtWork {
    fn drop(&mut self) {
        IS_AT_WORK.store(false, Ordering::Release);
    }
}

/// However the thread ends, nobody waits for it any longer.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.end.get_or_insert(false);
        self.0.changed.notify_all();
    }
}

/// What there is to do.
enum Work {
    Ahead(Expected),
    Again(ParsedFile),
    Finish,
    Leave,
}

fn next(shared: &Shared) -> Work {
    let mut state = shared.state();
    loop {
        if state.is_left {
            return Work::Leave;
        }
        drop(std::mem::take(&mut state.used));
        // The last one, since the evaluation comes from the other side.
        if let Some(file) = state.expected.pop_front() {
            state.at = Some(file.path.clone());
            return Work::Ahead(file);
        }
        if let Some(file) = state.parsed.pop_front() {
            return Work::Again(file);
        }
        if state.is_told_all {
            return Work::Finish;
        }
        let waited = shared.changed.wait_timeout(state, PATIENCE);
        let (after, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        state = after;
        // It is not woken for a few files, which are done now.
        let is_idle = state.expected.is_empty() && state.parsed.is_empty();
        if waited.timed_out() && is_idle {
            return Work::Leave;
        }
    }
}

fn work(shared: &Shared, mut draft: Draft, reader: Option<&dyn Reader>) -> io::Result<()> {
    let mut told = SymbolTable::new().len();
    loop {
        match next(shared) {
            Work::Ahead(file) => {
                let text = reader.and_then(|reader| reader.read(&file.real));
                let ready = text.and_then(|text| {
                    let tree = draft.parse(&file.path, &text)?;
                    let text = text.into();
                    Some(Ready { text, tree })
                });
                let mut state = shared.state();
                for name in draft.names_from(told) {
                    state.names.push(name);
                    told += 1;
                }
                state.at = None;
                if let Some(ready) = ready {
                    state.ready.insert(file.path, ready);
                }
                if state.is_awaited {
                    shared.changed.notify_all();
                }
            }
            Work::Again(file) => draft.add(&file.path, &file.text)?,
            Work::Finish => {
                draft.finish()?;
                shared.state().end = Some(true);
                return Ok(());
            }
            Work::Leave => return Ok(()),
        }
    }
}
