//! What later evaluations can use of those that are over: files that were parsed are saved at once; values too
//! where many evaluations follow, and otherwise once the answers were shown, those of all evaluations together.
//! Evaluations that hibernate do so over the values that there are, which are left as they are for that.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use nix_eval::Evaluator;
use nix_eval::saved::Unsaved;
use nix_eval::shared::Unshared;

use crate::fetch::Fetcher;
use crate::fetch::cache::Cache;
use crate::system::System;

/// Where more evaluations than this are made, those that follow use the values of the first.
const FEW: usize = 4;

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
    /// Told when the first evaluation is over.
    over: Condvar,
}

/// How far the first of many evaluations is, where none found values.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum First {
    #[default]
    Awaited,
    Goes,
    Over,
}

/// When an evaluation goes that found no values.
pub(crate) enum Order {
    /// First: others wait for what it saves, until this is dropped.
    First(Lead),
    /// It waited for the first one, and had better look for values again.
    Waited,
    /// Now.
    Now,
}

/// That an evaluation is the first one.
pub(crate) struct Lead(Later);

impl Drop for Lead {
    fn drop(&mut self) {
        self.0.with(|waiting| waiting.first = First::Over);
        self.0.0.over.notify_all();
    }
}

/// Values to be saved.
#[derive(Default)]
struct Waiting {
    values: Option<Unshared>,
    /// How often values were saved.
    turn: usize,
    first: First,
    /// How many evaluations are expected, as far as somebody said.
    expected: usize,
}

impl Later {
    /// How often values were saved so far, which whoever begins an evaluation has to know at its end.
    pub(crate) fn turn(&self) -> usize {
        self.with(|waiting| waiting.turn)
    }

    /// When an evaluation goes that found no values. Many side by side would take longer than one, those that go on
    /// with its values, and twice the memory.
    pub(crate) fn order(&self) -> Order {
        let waiting = self.0.waiting.lock();
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.expected <= FEW || waiting.first == First::Over {
            return Order::Now;
        }
        if waiting.first == First::Awaited {
            waiting.first = First::Goes;
            return Order::First(Lead(self.clone()));
        }
        let goes = |waiting: &mut Waiting| waiting.first == First::Goes;
        drop(self.0.over.wait_while(waiting, goes));
        Order::Waited
    }

    /// What can be used of an evaluation that began in a `turn`.
    pub(crate) fn take(&self, evaluator: &mut Evaluator, turn: usize) -> Useful {
        // While one of many saves, the others do not look for what they would.
        if self.with(|waiting| waiting.expected > FEW) && self.0.saving.try_lock().is_err() {
            return Useful::default();
        }
        let files = evaluator.take_unsaved();
        // Over values that are in use, new files find their places when these are made the next time. What was
        // saved meanwhile would be replaced by what this evaluation knows.
        let is_new = self.turn() == turn && (files.is_none() || !evaluator.has_values());
        let values = is_new.then(|| evaluator.take_unshared()).flatten();
        Useful { files, values }
    }

    /// The same of one that is to hibernate. Over values that are made anew it could not be put again, nor could those
    /// that hibernate already.
    pub(crate) fn take_beside(&self, evaluator: &mut Evaluator, turn: usize) -> Useful {
        let mut useful = self.take(evaluator, turn);
        if evaluator.has_values() {
            useful.values = useful.values.filter(Unshared::is_mostly_new);
        }
        useful
    }

    /// Says how many evaluations there will be.
    pub(crate) fn expect(&self, evaluations: usize) {
        self.with(|waiting| waiting.expected = evaluations);
    }

    /// Saves what can be used: files now, values now or later.
    pub(crate) fn put(&self, useful: Useful, cache: &Cache) {
        let Useful { files, mut values } = useful;
        if self.with(|waiting| waiting.expected <= FEW)
            && let Some(values) = values.take()
        {
            self.with(|waiting| match &mut waiting.values {
                Some(known) => known.join(values),
                None => waiting.values = Some(values),
            });
        }
        self.save_now(Useful { files, values }, cache);
    }

    /// Saves the values.
    pub(crate) fn save(&self, cache: &Cache) {
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
            self.with(|waiting| waiting.turn += 1);
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

    #[test]
    fn of_many_evaluations_without_values_one_goes_first() {
        let later = Later::default();
        later.expect(FEW + 1);
        let Order::First(lead) = later.order() else {
            panic!("nobody went before");
        };
        thread::scope(|scope| {
            let waits = scope.spawn(|| matches!(later.order(), Order::Waited));
            thread::sleep(Duration::from_millis(50));
            assert!(!waits.is_finished());
            drop(lead);
            assert!(waits.join().unwrap());
        });
        assert!(matches!(later.order(), Order::Now));
    }

    #[test]
    fn few_go_side_by_side() {
        let later = Later::default();
        later.expect(FEW);
        for _ in 0..2 {
            assert!(matches!(later.order(), Order::Now));
        }
    }
}
