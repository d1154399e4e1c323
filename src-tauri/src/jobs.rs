//! Running jobs and how to stop them.

use crate::view::JobKind;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The jobs that run now, by kind; one of a kind at a time, a newer one stops the one before.
#[derive(Clone, Default)]
pub struct Jobs {
    running: Arc<Mutex<HashMap<JobKind, CancellationToken>>>,
}

impl Jobs {
    /// Registers a job; it is forgotten when the guard drops.
    #[must_use]
    pub fn begin(&self, kind: JobKind) -> Job {
        let cancel = CancellationToken::new();
        let before = self.lock().insert(kind, cancel.clone());
        if let Some(before) = before {
            before.cancel();
        }
        Job { jobs: self.clone(), kind, cancel }
    }

    /// Stops the job of that kind; nothing happens when none runs.
    pub fn cancel(&self, kind: JobKind) {
        if let Some(cancel) = self.lock().get(&kind) {
            cancel.cancel();
        }
    }

    /// Stops everything, at lock and at exit.
    pub fn cancel_all(&self) {
        for cancel in self.lock().values() {
            cancel.cancel();
        }
    }

    /// Does a job of that kind run.
    #[must_use]
    pub fn runs(&self, kind: JobKind) -> bool {
        self.lock().get(&kind).is_some_and(|cancel| !cancel.is_cancelled())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JobKind, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running job.
pub struct Job {
    jobs: Jobs,
    kind: JobKind,
    /// Fires when the officer stops the job.
    pub cancel: CancellationToken,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel.cancel();
        let mut running = self.jobs.lock();
        // A newer job of the same kind has a token of its own that still lives.
        if running.get(&self.kind).is_some_and(CancellationToken::is_cancelled) {
            running.remove(&self.kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_job_of_a_kind_stops_the_one_before_and_outlives_its_end() {
        let jobs = Jobs::default();
        let first = jobs.begin(JobKind::Scan);
        let second = jobs.begin(JobKind::Scan);
        assert!(first.cancel.is_cancelled(), "one scanner, one scan");
        drop(first);
        assert!(jobs.runs(JobKind::Scan), "the end of the first must not forget the second");
        jobs.cancel(JobKind::Scan);
        assert!(second.cancel.is_cancelled());
        jobs.cancel(JobKind::Sign);
    }
}
