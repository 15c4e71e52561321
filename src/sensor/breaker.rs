//! How often a sensor that keeps failing is tried.

use std::time::Duration;

/// Failed turns before the pauses grow.
const PATIENCE: u32 = 5;

/// The longest pause, unless the sensor is read more rarely anyway.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Counts failed turns. A dead sensor costs bus time and log lines, so it is asked less and less
/// often; one good reading brings the old rhythm back.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
}

impl Breaker {
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// The time between two turns, for a sensor that is read at this rhythm.
    pub fn pace(&self, every: Duration) -> Duration {
        let doublings = self.failures.saturating_sub(PATIENCE - 1).min(31);
        every.saturating_mul(1 << doublings).min(LONGEST.max(every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paces(every_s: u64, failures: usize) -> Vec<u64> {
        let mut breaker = Breaker::default();
        (0..failures)
            .map(|_| {
                breaker.failed();
                breaker.pace(Duration::from_secs(every_s)).as_secs()
            })
            .collect()
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        assert_eq!(paces(10, 11), [10, 10, 10, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(paces(3600, 6), [3600; 6]);
    }

    #[test]
    fn one_success_heals() {
        let mut breaker = Breaker::default();
        (0..100).for_each(|_| breaker.failed());
        breaker.succeeded();
        assert_eq!(breaker.pace(Duration::from_secs(1)), Duration::from_secs(1));
    }
}
