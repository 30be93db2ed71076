//! A thread beside the evaluation that parses and lowers: files that will be asked for, ahead of that, and
//! all files that were parsed once more, for the image that later evaluations use.
//!
//! Nothing depends on it. A file that it did not get to is parsed by whoever asks for it, and an
//! image that it could not make is made later, or not.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use super::draft::{Draft, Start, start_of};
use super::room::{Ahead, Ready, Room};
use super::save::ParsedFile;
use crate::eval::{Settings, spawn_with_stack};
use crate::world::{Reader, Saved, Saving};

/// Whether there is such a thread in this process: evaluations side by side parse the same files.
static IS_AT_WORK: AtomicBool = AtomicBool::new(false);

/// So many files are waiting when the thread is woken: that takes longer than parsing a small one.
const MANY: usize = 32;

/// How long the thread waits for something to do: an evaluator that stays is not in need of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of a text that waits until there is nothing else to do: as often as not it is a list of data, of which
/// nothing is asked.
const LARGE: usize = 256 << 10;

/// A file that will be asked for.
pub(super) struct Expected {
    /// Its path, as the language sees it.
    pub(super) path: Box<[u8]>,
    /// Where the world has it.
    pub(super) real: Box<[u8]>,
    /// Its text, where it was read and put off.
    pub(super) text: Option<Vec<u8>>,
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
    /// What it has lowered ahead.
    ready: FxHashMap<Box<[u8]>, Ready>,
    /// Whether nothing more will come.
    is_told_all: bool,
    /// Whether nobody wants the image.
    is_left: bool,
    /// Whether the thread has ended, and whether it has saved the image.
    end: Option<bool>,
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

/// What the thread needs.
pub(super) struct Task {
    pub(super) settings: Settings,
    pub(super) now: i64,
    /// The image that is made, and what it continues.
    pub(super) image: String,
    pub(super) before: Option<Box<dyn Saved>>,
    pub(super) saving: Box<dyn Saving>,
    pub(super) reader: Option<Box<dyn Reader>>,
    /// Where the evaluation has room for what is lowered ahead.
    pub(super) room: Room,
}

/// The evaluation's end of it.
pub(crate) struct Beside {
    shared: Arc<Shared>,
    start: Start,
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
    /// Starts the thread; `None` where the system has none to give.
    pub(super) fn start(claim: Claim, task: Task) -> Option<Self> {
        let shared = Arc::new(Shared::default());
        let start = start_of(task.before.as_deref());
        let told = shared.clone();
        let started = spawn_with_stack("parser", move || {
            let _claim = claim;
            let _ended = Ended(&told);
            // Whoever waits for the image sees that it did not come.
            let _ = work(&told, task);
        });
        started.ok()?;
        Some(Self {
            shared,
            start,
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
        state.ready.remove(path)
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

/// The right to start such a thread: as long as it lives, nobody else has it.
pub(super) struct Claim(());

impl Claim {
    /// `None` where somebody has it.
    pub(super) fn make() -> Option<Self> {
        (!IS_AT_WORK.swap(true, Ordering::AcqRel)).then_some(Self(()))
    }
}

impl Drop for Claim {
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

/// Puts a file off until nothing else is expected; at once where that is so, or somebody waits for it.
fn put_off(shared: &Shared, file: Expected) {
    let mut state = shared.state();
    if state.is_awaited {
        state.expected.push_front(file);
    } else {
        state.at = None;
        state.expected.push_back(file);
    }
}

fn work(shared: &Shared, task: Task) -> io::Result<()> {
    let Task {
        settings,
        now,
        image,
        before,
        saving,
        reader,
        room,
    } = task;
    let mut ahead = Ahead::begin(settings.clone(), now, &image, room);
    let draft = Draft::begin(settings, now, &image, before.as_deref(), saving)?;
    let Some(mut draft) = draft else {
        return Ok(());
    };
    loop {
        match next(shared) {
            Work::Ahead(mut file) => {
                let is_late = file.text.is_some();
                let read = || reader.as_deref().and_then(|reader| reader.read(&file.real));
                let text = file.text.take().or_else(read);
                if !is_late && text.as_ref().is_some_and(|text| text.len() >= LARGE) {
                    file.text = text;
                    put_off(shared, file);
                    continue;
                }
                let ahead = ahead.as_mut();
                let ready = text.and_then(|text| ahead?.lower(&file.path, text.into()));
                let mut state = shared.state();
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
