//! Questions about a flake whose answers may come from records: which record would hold the answer,
//! and whether it does.
//!
//! A flake in memory is asked twice at most. First under a path that stands in for its own, so that
//! the answer holds for every tree that is the same as far as it was read; where that path was seen,
//! once more under its own, and then the answer holds for this very tree.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::SystemTime;

use nix_eval::eval::{R, StoreContent};
use nix_eval::stand_in::{has_stand_in, with_real_path};
use nix_eval::world::LockedFlake;
use nix_eval::{Evaluator, Value};
use nix_store::StorePath;
use nix_store::nar::MemoryTree;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{self, Answer, Pending, Recalled, Records, Shared};
use crate::resident::{Edits, Lasting, Residents, Work};
use crate::session::{Failure, Opened, Options, on_a_stack};
use crate::shelf::HIBERNATING;
use crate::values;

/// A question.
struct Inquiry<'a> {
    options: &'a Options,
    records: Records,
    program: &'a str,
    question: &'a [&'a str],
}

impl Inquiry<'_> {
    /// What the record of a flake's answer is found by.
    fn key(&self, flake: &LockedFlake) -> String {
        let settings = self.options.flake_settings();
        record::key(flake, &settings, self.program, self.question)
    }

    /// An answer, which has to be the one that was recorded.
    fn held_against<T: PartialEq>(
        &self,
        known: Option<(T, SystemTime)>,
        value: T,
    ) -> Result<Answer<T>, Failure> {
        match known {
            Some((before, _)) if before != value => Err(Failure::Stale(self.question.join(" "))),
            known => {
                let recorded = known.map(|(_, at)| at);
                Ok(Answer { value, recorded })
            }
        }
    }
}

/// A tree in memory whose path is hidden.
#[derive(Clone)]
pub(crate) struct Own {
    /// Where it lies.
    pub(crate) root: Vec<u8>,
    /// What is in it.
    pub(crate) tree: Arc<MemoryTree>,
    /// The path that is hidden.
    pub(crate) path: StorePath,
}

