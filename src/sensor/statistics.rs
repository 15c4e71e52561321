//! Sums over points. Pure, and never asked about none.

use super::Point;

/// The arithmetic mean of the values; `None` without points.
pub(super) fn mean(points: &[Point]) -> Option<f64> {
    let sum: f64 = points.iter().map(|(_, value)| value).sum();
    (!points.is_empty()).then(|| sum / points.len() as f64)
}

/// The slope of the least-squares line through the points, per hour; `None` when all of them
/// stand at one moment.
pub(super) fn slope_per_hour(points: &[Point]) -> Option<f64> {
    let (start, _) = points.first()?;
    let hours = |point: &Point| (point.0 - *start).as_seconds_f64() / 3600.0;
    let mean_hours = points.iter().map(hours).sum::<f64>() / points.len() as f64;
    let mean_value = mean(points)?;
    let (mut covariance, mut variance) = (0.0, 0.0);
    for point in points {
        let from_mean = hours(point) - mean_hours;
        covariance += from_mean * (point.1 - mean_value);
        variance += from_mean * from_mean;
    }
    (variance > 0.0).then(|| covariance / variance)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_the_slope_of_a_line(slope in -100.0..100.0f64, start in -50.0..50.0f64, n in 2usize..50) {
            let points: Vec<Point> = (0..n)
                .map(|i| {
                    let at = DateTime::from_timestamp(1_800_000_000 + 60 * i as i64, 0).unwrap();
                    (at, start + slope * i as f64 / 60.0)
                })
                .collect();
            prop_assert!((slope_per_hour(&points).unwrap() - slope).abs() < 1e-6);
        }
    }

    #[test]
    fn one_moment_has_no_slope() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        assert_eq!(slope_per_hour(&[(at, 1.0), (at, 2.0)]), None);
        assert_eq!(slope_per_hour(&[]), None);
    }
}
