//! A moment by which something blocking must be over.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn within(time: Duration) -> Self {
        // A longer time than any that is meant could not be added to some clocks.
        const YEAR: Duration = Duration::from_secs(365 * 86_400);
        Deadline(Instant::now() + time.min(YEAR))
    }

    /// This moment, or an earlier one if `time` is over before.
    pub fn at_most(self, time: Duration) -> Self {
        Deadline(self.0.min(Deadline::within(time).0))
    }

    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// What is left in milliseconds, at least one: libssh2 takes zero for "for ever".
    pub fn millis(self) -> u32 {
        u32::try_from(self.left().as_millis()).unwrap_or(u32::MAX).max(1)
    }
}
