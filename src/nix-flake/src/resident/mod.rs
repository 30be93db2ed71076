//! Evaluations that stay: asked again after an edit of the flake's own tree, they evaluate what the edit
//! touches and nothing else. Each has a thread and a heap of its own.
//!
//! An edit is one that they can make where nothing changed but literals in files that were edited
//! before, and files that are read as data; everything else that was asked of the tree has to have the
//! same answer. Otherwise the evaluation ends, and a new one begins.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix_eval::eval::R;
use nix_eval::{Evaluator, Value, with_stack};
use nix_store::nar::MemoryTree;
use serde::Serialize;

use crate::asking::Own;
use crate::record::{Pending, Shared};
use crate::session::{Opened, Options};
use edit::{allow_edits, answer, changes, edit, recording};

mod allowance;
mod edit;
mod hibernation;

pub(crate) use allowance::Allowance;
pub use hibernation::Edits;
pub(crate) use hibernation::Lasting;

/// A heap that is larger than this begins anew: what was evaluated before the edits is still in it.
const MOST_BYTES: usize = 2 << 30;

/// Texts of files, by their path in a tree.
type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// What is asked of a flake's value.
pub(crate) type Work<T> = Arc<dyn Fn(&mut Evaluator, Value) -> R<T> + Send + Sync>;

/// The evaluations that stay, by what they were asked.
pub struct Residents<T> {
    kept: Mutex<Vec<Kept<T>>>,
    history: Mutex<History>,
    /// Bytes that their heaps may take together.
    budget: usize,
    /// Edits after which one answered that had stayed.
    edits: AtomicUsize,
}

/// How the tree came to be what it is.
#[derive(Default)]
struct History {
    tree: Option<Arc<MemoryTree>>,
    /// Files that were edited at any time, with what they held before they were last.
    edited: Files,
}

/// One that stays.
struct Kept<T> {
    question: Vec<String>,
    bytes: usize,
    requests: Sender<Request>,
    replies: Receiver<Option<Reply<T>>>,
}

/// A flake that was edited.
struct Request {
    key: String,
    opened: Opened,
    own: Own,
}

/// An answer.
struct Reply<T> {
    value: T,
    pending: Option<Pending>,
    bytes: usize,
}

impl<T> Residents<T> {
    /// None yet; `budget` is how many bytes their heaps may take together.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            kept: Mutex::default(),
            history: Mutex::default(),
            budget,
            edits: AtomicUsize::new(0),
        }
    }

    /// How often one that had stayed gave an answer.
    #[must_use]
    pub fn edits(&self) -> usize {
        self.edits.load(Ordering::Relaxed)
    }

    /// Notes what the tree is from now on, and so which of its files were edited.
    pub fn follow(&self, tree: &Arc<MemoryTree>) {
        let mut history = lock(&self.history);
        if let Some(before) = history.tree.take() {
            let mut edited = Files::new();
            differences(&before, tree, &mut Vec::new(), &mut edited);
            history.edited.extend(edited);
        }
        history.tree = Some(tree.clone());
    }

    fn take(&self, question: &[&str]) -> Option<Kept<T>> {
        let mut kept = lock(&self.kept);
        let place = kept.iter().position(|kept| kept.question == question)?;
        Some(kept.remove(place))
    }

    /// Keeps one, and gives up those that were not asked for longest where they take too much room.
    fn keep(&self, one: Kept<T>) {
        let mut kept = lock(&self.kept);
        kept.push(one);
        let mut bytes: usize = kept.iter().map(|kept| kept.bytes).sum();
        while bytes > self.budget && !kept.is_empty() {
            bytes -= kept.remove(0).bytes;
        }
    }
}

fn lock<U>(mutex: &Mutex<U>) -> MutexGuard<'_, U> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The files that are in both trees with another text, with the one before.
fn differences(before: &MemoryTree, after: &MemoryTree, at: &mut Vec<u8>, found: &mut Files) {
    match (before, after) {
        (MemoryTree::Directory(before), MemoryTree::Directory(after)) => {
            for (name, node) in after {
                let Some(old) = before.get(name) else {
                    continue;
                };
                let length = at.len();
                if !at.is_empty() {
                    at.push(b'/');
                }
                at.extend(name);
                differences(old, node, at, found);
                at.truncate(length);
            }
        }
        (MemoryTree::File { contents: old, .. }, MemoryTree::File { contents: new, .. })
            if old != new =>
        {
            found.insert(at.clone(), old.clone());
        }
        _ => {}
    }
}

