//! How long to wait before the same request is sent again.

use std::time::Duration;

/// A request is sent so often before its failure is believed.
pub const ATTEMPTS: u32 = 6;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Twice as long every time, with a dice (`luck`, 0 to 1) that keeps many agents from knocking at
/// the same moment: between the half and the whole. Throttled, four times that.
pub fn pause(attempt: u32, is_throttled: bool, luck: f64) -> Duration {
    let factor = if is_throttled { 4 } else { 1 };
    let whole = FIRST.saturating_mul(factor << attempt.min(16)).min(LONGEST);
    whole.mul_f64(0.5 + luck.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause(0, false, 1.0), Duration::from_millis(200));
        assert_eq!(pause(1, false, 0.0), Duration::from_millis(200));
        assert_eq!(pause(1, true, 1.0), Duration::from_millis(1600));
        assert_eq!(pause(40, true, 1.0), LONGEST);
    }
}
