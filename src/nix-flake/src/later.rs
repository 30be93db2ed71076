//! What later evaluations can use of those that are over: files that were parsed are saved at once; values once the
//! answers were shown, those of all evaluations together, or, where many evaluations follow, those of the first two
//! before the others begin. Evaluations that hibernate do so over the values that there are, which are left as they
//! are for that.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use nix_eval::Evaluator;
use nix_eval::saved::Unsaved;
use nix_eval::shared::Unshared;

use crate::fetch::Fetcher;
use crate::fetch::cache::Cache;
use crate::system::System;
use crate::values::Written;

/// Where more evaluations than this are made, those that follow use the values of the first.
const FEW: usize = 4;
/// So many go first there: each kind of evaluation asks a nixpkgs in a way of its own.
const LEADS: usize = 2;

/// What later evaluations can use of one.
#[derive(Default)]
pub(crate) struct Useful {
    /// Files that were parsed.
    files: Option<Unsaved>,
    values: Option<Unshared>,
}

impl Useful {
    /// The files, or where there are none, the values.
    pub(crate) fn files_or_values(self) -> Self {
        match self.files {
            Some(_) => Self {
                values: None,
                ..self
            },
            None => self,
        }
    }

    /// Whether values would be made anew of it.
    pub(crate) fn changes_values(&self) -> bool {
        self.values.is_some()
    }
}

/// What evaluations of one opened flake save.
#[derive(Clone, Default)]
pub(crate) struct Later(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Held while something is saved: evaluations side by side would save the same.
    saving: Mutex<()>,
    /// Told when the first evaluations are over.
    over: Condvar,
}

/// When an evaluation goes that found no values.
enum Order {
    /// First: others wait for what it makes, until this is dropped.
    First(Lead),
    /// It waited for the first ones, and had better look for values again.
    Waited,
    /// Now.
    Now,
}

/// That an evaluation is one of the first.
struct Lead {
    later: Later,
    cache: Cache,
}

impl Drop for Lead {
    fn drop(&mut self) {
        let is_last = self.later.with(|waiting| {
            waiting.leads.going -= 1;
            waiting.leads.going == 0
        });
        if is_last {
            self.later.save(&self.cache);
            self.later.with(|waiting| waiting.leads.are_over = true);
            self.later.0.over.notify_all();
        }
    }
}

/// The turn that an evaluation has, to be kept until all that others can use of it was put.
pub(crate) struct Turn {
    /// How often values had been saved when it began.
    saved: usize,
    may_be_whole: bool,
    _lead: Option<Lead>,
}

impl Turn {
    /// Whether it is among the few that may hibernate whole.
    pub(crate) fn may_be_whole(&self) -> bool {
        self.may_be_whole
    }
}

/// How far the first of many evaluations are, where none found values.
#[derive(Default)]
struct Leads {
    begun: usize,
    going: usize,
    are_over: bool,
}

/// Values to be saved.
#[derive(Default)]
struct Waiting {
    values: Option<Unshared>,
    /// How often values were saved.
    saved: usize,
    leads: Leads,
    /// How many evaluations are expected, as far as somebody said.
    expected: usize,
    /// Evaluations that hibernate since a moment ago.
    written: Vec<Written>,
}

