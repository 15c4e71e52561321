//! What a trigger asks of a sensor's value.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sensor::Value;

/// A question about one value. Contacts count as 1 and 0 for `above` and `below`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Greater than the threshold, in the sensor's unit; the threshold itself is not above.
    Above { threshold: f64 },
    /// Less than the threshold, in the sensor's unit; the threshold itself is not below.
    Below { threshold: f64 },
    /// Exactly this value; a contact never equals a number.
    Equals(Value),
    /// Another value than the last time it fired, or than the first that was seen.
    Changed,
    /// A contact that turned, or turned this way; a number counts as on when it is not 0.
    Edge(Direction),
}

/// Which way a contact turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Both,
    /// From off to on.
    Rising,
    /// From on to off.
    Falling,
}

impl Condition {
    /// Whether the value fulfils the condition; `settled` is what [`Condition::Changed`] compares
    /// with, and without it nothing has changed.
    pub(super) fn holds(self, value: Value, settled: Option<Value>) -> bool {
        match self {
            Condition::Above { threshold } => value.as_f64() > threshold,
            Condition::Below { threshold } => value.as_f64() < threshold,
            Condition::Equals(wanted) => value == wanted,
            Condition::Changed => settled.is_some_and(|settled| settled != value),
            Condition::Edge(direction) => {
                let is_on = |value: Value| value.as_f64() != 0.0;
                settled.is_some_and(|settled| match direction {
                    Direction::Both => is_on(settled) != is_on(value),
                    Direction::Rising => !is_on(settled) && is_on(value),
                    Direction::Falling => is_on(settled) && !is_on(value),
                })
            }
        }
    }

    /// Whether it asks what came before: such a condition fires, and never ends.
    pub fn is_change(self) -> bool {
        matches!(self, Condition::Changed | Condition::Edge(_))
    }

    /// Whether the value ends what the condition began. With a `clears_at`, the values between it
    /// and the threshold end nothing.
    pub(super) fn clears(self, value: Value, clears_at: Option<f64>) -> bool {
        match (self, clears_at) {
            (Condition::Above { .. }, Some(level)) => value.as_f64() < level,
            (Condition::Below { .. }, Some(level)) => value.as_f64() > level,
            _ => !self.holds(value, None),
        }
    }
}

/// As people say it: `above 70`, `on`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Above { threshold } => write!(f, "above {}", Value::Number(*threshold)),
            Condition::Below { threshold } => write!(f, "below {}", Value::Number(*threshold)),
            Condition::Equals(value) => write!(f, "{value}"),
            Condition::Changed => f.write_str("changed"),
            Condition::Edge(Direction::Both) => f.write_str("turned"),
            Condition::Edge(Direction::Rising) => f.write_str("turned on"),
            Condition::Edge(Direction::Falling) => f.write_str("turned off"),
        }
    }
}
