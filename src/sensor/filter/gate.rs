//! `delta` and `heartbeat`: which values are worth an event and a place in the history.

use std::time::Duration;

/// Without a `heartbeat` of its own, a `delta` still lets one value through in this time, so that
/// averages have something to stand on.
const USUAL_HEARTBEAT: Duration = Duration::from_secs(300);

/// What is to be done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    Publish,
    /// Much as before: the last published value still holds, and is as fresh as this one.
    Confirm,
}

#[derive(Debug)]
pub(super) struct Gate {
    delta: f64,
    heartbeat: Duration,
    published: Option<(f64, Duration)>,
}

impl Gate {
    /// `None` when everything is to be published.
    pub fn new(delta: Option<f64>, heartbeat: Option<Duration>) -> Option<Self> {
        if delta.is_none() && heartbeat.is_none() {
            return None;
        }
        let heartbeat = heartbeat.unwrap_or(USUAL_HEARTBEAT);
        Some(Gate { delta: delta.unwrap_or(0.0), heartbeat, published: None })
    }

    /// `now`: time on a clock that only goes forward.
    pub fn weigh(&mut self, value: f64, now: Duration) -> Worth {
        let is_news = self.published.is_none_or(|(last, at)| {
            let change = (value - last).abs();
            change > 0.0 && change >= self.delta || now.saturating_sub(at) >= self.heartbeat
        });
        if !is_news {
            return Worth::Confirm;
        }
        self.published = Some((value, now));
        Worth::Publish
    }

    pub fn reset(&mut self) {
        self.published = None;
    }
}