impl<T: Send + Clone + Serialize + 'static> Residents<T> {
    /// The answer of one that stays, or of one that begins to; `None` where there is none to be had
    /// this way. What is to be recorded goes to `pending`.
    pub(crate) fn ask(
        &self,
        question: &[&str],
        options: &Options,
        request: (String, &Opened, &Own),
        work: &Work<T>,
        pending: &mut Vec<Pending>,
    ) -> Option<T> {
        let (key, opened, own) = request;
        let request = || Request {
            key: key.clone(),
            opened: opened.clone(),
            own: own.clone(),
        };
        let reply = match self.take(question) {
            Some(kept) => {
                let reply = kept
                    .requests
                    .send(request())
                    .ok()
                    .and_then(|()| kept.replies.recv().ok().flatten());
                reply.map(|reply| (kept, reply))
            }
            None => None,
        };
        let (mut kept, reply) = match reply {
            Some(reply) => {
                self.edits.fetch_add(1, Ordering::Relaxed);
                reply
            }
            None => self.start(question, options, request(), work)?,
        };
        kept.bytes = reply.bytes;
        pending.extend(reply.pending);
        self.keep(kept);
        Some(reply.value)
    }

    /// Begins an evaluation that stays, where it is known what may be edited.
    fn start(
        &self,
        question: &[&str],
        options: &Options,
        request: Request,
        work: &Work<T>,
    ) -> Option<(Kept<T>, Reply<T>)> {
        let wanted = lock(&self.history).edited.clone();
        if wanted.is_empty() {
            return None;
        }
        let (requests, asked) = channel();
        let (answers, replies) = channel();
        let options = options.clone();
        let work = work.clone();
        let thread = thread::Builder::new().name("resident".to_owned());
        let begun = thread.spawn(move || {
            // What is begun in vain ends with its channels.
            let _ = with_stack(move || live(request, &options, wanted, &work, &asked, &answers));
        });
        begun.ok()?;
        let reply: Reply<T> = replies.recv().ok().flatten()?;
        let kept = Kept {
            question: question.iter().map(|&part| part.to_owned()).collect(),
            bytes: reply.bytes,
            requests,
            replies,
        };
        Some((kept, reply))
    }
}

/// One evaluation, from its beginning until an edit that it cannot make, or until nobody asks any more.
fn live<T: Serialize>(
    first: Request,
    options: &Options,
    wanted: Files,
    work: &Work<T>,
    requests: &Receiver<Request>,
    replies: &Sender<Option<Reply<T>>>,
) {
    let notes = Shared::default();
    let Request { key, opened, own } = first;
    let root = own.root.clone();
    let recording = recording(&opened, &own, &notes);
    let Ok((mut evaluator, flake)) = opened.begin(options, Some(recording), false) else {
        return;
    };
    if allow_edits(&mut evaluator, &own, wanted, &[]).is_none() {
        return;
    }
    let Ok(flake) = evaluator.call_flake(&flake) else {
        return;
    };
    loop {
        let outcome = work(&mut evaluator, flake);
        let reply = answer(&evaluator, outcome.ok(), &key, &notes).map(|(value, pending)| Reply {
            pending,
            bytes: evaluator.heap.data_bytes(),
            value,
        });
        let is_over = reply.is_none();
        // Who asked may be gone.
        if replies.send(reply).is_err() || is_over {
            return;
        }
        let Ok(request) = requests.recv() else {
            return;
        };
        let is_same = request.key == key && request.own.root == root;
        let is_small = evaluator.heap.data_bytes() < MOST_BYTES;
        let changed = (is_same && is_small).then(|| changes(&notes.borrow(), &request.own.tree));
        let is_edited = changed.flatten().is_some_and(|changed| {
            edit(
                changed,
                &mut evaluator,
                &request.opened,
                &request.own,
                options,
                &notes,
            )
        });
        if !is_edited {
            // It is told that there is no answer, and asks elsewhere.
            let _ = replies.send(None);
            return;
        }
    }
}
