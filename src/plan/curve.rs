//! How a sensor got where it is: for those who are told of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A thinned piece of a sensor's history. It travels with the message, so that a mail that is tried
/// again tomorrow shows what was so today.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub sensor: String,
    pub unit: String,
    /// Milliseconds since 1970, and the value; oldest first, at least two.
    points: Vec<(i64, f64)>,
}

/// Pieces of equal time of which the lowest and the highest value stay.
const PIECES: usize = 120;

impl Curve {
    /// How far back a curve goes.
    pub const SPAN: TimeDelta = TimeDelta::hours(6);

    /// `None` where there is nothing to draw: fewer than two moments. Values that are not finite are
    /// left out.
    pub fn of(sensor: &str, unit: &str, points: &[(DateTime<Utc>, f64)]) -> Option<Curve> {
        let points: Vec<(i64, f64)> = points
            .iter()
            .filter(|(_, value)| value.is_finite())
            .map(|(at, value)| (at.timestamp_millis(), *value))
            .collect();
        let (first, last) = (points.first()?.0, points.last()?.0);
        if last <= first {
            return None;
        }
        let points =
            if points.len() <= 2 * PIECES { points } else { thinned(&points, first, last) };
        Some(Curve { sensor: sensor.into(), unit: unit.into(), points })
    }

    pub fn points(&self) -> &[(i64, f64)] {
        &self.points
    }

    /// The lowest and the highest value.
    pub fn range(&self) -> (f64, f64) {
        let values = self.points.iter().map(|(_, value)| *value);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    }
}

/// A spike is what the alert was about: it must not be averaged away.
fn thinned(points: &[(i64, f64)], first: i64, last: i64) -> Vec<(i64, f64)> {
    let piece = |at: i64| ((at - first) as f64 / (last - first) as f64 * PIECES as f64) as usize;
    let mut thinned = Vec::with_capacity(2 * PIECES + 2);
    for each in points.chunk_by(|a, b| piece(a.0) == piece(b.0)) {
        let by_value = |a: &&(i64, f64), b: &&(i64, f64)| a.1.total_cmp(&b.1);
        let ends = each.iter().min_by(by_value).zip(each.iter().max_by(by_value));
        let Some((low, high)) = ends else { continue };
        let (earlier, later) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        thinned.push(*earlier);
        if earlier != later {
            thinned.push(*later);
        }
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_second(values: impl IntoIterator<Item = f64>) -> Vec<(DateTime<Utc>, f64)> {
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        values.into_iter().zip(0..).map(|(value, second)| (at(second), value)).collect()
    }

    #[test]
    fn a_spike_survives_the_thinning() {
        let mut points = every_second((0..21_600).map(|second| f64::from(second % 7)));
        points[12_345].1 = 99.5;
        points[17].1 = f64::NAN;
        let curve = Curve::of("heat", "°C", &points).unwrap();
        assert!(curve.points().len() <= 2 * (PIECES + 1), "{}", curve.points().len());
        assert_eq!(curve.range(), (0.0, 99.5));
        assert!(curve.points().is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn one_moment_is_no_curve() {
        assert_eq!(Curve::of("heat", "°C", &every_second([1.0])), None);
        assert_eq!(Curve::of("heat", "°C", &every_second([1.0, f64::NAN])), None);
        assert!(Curve::of("heat", "°C", &every_second([1.0, 1.0])).is_some());
    }
}
