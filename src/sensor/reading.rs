//! What a sensor said, when, and whether it can be believed.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A sensor's value: a number in the sensor's unit, or the state of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off: a button, a door, a leak probe.
    Switch(bool),
    /// A measured number, in the unit that the sensor declares.
    Number(f64),
}

impl Value {
    /// The number; a contact counts as 1 when it is on, and as 0 when it is off.
    pub fn as_f64(self) -> f64 {
        match self {
            Value::Number(number) => number,
            Value::Switch(on) => f64::from(u8::from(on)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{}", round_for_people(*number)),
            Value::Switch(true) => f.write_str("on"),
            Value::Switch(false) => f.write_str("off"),
        }
    }
}

/// Five significant digits are more than any sensor here deserves, and read well.
fn round_for_people(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let digits = 4 - number.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits.clamp(0, 9));
    (number * scale).round() / scale
}

/// One believed reading. A reading that is not believed is a [`Fault`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The sensor's name in the site file, for example `closet/temperature`.
    pub sensor: Arc<str>,
    pub value: Value,
    /// The unit as people write it: `°C`, `W`, or empty.
    pub unit: Arc<str>,
    /// When it was measured, by the agent's clock.
    pub at: DateTime<Utc>,
}

/// Stands in the history in the place of a contact's unit: there, every value is a number.
pub const CONTACT_UNIT: &str = "on/off";

impl Reading {
    /// The unit as the history keeps it.
    pub fn recorded_unit(&self) -> &str {
        match self.value {
            Value::Switch(_) => CONTACT_UNIT,
            Value::Number(_) => &self.unit,
        }
    }
}

/// Why a sensor has no value that can be believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Nothing has been read since the agent started.
    #[error("nothing read yet")]
    Nothing,
    /// The last believed reading is older than the sensor's `max_age`.
    #[error("stale: last read {age_s} s ago, `max_age` is {max_age_s} s")]
    Stale { age_s: u64, max_age_s: u64 },
    /// The device did not answer, or answered with an error.
    #[error("{message}")]
    Failing { message: String },
    /// The device answered with a value outside the sensor's `range`.
    #[error("implausible: {value} is outside the range {low} to {high}")]
    Implausible { value: f64, low: f64, high: f64 },
}
