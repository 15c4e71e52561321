//! The time from left to right, and round numbers from bottom to top.

use std::fmt::Write;

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::{LEFT, RIGHT, WIDTH, text};
use crate::clock::Zone;

pub struct TimeAxis {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    zone: Zone,
}

/// Steps between ticks, in hours.
const STEPS_H: [i64; 8] = [1, 2, 3, 6, 12, 24, 7 * 24, 28 * 24];

/// More ticks would run into each other.
const MOST_TICKS: i64 = 12;

impl TimeAxis {
    pub fn over((from, until): (DateTime<Utc>, DateTime<Utc>), zone: Zone) -> Self {
        TimeAxis { from, until, zone }
    }

    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    pub fn until(&self) -> DateTime<Utc> {
        self.until
    }

    /// Pixels from the left.
    pub fn x(&self, at: DateTime<Utc>) -> f64 {
        let part = (at - self.from).as_seconds_f64() / (self.until - self.from).as_seconds_f64();
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    /// The site's local time, as a mark's explanation shows it.
    pub fn local(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%a %-d %b %H:%M").to_string()
    }

    /// Lines from `top` to `bottom`, and their times below.
    pub fn draw(&self, out: &mut String, top: f64, bottom: f64) {
        for (at, label) in self.ticks() {
            let x = self.x(at);
            writeln!(out, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>")
                .expect("a string takes any text");
            text(out, x, bottom + 18.0, "text-anchor=\"middle\" class=\"faint\"", &label);
        }
    }

    /// Round local times, with their labels.
    fn ticks(&self) -> Vec<(DateTime<Utc>, String)> {
        let hours = (self.until - self.from).num_hours();
        let longest = STEPS_H[STEPS_H.len() - 1];
        let step = STEPS_H.into_iter().find(|step| hours / step <= MOST_TICKS);
        // A span of years still gets its dozen.
        let step = step.unwrap_or((hours / MOST_TICKS / longest + 1) * longest);
        let day = self.from.with_timezone(&self.zone).date_naive().and_time(NaiveTime::MIN);
        (0..)
            .map(|number| day + TimeDelta::hours(number * step))
            // A tick in the hour that spring leaves out does not exist.
            .filter_map(|local| Some((self.zone.from_local_datetime(&local).earliest()?, local)))
            .map(|(at, local)| (at.to_utc(), local))
            .take_while(|(at, _)| *at <= self.until)
            .filter(|(at, _)| *at >= self.from)
            .map(|(at, local)| {
                let midnight = local.time() == NaiveTime::MIN;
                (at, local.format(if midnight { "%a %-d %b" } else { "%H:%M" }).to_string())
            })
            .collect()
    }
}

/// Two to six round numbers within `low` and `high`.
pub fn round_numbers(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|s| *s >= rough);
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|number| number as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_numbers_are_few_and_inside(low in -1e6..1e6f64, span in 1e-3..1e6f64) {
            let numbers = round_numbers(low, low + span);
            prop_assert!((2..=6).contains(&numbers.len()), "{numbers:?}");
            let slack = span * 1e-6;
            prop_assert!(numbers.iter().all(|n| low - slack <= *n && *n <= low + span + slack));
        }

        #[test]
        fn ticks_are_few_and_inside(start in 0i64..4_000_000_000, hours in 1i64..100_000) {
            let from = DateTime::from_timestamp(start, 0).unwrap();
            let until = from + TimeDelta::hours(hours);
            let ticks = TimeAxis::over((from, until), crate::clock::berlin()).ticks();
            prop_assert!(ticks.len() <= 14, "{}", ticks.len());
            prop_assert!(ticks.iter().all(|(at, _)| from <= *at && *at <= until));
        }
    }
}
