//! What later evaluations can use of those that are over: files that were parsed are saved at once; values too
//! where many evaluations follow, and otherwise once the answers were shown, those of all evaluations together.

use std::sync::{Arc, Mutex, PoisonError};

use nix_eval::Evaluator;
use nix_eval::saved::Unsaved;
use nix_eval::shared::Unshared;

use crate::fetch::Fetcher;
use crate::fetch::cache::Cache;
use crate::system::System;

/// Where more evaluations than this are made, those that follow use the values of the first.
const FEW: usize = 4;

/// What later evaluations can use of one: files that were parsed, or, where there are none of those, values.
pub(crate) enum Useful {
    Files(Unsaved),
    Values(Unshared),
}

/// What evaluations of one opened flake save.
#[derive(Clone, Default)]
pub(crate) struct Later(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Held while something is saved: evaluations side by side would save the same.
    saving: Mutex<()>,
}

/// Values to be saved.
#[derive(Default)]
struct Waiting {
    values: Option<Unshared>,
    /// How many evaluations are expected, as far as somebody said.
    expected: usize,
}

impl Later {
    /// What can be used of an evaluation.
    pub(crate) fn take(&self, evaluator: &mut Evaluator) -> Option<Useful> {
        // While one of many saves, the others do not look for what they would.
        if self.with(|waiting| waiting.expected > FEW) && self.0.saving.try_lock().is_err() {
            return None;
        }
        if let Some(files) = evaluator.take_unsaved() {
            return Some(Useful::Files(files));
        }
        evaluator.take_unshared().map(Useful::Values)
    }

    /// Says how many evaluations there will be.
    pub(crate) fn expect(&self, evaluations: usize) {
        self.with(|waiting| waiting.expected = evaluations);
    }

    /// Saves what can be used, now or later.
    pub(crate) fn put(&self, useful: Option<Useful>, cache: &Cache) {
        match useful {
            Some(Useful::Values(values)) if self.with(|waiting| waiting.expected <= FEW) => {
                self.with(|waiting| match &mut waiting.values {
                    Some(known) => known.join(values),
                    None => waiting.values = Some(values),
                });
            }
            useful => self.save_now(useful, cache),
        }
    }

    /// Saves the values.
    pub(crate) fn save(&self, cache: &Cache) {
        let values = self.with(|waiting| waiting.values.take());
        self.save_now(values.map(Useful::Values), cache);
    }

    /// Saves what can be used. What is not saved is worked out again next time.
    pub(crate) fn save_now(&self, useful: Option<Useful>, cache: &Cache) {
        let Ok(_guard) = self.0.saving.try_lock() else {
            return;
        };
        let system = || {
            let mut fetcher = Fetcher::default();
            fetcher.cache = cache.clone();
            System::new(fetcher, true)
        };
        let _ = match useful {
            Some(Useful::Files(files)) => files.save(&mut system()),
            Some(Useful::Values(values)) => values.save(system),
            None => Ok(()),
        };
    }

    fn with<T>(&self, work: impl FnOnce(&mut Waiting) -> T) -> T {
        let waiting = self.0.waiting.lock();
        work(&mut waiting.unwrap_or_else(PoisonError::into_inner))
    }
}
