//! Evaluations that hibernate in the cache: asked again by another process after an edit of the flake's own
//! tree, they evaluate what the edit touches and nothing else. What was noted of the world is kept with each,
//! and has to be the same but for the edit.

use std::collections::BTreeMap;
use std::time::Instant;

use nix_eval::eval::R;
use nix_eval::hibernation::{is_whole, notes_of};
use nix_eval::world::LockedFlake;
use nix_eval::{Evaluator, Value};
use nix_store::nar::MemoryTree;
use serde::{Deserialize, Serialize};

use super::Files;
use super::edit::{allow_edits, answer, changes, edit, recording};
use crate::asking::Own;
use crate::page_map::{PageMap, note_written_pages};
use crate::record::{self, Notes, Pending, Shared, tree};
use crate::session::{Opened, Options, on_a_stack};
use crate::shelf::HIBERNATING;
use crate::values;

/// Where an edit makes an evaluation grow by more than this part of it, the next one had better begin anew.
const PART_WORTH_BEGINNING: usize = 2;

/// What may be edited without an evaluation having to begin anew, beside files that are read as data.
#[derive(Clone, Default)]
pub struct Edits {
    /// Folders and files of the flake's own tree: literals in code there.
    pub places: Vec<String>,
    /// Strings among them that are hardly ever edited, since much depends on them.
    pub steady: Vec<Vec<u8>>,
}

/// A question to an evaluation that lasts.
#[derive(Clone, Copy)]
pub(crate) struct Lasting<'a> {
    pub(crate) opened: &'a Opened,
    pub(crate) options: &'a Options,
    pub(crate) own: &'a Own,
    /// The name of the question's record.
    pub(crate) key: &'a str,
    pub(crate) edits: &'a Edits,
}

/// What came of an evaluation that woke up.
enum Woken<T> {
    /// An answer, and what is to be recorded.
    Answered(T, Option<Pending>),
    /// An error.
    Failed,
}

/// What was noted while something was evaluated, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptNotes {
    looked: BTreeMap<String, String>,
    read: tree::Answers,
}

