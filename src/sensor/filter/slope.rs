//! `slope_limit`: a value that follows only so fast.

use std::time::Duration;

#[derive(Debug)]
pub(super) struct Slope {
    /// In the sensor's unit for each second.
    limit: f64,
    last: Option<(f64, Duration)>,
}

impl Slope {
    pub fn new(limit: f64) -> Self {
        Slope { limit, last: None }
    }

    /// As near to the value as the time since the last one allows.
    pub fn follow(&mut self, value: f64, now: Duration) -> f64 {
        let followed = match self.last {
            Some((last, at)) => {
                let most = self.limit * now.saturating_sub(at).as_secs_f64();
                last + (value - last).clamp(-most, most)
            }
            None => value,
        };
        self.last = Some((followed, now));
        followed
    }

    pub fn reset(&mut self) {
        self.last = None;
    }
}
