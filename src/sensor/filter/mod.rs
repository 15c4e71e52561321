//! From the driver's number to the sensor's.
//!
//! The order is always the same, whatever the order of the lines in the site file:
//! `multiply` (or `scale`), `offset`, `calibrate`, `range`, `median` (or `smooth`), `slope_limit`,
//! `round`, `delta` with `heartbeat`.

mod curve;
mod gate;
mod slope;
mod smooth;

use std::time::Duration;

pub use self::gate::Worth;
use self::{curve::Curve, gate::Gate, slope::Slope, smooth::Smooth};
use super::{OptionError, Value};
use crate::config::SensorSettings;

/// One sensor's filters. Contacts pass unchanged, but for `delta` and `heartbeat`.
#[derive(Debug)]
pub struct Filter {
    scale: f64,
    offset: f64,
    curve: Option<Curve>,
    smooth: Option<Smooth>,
    slope: Option<Slope>,
    /// Digits behind the point.
    round: Option<u8>,
    gate: Option<Gate>,
}

impl Filter {
    /// The filters that a `[[sensor]]` asks for.
    ///
    /// # Errors
    /// When one of them makes no sense; the message shows what would.
    pub fn new(settings: &SensorSettings) -> Result<Self, OptionError> {
        let SensorSettings { scale, offset, ref filters, .. } = *settings;
        if !scale.is_finite() || scale == 0.0 {
            return Err(OptionError::new("scale", "`scale` must be a number other than 0"));
        }
        if !offset.is_finite() {
            return Err(OptionError::new("offset", "`offset` must be a finite number"));
        }
        Ok(Filter {
            scale,
            offset,
            curve: Curve::new(&filters.calibrate),
            smooth: settings.smooth.as_deref().map(Smooth::parse).transpose()?,
            slope: filters.slope_limit.map(Slope::new),
            round: filters.round,
            gate: Gate::new(filters.delta, filters.heartbeat),
        })
    }

    /// The raw value in the sensor's unit: `multiply`, `offset`, `calibrate`.
    pub fn calibrate(&self, raw: Value) -> Value {
        let Value::Number(number) = raw else { return raw };
        let shown = number * self.scale + self.offset;
        Value::Number(self.curve.as_ref().map_or(shown, |curve| curve.apply(shown)))
    }

    /// What becomes of a value after those before it: `median`, `slope_limit`, `round`. `now` is
    /// the time on a clock that only goes forward.
    ///
    /// Only plausible values may be given: a single absurd one would bend a mean for many readings.
    pub fn settle(&mut self, value: Value, now: Duration) -> Value {
        let Value::Number(mut number) = value else { return value };
        if let Some(smooth) = &mut self.smooth {
            number = smooth.push(number);
        }
        if let Some(slope) = &mut self.slope {
            number = slope.follow(number, now);
        }
        if let Some(digits) = self.round {
            number = round(number, digits);
        }
        Value::Number(number)
    }

    /// Whether a settled value is worth publishing: `delta`, `heartbeat`.
    pub fn weigh(&mut self, value: Value, now: Duration) -> Worth {
        self.gate.as_mut().map_or(Worth::Publish, |gate| gate.weigh(value.as_f64(), now))
    }

    /// Forgets earlier values, so that after a gap nothing old is mixed into what is new.
    pub fn reset(&mut self) {
        if let Some(smooth) = &mut self.smooth {
            smooth.reset();
        }
        if let Some(slope) = &mut self.slope {
            slope.reset();
        }
        if let Some(gate) = &mut self.gate {
            gate.reset();
        }
    }
}

fn round(number: f64, digits: u8) -> f64 {
    let scale = 10f64.powi(digits.into());
    let rounded = (number * scale).round() / scale;
    // Numbers too large for digits behind the point have none.
    if rounded.is_finite() { rounded } else { number }
}

#[cfg(test)]
mod tests;