impl Opened {
    /// Evaluates the flake as [`Opened::evaluate`] does, unless the answer is in the record of an
    /// earlier evaluation. `question` says what `work` asks; `program` is the text of `work`, which
    /// another question cannot have.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn ask<T: Send + PartialEq + Serialize + DeserializeOwned>(
        &self,
        options: &Options,
        records: Records,
        program: &str,
        question: &[&str],
        work: impl Fn(&mut Evaluator, Value) -> R<T> + Sync,
    ) -> Result<Answer<T>, Failure> {
        self.ask_some(options, records, program, question, &work, |_, _| None)
    }

    /// The same where the answer may come from an evaluation that stays, too.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn ask_resident<T>(
        &self,
        residents: &Residents<T>,
        options: &Options,
        records: Records,
        program: &str,
        question: &[&str],
        work: impl Fn(&mut Evaluator, Value) -> R<T> + Send + Sync + 'static,
    ) -> Result<Answer<T>, Failure>
    where
        T: Send + Clone + PartialEq + Serialize + DeserializeOwned + 'static,
    {
        let work: Work<T> = Arc::new(work);
        self.ask_some(options, records, program, question, &*work, |key, own| {
            let mut pending = Vec::new();
            let request = (key.to_owned(), self, own);
            let answer = residents.ask(question, options, request, &work, &mut pending);
            self.pending().extend(pending);
            answer
        })
    }

    /// The same where the answer may come from an evaluation that hibernates after an earlier question, if
    /// nothing was edited since but what `edits` are about. Where there is none, one begins, if there is room for it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn ask_lasting<T: Send + PartialEq + Serialize + DeserializeOwned>(
        &self,
        edits: &Edits,
        options: &Options,
        records: Records,
        program: &str,
        question: &[&str],
        work: impl Fn(&mut Evaluator, Value) -> R<T> + Sync,
    ) -> Result<Answer<T>, Failure> {
        self.ask_some(options, records, program, question, &work, |key, own| {
            let lasting = Lasting {
                opened: self,
                options,
                own,
                key,
                edits,
            };
            let (value, pending) = lasting.ask(&work)?;
            self.pending().extend(pending);
            Some(value)
        })
    }

    /// Says that a question will be asked, before any is. Where many have to be evaluated, those that follow use what the
    /// first ones saved. What hibernates for one is not deleted for another.
    pub fn announce(&self, options: &Options, records: Records, program: &str, question: &[&str]) {
        let inquiry = Inquiry {
            options,
            records,
            program,
            question,
        };
        let key = inquiry.key(&self.locked.to_evaluator_hidden());
        let is_recorded = records == Records::Use
            && self.own().is_some_and(|own| {
                let known = self.recall::<serde::de::IgnoredAny>(&inquiry, &key, Some(&own.tree));
                known.is_some()
            });
        if !is_recorded {
            self.later.expect(1);
            HIBERNATING.note_use(&self.fetcher.cache, &key);
        }
    }

    /// Asks records, then `others`, and evaluates where neither has an answer.
    fn ask_some<T: Send + PartialEq + Serialize + DeserializeOwned>(
        &self,
        options: &Options,
        records: Records,
        program: &str,
        question: &[&str],
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + Sync + ?Sized),
        others: impl Fn(&str, &Own) -> Option<T>,
    ) -> Result<Answer<T>, Failure> {
        // What is said on the way is in no record, and what is impure may differ each time.
        if options.impure || options.warn {
            let value = self.evaluate(options, |evaluator, flake| work(evaluator, flake))?;
            let recorded = None;
            return Ok(Answer { value, recorded });
        }
        let inquiry = Inquiry {
            options,
            records,
            program,
            question,
        };
        if let Some(own) = self.own()
            && let Some(answer) = self.answer_hidden(&inquiry, &own, work, &others)?
        {
            return Ok(answer);
        }
        self.answer_shown(&inquiry, work)
    }

    /// The flake's own tree, where its path can be hidden.
    fn own(&self) -> Option<Own> {
        let flake = self.locked.to_evaluator_hidden();
        let node = flake.hidden_node?;
        let (_, shown, _) = flake.trees.iter().find(|(name, _, _)| *name == node)?;
        let Some(StoreContent::Tree(root, None)) = &shown.content else {
            return None;
        };
        let (tree, below) = self.fetcher.memory_at(root)?;
        if !below.is_empty() || mentions_stand_in(tree) {
            return None;
        }
        Some(Own {
            root: root.to_vec(),
            tree: tree.clone(),
            path: shown.store_path.clone(),
        })
    }

    /// The answer; `None` where it depends on the path that is hidden.
    fn answer_hidden<T: Send + PartialEq + Serialize + DeserializeOwned>(
        &self,
        inquiry: &Inquiry<'_>,
        own: &Own,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + Sync + ?Sized),
        others: &impl Fn(&str, &Own) -> Option<T>,
    ) -> Result<Option<Answer<T>>, Failure> {
        let key = inquiry.key(&self.locked.to_evaluator_hidden());
        let known = match self.recall(inquiry, &key, Some(&own.tree)) {
            Some(Recalled::Seen) => return Ok(None),
            Some(Recalled::Answer(value, at)) => Some((value, at)),
            None => None,
        };
        if inquiry.records == Records::Use {
            if let Some((value, at)) = known {
                let recorded = Some(at);
                return Ok(Some(Answer { value, recorded }));
            }
            if let Some(value) = others(&key, own) {
                let recorded = None;
                return Ok(Some(Answer { value, recorded }));
            }
        }
        let (outcome, is_seen) = self.evaluate_recorded(inquiry, &key, Some(own), work)?;
        if is_seen {
            return Ok(None);
        }
        let value = outcome.map_err(|failure| told(failure, &own.path))?;
        inquiry.held_against(known, value).map(Some)
    }

    /// The answer, where nothing is hidden.
    fn answer_shown<T: Send + PartialEq + Serialize + DeserializeOwned>(
        &self,
        inquiry: &Inquiry<'_>,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + Sync + ?Sized),
    ) -> Result<Answer<T>, Failure> {
        let key = inquiry.key(&self.locked.to_evaluator());
        let known = match self.recall(inquiry, &key, None) {
            Some(Recalled::Answer(value, at)) => Some((value, at)),
            Some(Recalled::Seen) | None => None,
        };
        if inquiry.records == Records::Use
            && let Some((value, at)) = known
        {
            let recorded = Some(at);
            return Ok(Answer { value, recorded });
        }
        let (outcome, _) = self.evaluate_recorded(inquiry, &key, None, work)?;
        inquiry.held_against(known, outcome?)
    }

    fn recall<T: DeserializeOwned>(
        &self,
        inquiry: &Inquiry<'_>,
        key: &str,
        tree: Option<&MemoryTree>,
    ) -> Option<Recalled<T>> {
        match inquiry.records {
            Records::Renew => None,
            Records::Use | Records::Verify => record::recall(&self.fetcher.cache, key, tree),
        }
    }

    /// Evaluates, and notes what is to be recorded: what came of it, and whether the path was seen that
    /// is hidden.
    fn evaluate_recorded<T: Send + Serialize>(
        &self,
        inquiry: &Inquiry<'_>,
        key: &str,
        own: Option<&Own>,
        work: &(impl Fn(&mut Evaluator, Value) -> R<T> + Sync + ?Sized),
    ) -> Result<(Result<T, Failure>, bool), Failure> {
        on_a_stack(|| {
            let notes = Shared::default();
            let recording = Recording {
                flake: match own {
                    Some(_) => self.locked.to_evaluator_hidden(),
                    None => self.locked.to_evaluator(),
                },
                own: own.map(|own| (own.root.clone(), own.tree.clone())),
                notes: notes.clone(),
            };
            let outcome = self.clone().run(inquiry.options, Some(&recording), work);
            let notes = notes.borrow();
            let is_told = || outcome.as_ref().is_ok_and(is_told);
            let is_seen = own.is_some() && (notes.is_seen || is_told());
            let answer = outcome.as_ref().ok().filter(|_| !is_seen);
            if answer.is_some() || is_seen {
                self.pending().extend(record::pending(key, &notes, answer));
            }
            Ok((outcome, is_seen))
        })
    }

    /// Writes the records of all questions that were answered, unless something that they were read from was
    /// touched meanwhile: then what was read may not be what was hashed, and evaluations that hibernate wake
    /// no more. Saves values that later questions can use. To be called once the answers were shown.
    pub fn finish(&self) {
        self.keep_records();
        self.later.finish(&self.fetcher.cache);
    }

    fn keep_records(&self) {
        let pending = std::mem::take(&mut *self.pending());
        let cache = &self.fetcher.cache;
        if pending.is_empty() {
            return;
        }
        if self.fetcher.is_as_it_was() {
            record::write(cache, &pending);
        } else {
            for answered in pending {
                values::delete(cache, &HIBERNATING, answered.key());
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, Vec<Pending>> {
        let pending = self.pending.lock();
        pending.unwrap_or_else(PoisonError::into_inner)
    }
}

/// An evaluation that is recorded.
#[derive(Clone)]
pub(crate) struct Recording {
    /// The flake as it is shown to it.
    pub(crate) flake: LockedFlake,
    /// Where the tree lies whose path is hidden, and the tree.
    pub(crate) own: Option<(Vec<u8>, Arc<MemoryTree>)>,
    /// What it asks.
    pub(crate) notes: Shared,
}

/// Whether the path that stands in for the hidden one is in an answer.
pub(crate) fn is_told<T: Serialize>(value: &T) -> bool {
    serde_json::to_vec(value).is_ok_and(|text| has_stand_in(&text))
}

/// A failure in terms of the real path.
fn told(failure: Failure, real: &StorePath) -> Failure {
    match failure {
        Failure::Evaluation { message, report } => Failure::Evaluation {
            message: with_real_path(&message, real),
            report: with_real_path(&report, real),
        },
        other => other,
    }
}

/// Whether a tree has a text that nothing but the stand-in should have.
fn mentions_stand_in(tree: &MemoryTree) -> bool {
    match tree {
        MemoryTree::File { contents, .. } => has_stand_in(contents),
        MemoryTree::Symlink(target) => has_stand_in(target),
        MemoryTree::Directory(entries) => entries
            .iter()
            .any(|(name, node)| has_stand_in(name) || mentions_stand_in(node)),
    }
}