impl Later {
    /// Begins an evaluation when it is its turn: where it found no values and others make some, once more after that.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn begin<T, E>(
        &self,
        cache: &Cache,
        make: impl Fn() -> Result<T, E>,
        evaluator: impl Fn(&T) -> &Evaluator,
    ) -> Result<(T, Turn), E> {
        let turn = || {
            self.with(|waiting| Turn {
                saved: waiting.saved,
                may_be_whole: waiting.expected <= FEW,
                _lead: None,
            })
        };
        let now = turn();
        let first = make()?;
        if !evaluator(&first).hibernates_whole() {
            return Ok((first, now));
        }
        match self.order(cache) {
            Order::First(lead) => {
                let lead = Turn {
                    may_be_whole: true,
                    _lead: Some(lead),
                    ..now
                };
                Ok((first, lead))
            }
            Order::Now if self.with(|waiting| waiting.saved == now.saved) => Ok((first, now)),
            // There are values by now.
            Order::Now | Order::Waited => {
                drop(first);
                let now = turn();
                Ok((make()?, now))
            }
        }
    }

    /// When an evaluation goes that found no values. Many side by side would take longer than two, those that go on
    /// with their values, and more memory.
    fn order(&self, cache: &Cache) -> Order {
        let waiting = self.0.waiting.lock();
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.expected <= FEW || waiting.leads.are_over {
            return Order::Now;
        }
        if waiting.leads.begun < LEADS {
            waiting.leads.begun += 1;
            waiting.leads.going += 1;
            return Order::First(Lead {
                later: self.clone(),
                cache: cache.clone(),
            });
        }
        let go = |waiting: &mut Waiting| !waiting.leads.are_over;
        drop(self.0.over.wait_while(waiting, go));
        Order::Waited
    }

    /// What can be used of an evaluation.
    pub(crate) fn take(&self, evaluator: &mut Evaluator, turn: &Turn) -> Useful {
        // While one of many saves, the others do not look for what they would.
        if self.with(|waiting| waiting.expected > FEW) && self.0.saving.try_lock().is_err() {
            return Useful::default();
        }
        let files = evaluator.take_unsaved();
        // Over values that are in use, new files find their places when these are made the next time. What was
        // saved meanwhile would be replaced by what this evaluation knows.
        let is_of_turn = self.with(|waiting| waiting.saved == turn.saved);
        let is_new = is_of_turn && (files.is_none() || !evaluator.has_values());
        let values = is_new.then(|| evaluator.take_unshared()).flatten();
        Useful { files, values }
    }

    /// The same where evaluations hibernate over the values that there are: these are made anew only where most of
    /// what was asked of them is not there.
    pub(crate) fn take_beside(&self, evaluator: &mut Evaluator, turn: &Turn) -> Useful {
        let mut useful = self.take(evaluator, turn);
        if evaluator.has_values() {
            useful.values = useful.values.filter(Unshared::is_mostly_new);
        }
        useful
    }

    /// Says that there will be so many more evaluations.
    pub(crate) fn expect(&self, evaluations: usize) {
        self.with(|waiting| waiting.expected += evaluations);
    }

    /// Saves what can be used: files now, values with those of others, or now.
    pub(crate) fn put(&self, useful: Useful, cache: &Cache) {
        let Useful { files, mut values } = useful;
        if self.with(|waiting| waiting.expected <= FEW || waiting.leads.going > 0)
            && let Some(values) = values.take()
        {
            self.with(|waiting| match &mut waiting.values {
                Some(known) => known.join(values),
                None => waiting.values = Some(values),
            });
        }
        self.save_now(Useful { files, values }, cache);
    }

    /// Has a file be stamped at the end, when that need not be waited for.
    pub(crate) fn stamp(&self, written: Written) {
        self.with(|waiting| waiting.written.push(written));
    }

    /// All that waited for the answers to be shown.
    pub(crate) fn finish(&self, cache: &Cache) {
        self.save(cache);
        let written = self.with(|waiting| std::mem::take(&mut waiting.written));
        written.into_iter().for_each(Written::stamp);
    }

    /// Saves the values.
    fn save(&self, cache: &Cache) {
        let files = None;
        let values = self.with(|waiting| waiting.values.take());
        self.save_now(Useful { files, values }, cache);
    }

    /// Saves what can be used. What is not saved is worked out again next time.
    pub(crate) fn save_now(&self, useful: Useful, cache: &Cache) {
        let Ok(_guard) = self.0.saving.try_lock() else {
            return;
        };
        let system = || {
            let mut fetcher = Fetcher::default();
            fetcher.cache = cache.clone();
            System::new(fetcher, true)
        };
        // Values have places for the files, which have to be saved before.
        if let Some(files) = useful.files {
            let _ = files.save(&mut system());
        }
        if let Some(values) = useful.values {
            let _ = values.save(system);
            self.with(|waiting| waiting.saved += 1);
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Waiting) -> T) -> T {
        let waiting = self.0.waiting.lock();
        work(&mut waiting.unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn first(later: &Later) -> Lead {
        let nowhere = Cache::at("/nowhere".into());
        match later.order(&nowhere) {
            Order::First(lead) => lead,
            _ => panic!("others go before"),
        }
    }

    fn may_go_now(later: &Later) -> bool {
        matches!(later.order(&Cache::at("/nowhere".into())), Order::Now)
    }

    #[test]
    fn of_many_evaluations_without_values_two_go_first() {
        let later = Later::default();
        later.expect(FEW + 1);
        let leads = [first(&later), first(&later)];
        let nowhere = Cache::at("/nowhere".into());
        thread::scope(|scope| {
            let waits = scope.spawn(|| matches!(later.order(&nowhere), Order::Waited));
            for lead in leads {
                thread::sleep(Duration::from_millis(50));
                assert!(!waits.is_finished());
                drop(lead);
            }
            assert!(waits.join().unwrap());
        });
        assert!(may_go_now(&later));
    }

    #[test]
    fn one_after_the_other_none_waits() {
        let later = Later::default();
        later.expect(FEW + 1);
        drop(first(&later));
        assert!(may_go_now(&later));
    }

    #[test]
    fn few_go_side_by_side() {
        let later = Later::default();
        later.expect(FEW);
        assert!(may_go_now(&later) && may_go_now(&later));
    }
}
