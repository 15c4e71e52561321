//! What one call of a handler may use: operations, and its own computing time.
//!
//! Rhai counts operations anew for every function that a native loop calls (`pick` over a
//! thousand rows), so the handler's total is counted here.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rhai::{Dynamic, Engine};

use crate::config::Limits;

/// Operations between two looks at the clock: some tens of microseconds on a small Pi.
const OPERATIONS_PER_LOOK: u64 = 256;

/// One script's budget. Its thread starts, pauses and uses it up; any thread may cancel.
#[derive(Debug)]
pub struct Budget {
    run_time: Duration,
    max_operations: u64,
    operations: AtomicU64,
    cancelled: AtomicBool,
    stopwatch: Mutex<Stopwatch>,
}

/// Why a handler was ended: the token of Rhai's `ErrorTerminated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It computed longer than `limits.run_time`.
    Time(Duration),
    /// It did more than `limits.operations`.
    Operations(u64),
    /// Somebody asked it to stop: a reload, the agent's end.
    Cancelled,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Time(limit) => {
                write!(f, "ran for {limit:?} of its own computing (limits.run_time)")
            }
            Stop::Operations(limit) => {
                write!(f, "did more than {limit} operations (limits.operations)")
            }
            Stop::Cancelled => f.write_str("was asked to stop"),
        }
    }
}

impl Budget {
    /// Makes the engine ask a new budget after every operation.
    pub fn install(engine: &mut Engine, limits: &Limits) -> Arc<Self> {
        let budget = Arc::new(Budget {
            run_time: limits.run_time,
            max_operations: limits.operations,
            operations: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            stopwatch: Mutex::new(Stopwatch::default()),
        });
        let asked = Arc::clone(&budget);
        engine.on_progress(move |_| asked.spend_one().map(Dynamic::from));
        budget
    }

    /// A handler begins, with the whole budget and no cancellation.
    pub fn start(&self) {
        self.operations.store(0, Relaxed);
        self.cancelled.store(false, Relaxed);
        let mut stopwatch = self.stopwatch();
        *stopwatch = Stopwatch::default();
        stopwatch.resume(Instant::now());
    }

    /// The handler waits for the world: its time stands still until [`Budget::resume`].
    pub fn pause(&self) {
        self.stopwatch().pause(Instant::now());
    }

    pub fn resume(&self) {
        self.stopwatch().resume(Instant::now());
    }

    /// Pauses until the guard is dropped, whichever way the wait ends.
    pub fn waiting(self: &Arc<Self>) -> Waiting {
        self.pause();
        Waiting(Arc::clone(self))
    }

    /// Ends the handler at its next operation. What waits in a native function is not woken.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// The handler's own computing time so far.
    pub fn spent(&self) -> Duration {
        self.stopwatch().spent(Instant::now())
    }

    fn spend_one(&self) -> Option<Stop> {
        let operations = self.operations.fetch_add(1, Relaxed) + 1;
        if self.is_cancelled() {
            return Some(Stop::Cancelled);
        }
        if operations > self.max_operations {
            return Some(Stop::Operations(self.max_operations));
        }
        let look = operations.is_multiple_of(OPERATIONS_PER_LOOK);
        (look && self.spent() > self.run_time).then_some(Stop::Time(self.run_time))
    }

    fn stopwatch(&self) -> MutexGuard<'_, Stopwatch> {
        // Two plain fields are valid after any panic.
        self.stopwatch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handler waits while this lives.
#[must_use = "the budget runs on as soon as this is dropped"]
pub struct Waiting(Arc<Budget>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.resume();
    }
}

#[derive(Debug, Default)]
struct Stopwatch {
    before: Duration,
    running_since: Option<Instant>,
}

impl Stopwatch {
    fn resume(&mut self, now: Instant) {
        self.running_since.get_or_insert(now);
    }

    fn pause(&mut self, now: Instant) {
        self.before = self.spent(now);
        self.running_since = None;
    }

    fn spent(&self, now: Instant) -> Duration {
        self.before + self.running_since.map_or(Duration::ZERO, |since| now - since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_between_resume_and_pause_counts() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut stopwatch = Stopwatch::default();
        assert_eq!(stopwatch.spent(at(5)), Duration::ZERO);
        stopwatch.resume(at(5));
        assert_eq!(stopwatch.spent(at(8)), Duration::from_secs(3));
        stopwatch.pause(at(8));
        stopwatch.pause(at(20));
        assert_eq!(stopwatch.spent(at(100)), Duration::from_secs(3));
        stopwatch.resume(at(100));
        stopwatch.resume(at(101));
        assert_eq!(stopwatch.spent(at(102)), Duration::from_secs(5));
    }
}
