//! The latest points of one sensor, in order of time, bounded by age and count.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

/// A moment and the value then.
pub type Point = (DateTime<Utc>, f64);

/// How much of each sensor's past is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryBounds {
    pub window: Duration,
    /// At 24 bytes a point.
    pub count: usize,
}

impl Default for HistoryBounds {
    /// A day of a reading every ten seconds, about 200 kB a sensor.
    fn default() -> Self {
        HistoryBounds { window: Duration::from_secs(86_400), count: 8_640 }
    }
}

#[derive(Debug, Default)]
pub(super) struct Ring {
    points: VecDeque<Point>,
}

impl Ring {
    /// Adds the newest point. Points that claim to be later come from before the clock was set
    /// back; they are dropped, because no window could hold them in order.
    pub fn push(&mut self, at: DateTime<Utc>, value: f64, bounds: HistoryBounds) {
        while self.points.back().is_some_and(|(last, _)| *last > at) {
            self.points.pop_back();
        }
        self.points.push_back((at, value));
        self.trim(bounds);
    }

    /// Puts older points before those that are here.
    pub fn preload(&mut self, mut older: Vec<Point>, bounds: HistoryBounds) {
        older.sort_by_key(|(at, _)| *at);
        if let Some((first, _)) = self.points.front() {
            older.retain(|(at, _)| at < first);
        }
        for point in older.into_iter().rev().take(bounds.count.saturating_sub(self.points.len())) {
            self.points.push_front(point);
        }
        self.trim(bounds);
    }

    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.points.front().map(|(at, _)| *at)
    }

    /// The points from `from` (included) to `to` (included).
    pub fn between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> impl Iterator<Item = Point> + '_ {
        let start = self.points.partition_point(|(at, _)| *at < from);
        self.points.range(start..).copied().take_while(move |(at, _)| *at <= to)
    }

    fn trim(&mut self, bounds: HistoryBounds) {
        let Some((newest, _)) = self.points.back().copied() else { return };
        let window = TimeDelta::from_std(bounds.window).unwrap_or(TimeDelta::MAX);
        while self.points.len() > bounds.count
            || self.points.front().is_some_and(|(at, _)| newest - *at > window)
        {
            self.points.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn bounds(seconds: u64, count: usize) -> HistoryBounds {
        HistoryBounds { window: Duration::from_secs(seconds), count }
    }

    fn seconds(ring: &Ring) -> Vec<i64> {
        ring.points.iter().map(|(at, _)| at.timestamp()).collect()
    }

    #[test]
    fn older_points_go_before_and_duplicates_away() {
        let mut ring = Ring::default();
        ring.push(at(100), 1.0, bounds(1000, 4));
        ring.preload(
            [90, 100, 70, 80, 60].map(|second| (at(second), 0.0)).to_vec(),
            bounds(1000, 4),
        );
        assert_eq!(seconds(&ring), [70, 80, 90, 100]);
    }

    proptest! {
        #[test]
        fn stays_in_order_and_in_bounds(times in prop::collection::vec(0i64..500, 1..200)) {
            let bounds = bounds(100, 20);
            let mut ring = Ring::default();
            for time in &times {
                ring.push(at(*time), 0.0, bounds);
            }
            let kept = seconds(&ring);
            prop_assert!(kept.is_sorted());
            prop_assert!(kept.len() <= 20);
            prop_assert_eq!(kept.last(), times.last());
            prop_assert!(kept.iter().all(|second| second + 100 >= *times.last().unwrap()));
        }
    }
}
