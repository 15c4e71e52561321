//! Chance that can be asked twice: a function of the seed and of what is asked, without a state.
//!
//! So a rehearsal cut in two and resumed meets the same clouds, and a sensor added to a scenario
//! changes nothing that the others say.

use chrono::{DateTime, Utc};

/// What chance is asked for; each gets its own numbers.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A wave of the clouds.
    Clouds(u8),
    /// The noise of a sensor, by its place in the scenario.
    Sensor(usize),
    /// The failures of a host, by its place in the scenario.
    Host(usize),
}

impl Subject {
    fn number(self) -> u64 {
        match self {
            Subject::Clouds(wave) => u64::from(wave),
            Subject::Sensor(index) => (1 << 32) + index as u64,
            Subject::Host(index) => (2 << 32) + index as u64,
        }
    }
}

/// A generator for one question: about a subject, at a point that counts anything (hours, ms).
fn generator(seed: u64, subject: Subject, point: i64) -> fastrand::Rng {
    // Odd constants spread neighbouring subjects and points over all bits.
    let mixed = seed
        ^ subject.number().wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (point as u64).wrapping_mul(0xd6e8_feb8_6659_fd93);
    fastrand::Rng::with_seed(mixed)
}

/// Evenly between 0 and 1.
pub fn uniform(seed: u64, subject: Subject, point: i64) -> f64 {
    generator(seed, subject, point).f64()
}

/// About normal, with mean 0 and standard deviation 1, never beyond 3.5.
pub fn normal(seed: u64, subject: Subject, at: DateTime<Utc>) -> f64 {
    let mut generator = generator(seed, subject, at.timestamp_millis());
    // The sum of four even numbers has the variance 4/12.
    let sum: f64 = (0..4).map(|_| generator.f64()).sum();
    (sum - 2.0) * 3f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn noise_has_the_deviation_it_promises() {
        let start = DateTime::UNIX_EPOCH;
        let values: Vec<f64> = (0..10_000)
            .map(|second| normal(7, Subject::Sensor(0), start + TimeDelta::seconds(second)))
            .collect();
        let mean = values.iter().sum::<f64>() / 1e4;
        let deviation = (values.iter().map(|value| value * value).sum::<f64>() / 1e4).sqrt();
        assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
    }

    #[test]
    fn neighbours_differ() {
        let one = uniform(1, Subject::Sensor(0), 0);
        assert_ne!(one, uniform(1, Subject::Sensor(1), 0));
        assert_ne!(one, uniform(1, Subject::Sensor(0), 1));
        assert_ne!(one, uniform(2, Subject::Sensor(0), 0));
        assert_eq!(one, uniform(1, Subject::Sensor(0), 0));
    }
}
