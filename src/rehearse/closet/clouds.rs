//! Clouds that come and go smoothly.

use chrono::{DateTime, Utc};

use super::chance::{Subject, uniform};

/// Seconds between the knots of the weather, of fronts and of single clouds, with their weights.
const WAVES: [(i64, f64); 3] = [(20 * 3_600, 0.5), (3 * 3_600, 0.3), (15 * 60, 0.2)];

/// The part of the sky behind clouds, 0 to 1, around an average of about `cloudiness`.
pub fn cover(seed: u64, cloudiness: f64, at: DateTime<Utc>) -> f64 {
    let second = at.timestamp();
    let wave: f64 = (0..)
        .zip(WAVES)
        .map(|(number, (period, weight))| weight * smooth(seed, number, second, period))
        .sum();
    // So wide that clear skies and overcast days happen.
    let spread = 4.0 * cloudiness.min(1.0 - cloudiness);
    (cloudiness + spread * (wave - 0.5)).clamp(0.0, 1.0)
}

/// Noise between 0 and 1 with a knot every `period` seconds and a smooth way between them.
fn smooth(seed: u64, wave: u8, second: i64, period: i64) -> f64 {
    let knot = second.div_euclid(period);
    let way = second.rem_euclid(period) as f64 / period as f64;
    let way = way * way * (3.0 - 2.0 * way);
    let from = uniform(seed, Subject::Clouds(wave), knot);
    let to = uniform(seed, Subject::Clouds(wave), knot + 1);
    from + (to - from) * way
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    proptest! {
        #[test]
        fn cover_is_a_part_and_never_jumps(
            seed: u64,
            cloudiness in 0.0..=1.0f64,
            from in 0i64..100_000_000,
        ) {
            let (a, b) = (cover(seed, cloudiness, minute(from)), cover(seed, cloudiness, minute(from + 1)));
            prop_assert!((0.0..=1.0).contains(&a));
            prop_assert!((a - b).abs() < 0.1, "{a} {b}");
        }
    }

    #[test]
    fn a_year_has_about_the_clouds_it_was_given() {
        for cloudiness in [0.0, 0.3, 0.8, 1.0] {
            let covers = (0..365 * 24).map(|hour| cover(3, cloudiness, minute(hour * 60)));
            let mean = covers.sum::<f64>() / (365.0 * 24.0);
            assert!((mean - cloudiness).abs() < 0.05, "{cloudiness}: {mean}");
        }
    }
}