impl Lasting<'_> {
    /// The answer of an evaluation that hibernated, or of one that does from now on; `None` where there is none to be
    /// had this way.
    pub(crate) fn ask<T: Send + Serialize>(
        self,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + Sync + ?Sized),
    ) -> Option<(T, Option<Pending>)> {
        let woken = on_a_stack(|| Ok(self.wake(work)));
        match woken.ok().flatten() {
            Some(Woken::Answered(value, pending)) => Some((value, pending)),
            // It will fail again, and is to say why.
            Some(Woken::Failed) => None,
            None => on_a_stack(|| Ok(self.begin(work))).ok().flatten(),
        }
    }

    /// An evaluator that has not evaluated anything yet, the flake as it is shown to it, and the notes of what it
    /// asks. It uses what was saved, unless it `is_alone`.
    fn evaluator(self, is_alone: bool) -> Option<(Evaluator, LockedFlake, Shared)> {
        let notes = Shared::default();
        let recording = Some(recording(self.opened, self.own, &notes));
        let opened = self.opened.clone();
        let begun = opened.begin(self.options, recording, is_alone);
        let (evaluator, flake) = begun.ok()?;
        Some((evaluator, flake, notes))
    }

    /// Wakes an evaluation, makes the edit and asks it; `None` where none can be woken, or its answer is of no
    /// use.
    fn wake<T: Serialize>(
        self,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + ?Sized),
    ) -> Option<Woken<T>> {
        let saved = values::open(&self.opened.fetcher.cache, &HIBERNATING, self.key)?;
        let kept: KeptNotes = serde_json::from_slice(&notes_of(&*saved)?).ok()?;
        let kept_notes = kept.notes()?;
        // Before it is woken, which is in vain where the edit cannot be made.
        let changed = changes(&kept_notes, &self.own.tree)?;
        let (mut evaluator, flake, notes) = self.evaluator(is_whole(&*saved))?;
        let value = evaluator.wake(saved, &flake)?;
        notes.borrow_mut().add(kept_notes);
        let before = evaluator.heap.data_bytes();
        if evaluator.edited_tree() != self.own.root
            || notes.borrow().is_lost
            || !edit(
                changed,
                &mut evaluator,
                self.opened,
                self.own,
                self.options,
                &notes,
            )
        {
            return None;
        }
        let Ok(value) = work(&mut evaluator, value) else {
            return Some(Woken::Failed);
        };
        let grown = evaluator.heap.data_bytes() - before;
        if grown > evaluator.own_bytes() / PART_WORTH_BEGINNING {
            values::delete(&self.opened.fetcher.cache, &HIBERNATING, self.key);
        }
        let (value, pending) = answer(&evaluator, Some(value), self.key, &notes)?;
        Some(Woken::Answered(value, pending))
    }

    /// Evaluates so that edits can be made later, answers, and hibernates.
    fn begin<T: Serialize>(
        self,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + ?Sized),
    ) -> Option<(T, Option<Pending>)> {
        let later = &self.opened.later;
        let cache = &self.opened.fetcher.cache;
        let allowance = &self.opened.allowance;
        if !allowance.has_more(cache, self.key) {
            return None;
        }
        // Whole, it takes longer: worth it for few that begin, not for each edit that cannot be made to what
        // hibernates.
        let is_known = || record::is_known(cache, self.key);
        let make = || {
            let useful = self.evaluator(false).filter(|(evaluator, ..)| {
                evaluator.can_hibernate() && !(evaluator.hibernates_whole() && is_known())
            });
            useful.ok_or(())
        };
        let ready = later.begin(cache, make, |(evaluator, ..)| evaluator);
        let ((mut evaluator, flake, notes), turn) = ready.ok()?;
        if evaluator.hibernates_whole() && !turn.may_be_whole() {
            return None;
        }
        let mut wanted = Files::new();
        for place in &self.edits.places {
            if let Some(tree) = self.own.tree.get(place.as_bytes()) {
                code_files(tree, &mut place.as_bytes().to_vec(), &mut wanted);
            }
        }
        allow_edits(&mut evaluator, self.own, wanted, &self.edits.steady)?;
        let begun = Instant::now();
        let outcome = evaluator
            .call_flake(&flake)
            .and_then(|flake| Ok((flake, work(&mut evaluator, flake)?)));
        let evaluating = begun.elapsed();
        let Ok((flake, value)) = outcome else {
            allowance.fail();
            return None;
        };
        note_written_pages(&evaluator);
        let answer = answer(&evaluator, Some(value), self.key, &notes)?;
        let useful = later.take_beside(&mut evaluator, &turn);
        if (!useful.changes_values() || evaluator.hibernates_whole())
            && let Some(kept) = KeptNotes::of(&notes.borrow())
            && let Some(page_map) = PageMap::open()
        {
            let save = |parts: &[&[u8]]| {
                let written = values::save(cache, &HIBERNATING, self.key, parts, allowance.since);
                written.map(|written| later.stamp(written))
            };
            let begun = Instant::now();
            // What does not hibernate is evaluated anew.
            let _ = evaluator.hibernate(flake, &kept, &page_map, save);
            allowance.spend(evaluating, begun.elapsed());
        }
        drop(evaluator);
        later.put(useful, cache);
        Some(answer)
    }
}

/// The files of code in a tree, by their path.
fn code_files(tree: &MemoryTree, at: &mut Vec<u8>, found: &mut Files) {
    match tree {
        MemoryTree::Directory(entries) => {
            for (name, node) in entries {
                let length = at.len();
                at.push(b'/');
                at.extend(name);
                code_files(node, at, found);
                at.truncate(length);
            }
        }
        MemoryTree::File { contents, .. } if at.ends_with(b".nix") => {
            found.insert(at.clone(), contents.clone());
        }
        _ => {}
    }
}

impl KeptNotes {
    /// Notes as bytes; `None` where they are of no use later.
    fn of(notes: &Notes) -> Option<Vec<u8>> {
        if notes.is_lost {
            return None;
        }
        let looked = notes.looked.iter().map(|(path, found)| {
            let path = String::from_utf8(path.clone()).ok()?;
            Some((path, (*found).to_owned()))
        });
        let kept = Self {
            looked: looked.collect::<Option<_>>()?,
            read: notes.read.clone(),
        };
        serde_json::to_vec(&kept).ok()
    }

    /// The notes that they were.
    fn notes(self) -> Option<Notes> {
        let looked = self.looked.into_iter();
        let looked =
            looked.map(|(path, found)| Some((path.into_bytes(), record::known_word(&found)?)));
        Some(Notes {
            looked: looked.collect::<Option<_>>()?,
            read: self.read,
            ..Notes::default()
        })
    }
}
