//! What later evaluations can use of those that are over: files that were parsed are saved at once, values
//! once the answers were shown, those of evaluations side by side together.

use std::sync::{Arc, Mutex, PoisonError};

use nix_eval::Evaluator;
use nix_eval::saved::Unsaved;
use nix_eval::shared::Unshared;

use crate::fetch::Fetcher;
use crate::fetch::cache::Cache;
use crate::system::System;

/// Values of more evaluations than this are not looked for: those of a whole fleet are the same.
const MOST_JOINED: usize = 4;

/// Held while files are saved: evaluations side by side would save the same.
static SAVING: Mutex<()> = Mutex::new(());

/// What later evaluations can use of one: files that were parsed, or, where there are none of those, values.
pub(crate) enum Useful {
    Files(Unsaved),
    Values(Unshared),
}

/// Values to be saved.
#[derive(Clone, Default)]
pub(crate) struct Later(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    values: Option<Unshared>,
    joined: usize,
}

impl Later {
    /// What can be used of an evaluation.
    pub(crate) fn take(&self, evaluator: &mut Evaluator) -> Option<Useful> {
        if let Some(files) = evaluator.take_unsaved() {
            return Some(Useful::Files(files));
        }
        let is_enough = self.with(|waiting| waiting.joined >= MOST_JOINED);
        let values = (!is_enough).then(|| evaluator.take_unshared()).flatten();
        values.map(Useful::Values)
    }

    /// Has values be saved later.
    pub(crate) fn put(&self, values: Unshared) {
        self.with(|waiting| {
            waiting.joined += 1;
            match &mut waiting.values {
                Some(known) => known.join(values),
                None => waiting.values = Some(values),
            }
        });
    }

    /// Saves the values.
    pub(crate) fn save(&self, cache: &Cache) {
        let values = self.with(|waiting| waiting.values.take());
        save(values.map(Useful::Values), cache);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Waiting) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Saves what can be used. What is not saved is worked out again next time.
pub(crate) fn save(useful: Option<Useful>, cache: &Cache) {
    let Ok(_guard) = SAVING.try_lock() else {
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
