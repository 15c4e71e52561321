//! From the driver's number to the sensor's: `scale`, `offset`, `smooth`.

use std::collections::VecDeque;

use super::{OptionError, Value};
use crate::config::SensorSettings;

/// More readings than this would hide a fire.
const LONGEST: usize = 1000;

/// One sensor's filters. Contacts pass unchanged.
#[derive(Debug)]
pub struct Filter {
    scale: f64,
    offset: f64,
    smooth: Option<Smooth>,
}

impl Filter {
    /// Reads `scale`, `offset` and `smooth`.
    ///
    /// # Errors
    /// When one of them makes no sense; the message shows what would.
    pub fn new(settings: &SensorSettings) -> Result<Self, OptionError> {
        let SensorSettings { scale, offset, .. } = *settings;
        if !scale.is_finite() || scale == 0.0 {
            return Err(OptionError::new("scale", "`scale` must be a number other than 0"));
        }
        if !offset.is_finite() {
            return Err(OptionError::new("offset", "`offset` must be a finite number"));
        }
        let smooth = settings.smooth.as_deref().map(Smooth::parse).transpose()?;
        Ok(Filter { scale, offset, smooth })
    }

    /// The raw value in the sensor's unit: multiplied by `scale`, then moved by `offset`.
    pub fn calibrate(&self, raw: Value) -> Value {
        match raw {
            Value::Number(number) => Value::Number(number * self.scale + self.offset),
            Value::Switch(_) => raw,
        }
    }

    /// What the driver said when this value came of it.
    pub fn uncalibrate(&self, value: Value) -> Value {
        match value {
            Value::Number(number) => Value::Number((number - self.offset) / self.scale),
            Value::Switch(_) => value,
        }
    }

    /// Smooths over this value and those before it. Only plausible values may be given: a single
    /// absurd one would bend a mean for many readings.
    pub fn smooth(&mut self, value: Value) -> Value {
        match (value, &mut self.smooth) {
            (Value::Number(number), Some(smooth)) => Value::Number(smooth.push(number)),
            _ => value,
        }
    }

    /// Forgets earlier values, so that after a gap nothing old is mixed into what is new.
    pub fn reset(&mut self) {
        if let Some(smooth) = &mut self.smooth {
            smooth.latest.clear();
        }
    }
}

#[derive(Debug)]
struct Smooth {
    kind: Kind,
    count: usize,
    latest: VecDeque<f64>,
    /// Kept, so that sorting needs no memory of its own at every reading.
    sorted: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mean,
    Median,
}

impl Smooth {
    fn parse(text: &str) -> Result<Self, OptionError> {
        let fail = || {
            let message = format!(
                "`smooth = \"{text}\"` is not known; write `median 5` or `mean 5`, over 2 to \
                 {LONGEST} readings"
            );
            OptionError::new("smooth", message)
        };
        let (kind, count) = text.trim().split_once(char::is_whitespace).ok_or_else(fail)?;
        let kind = match kind {
            "mean" => Kind::Mean,
            "median" => Kind::Median,
            _ => return Err(fail()),
        };
        let count = count.trim().parse().map_err(|_| fail())?;
        if !(2..=LONGEST).contains(&count) {
            return Err(fail());
        }
        Ok(Smooth { kind, count, latest: VecDeque::new(), sorted: Vec::new() })
    }

    fn push(&mut self, number: f64) -> f64 {
        if self.latest.len() == self.count {
            self.latest.pop_front();
        }
        self.latest.push_back(number);
        match self.kind {
            Kind::Mean => self.latest.iter().sum::<f64>() / self.latest.len() as f64,
            Kind::Median => self.median(),
        }
    }

    fn median(&mut self) -> f64 {
        self.sorted.clear();
        self.sorted.extend(&self.latest);
        self.sorted.sort_by(f64::total_cmp);
        let middle = self.sorted.len() / 2;
        if self.sorted.len() % 2 == 1 {
            self.sorted[middle]
        } else {
            f64::midpoint(self.sorted[middle - 1], self.sorted[middle])
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sensor::testing::settings;

    fn smoothing(text: &str) -> Result<Filter, OptionError> {
        let mut settings = settings("x");
        settings.smooth = Some(text.into());
        Filter::new(&settings)
    }

    fn smoothed(text: &str, numbers: &[f64]) -> Vec<f64> {
        let mut filter = smoothing(text).unwrap();
        numbers.iter().map(|number| filter.smooth(Value::Number(*number)).as_f64()).collect()
    }

    #[test]
    fn scale_comes_before_offset() {
        let mut settings = settings("x");
        (settings.scale, settings.offset) = (0.001, -2.0);
        let filter = Filter::new(&settings).unwrap();
        assert_eq!(filter.calibrate(Value::Number(48_000.0)), Value::Number(46.0));
        assert_eq!(filter.calibrate(Value::Switch(true)), Value::Switch(true));
        settings.scale = 0.0;
        let error = Filter::new(&settings).unwrap_err();
        assert_eq!(error.0[0].key.as_deref(), Some("scale"), "{error}");
    }

    #[test]
    fn a_median_ignores_a_spike_and_a_mean_spreads_it() {
        assert_eq!(smoothed("median 3", &[1.0, 3.0, 100.0, 2.0]), [1.0, 2.0, 3.0, 3.0]);
        assert_eq!(smoothed(" mean  2 ", &[1.0, 3.0, 5.0]), [1.0, 2.0, 4.0]);
    }

    #[test]
    fn after_a_gap_it_begins_anew() {
        let mut filter = smoothing("mean 5").unwrap();
        filter.smooth(Value::Number(10.0));
        filter.reset();
        assert_eq!(filter.smooth(Value::Number(20.0)), Value::Number(20.0));
    }

    #[test]
    fn what_is_not_known_is_told_with_what_is() {
        for text in ["", "median", "median five", "mode 5", "mean 1", "mean 1001", "mean -5"] {
            let error = smoothing(text).unwrap_err();
            assert_eq!(error.0[0].key.as_deref(), Some("smooth"), "{error}");
            assert!(error.to_string().contains("write `median 5`"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn stays_between_the_extremes(
            numbers in prop::collection::vec(-1e6..1e6f64, 1..50),
            count in 2usize..10,
            mean: bool,
        ) {
            let text = format!("{} {count}", if mean { "mean" } else { "median" });
            let all = smoothed(&text, &numbers);
            let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(all.iter().all(|each| low - 1e-6 <= *each && *each <= high + 1e-6));
        }
    }
}
