//! An edit of a flake's own tree: what it is to an evaluation that asked for some of it.

use nix_eval::Evaluator;
use nix_eval::stand_in::stand_in_path;
use nix_store::StoreDir;
use nix_store::nar::MemoryTree;
use serde::Serialize;

use super::Files;
use crate::asking::{Own, Recording, is_told};
use crate::memory;
use crate::record::tree::{self, Question};
use crate::record::{self, Notes, Pending, Shared};
use crate::session::{Opened, Options};

/// Lets literals of `wanted` be edited, files of the flake's own tree with what they held before the last edit.
/// Strings that are `steady` are hardly ever edited.
pub(super) fn allow_edits(
    evaluator: &mut Evaluator,
    own: &Own,
    wanted: Files,
    steady: &[Vec<u8>],
) -> Option<()> {
    let shown = StoreDir::default().print(&stand_in_path(&own.path)?);
    evaluator.allow_edits(&shown, &own.root, wanted, steady.iter().cloned());
    Some(())
}

/// An answer with its record, unless it depends on the path that is hidden.
pub(super) fn answer<T: Serialize>(
    evaluator: &Evaluator,
    value: Option<T>,
    key: &str,
    notes: &Shared,
) -> Option<(T, Option<Pending>)> {
    notes.borrow_mut().is_seen = evaluator.saw_hidden_path();
    let value = value.filter(|value| !notes.borrow().is_seen && !is_told(value))?;
    let pending = record::pending(key, &notes.borrow(), Some(&value));
    Some((value, pending))
}

/// What an evaluation of a flake is recorded with.
pub(super) fn recording(opened: &Opened, own: &Own, notes: &Shared) -> Recording {
    Recording {
        flake: opened.locked.to_evaluator_hidden(),
        own: Some((own.root.clone(), own.tree.clone())),
        notes: notes.clone(),
    }
}

/// Files that were read and hold something else now.
pub(super) type Changes = Vec<(String, Vec<u8>)>;

/// Makes an edit of a flake's own tree; whether it could be made.
pub(super) fn edit(
    changed: Changes,
    evaluator: &mut Evaluator,
    opened: &Opened,
    own: &Own,
    options: &Options,
    notes: &Shared,
) -> bool {
    let recording = recording(opened, own, notes);
    evaluator.world = opened.clone().world(options, Some(recording)).0;
    let edits: Vec<(&[u8], &[u8])> = changed
        .iter()
        .map(|(at, text)| (at.as_bytes(), &text[..]))
        .collect();
    if !evaluator.edit(&edits) {
        return false;
    }
    let mut notes = notes.borrow_mut();
    let known = notes.read.entry(Question::Content).or_default();
    for (at, _) in changed {
        let now = tree::answer(&own.tree, Question::Content, at.as_bytes());
        known.insert(at, now);
    }
    true
}

/// The files that were read and hold something else now; `None` where anything else has changed.
pub(super) fn changes(notes: &Notes, own: &MemoryTree) -> Option<Changes> {
    if notes.is_lost || !record::is_same_around(&notes.looked) {
        return None;
    }
    let mut changed = Vec::new();
    for (&question, places) in &notes.read {
        for (at, before) in places {
            if tree::answer(own, question, at.as_bytes()) == *before {
                continue;
            }
            let text = (question == Question::Content)
                .then(|| memory::read(own, at.as_bytes()).ok())
                .flatten()?;
            changed.push((at.clone(), text));
        }
    }
    Some(changed)
}
