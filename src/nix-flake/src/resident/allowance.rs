//! Whether another evaluation may hibernate: as long as the cache has room for it beside those that this process wrote
//! or woke, as long as writing them takes less time than evaluating, and as long as few fail: what fails is evaluated
//! once more, to say why. How an evaluation hibernates is no matter of this file.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::fetch::cache::Cache;
use crate::shelf::HIBERNATING;

/// Bytes that most evaluations take.
const USUAL_BYTES: u64 = 160 << 20;
/// So long may be spent on finding out how fast they are written.
const FIRST: Duration = Duration::from_secs(1);
/// Where so many more fail than have answers, all that follow may fail for the same reason.
const FEW_FAILURES: usize = 2;

/// What evaluations of one opened flake may do.
pub(crate) struct Allowance {
    /// What was used since then is not deleted for what comes: of many evaluations that do not all find room, each
    /// would delete the one that is asked next.
    pub(crate) since: SystemTime,
    spent: Mutex<Spent>,
}

#[derive(Clone, Copy, Default)]
struct Spent {
    evaluating: Duration,
    writing: Duration,
    answers: usize,
    failures: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            since: SystemTime::now(),
            spent: Mutex::default(),
        }
    }
}

impl Allowance {
    /// Whether one more may begin to evaluate so that it can hibernate under a name.
    pub(crate) fn has_more(&self, cache: &Cache, name: &str) -> bool {
        self.is_worth_it() && HIBERNATING.has_room(cache, name, USUAL_BYTES, self.since)
    }

    /// Where a disk is so slow that writing takes longer than evaluating anew, the next check is not worth it.
    fn is_worth_it(&self) -> bool {
        let spent = *self.lock();
        spent.writing <= spent.evaluating + FIRST && spent.failures <= FEW_FAILURES + spent.answers
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes of one that has an answer how long it took to evaluate and to be written.
    pub(crate) fn spend(&self, evaluating: Duration, writing: Duration) {
        let mut spent = self.lock();
        spent.evaluating += evaluating;
        spent.writing += writing;
        spent.answers += 1;
    }

    /// Notes that one failed.
    pub(crate) fn fail(&self) {
        self.lock().failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_all_fail_few_are_evaluated_twice() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let allowance = Allowance::default();
        for _ in 0..=FEW_FAILURES {
            assert!(allowance.has_more(&cache, "name"));
            allowance.fail();
        }
        assert!(!allowance.has_more(&cache, "name"));
        allowance.spend(Duration::ZERO, Duration::ZERO);
        assert!(allowance.has_more(&cache, "name"));
    }

    #[test]
    fn on_a_slow_disk_evaluations_stop_to_hibernate() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().to_owned());
        let allowance = Allowance::default();
        let second = Duration::from_secs(1);
        allowance.spend(second, second / 10);
        assert!(allowance.has_more(&cache, "name"));
        allowance.spend(second, FIRST + second * 2);
        assert!(!allowance.has_more(&cache, "name"));
    }
}
