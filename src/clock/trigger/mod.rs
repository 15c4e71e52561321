//! `above("s", 70.0).clears_at(60.0).lasting("5m").cooldown("1h")` and its kin: what fires on a
//! sensor's readings.

mod condition;
mod state;

#[cfg(test)]
mod property_tests;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::format_duration;
use crate::sensor::{Reading, Value};

pub use condition::{Condition, Direction};
pub use state::{Transition, TriggerState};

/// When a sensor's readings fire a watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// What `sensor` is the name of.
    #[serde(default)]
    pub subject: Subject,
    /// The sensor's name: `closet/temperature`; of a trigger on a host, the host's.
    pub sensor: String,
    pub condition: Condition,
    /// Where `above` and `below` are over, in the sensor's unit; the threshold when not given.
    pub clears_at: Option<f64>,
    /// How long the condition must hold without a gap before it fires.
    pub lasting: Duration,
    /// How long after one firing there is no other.
    pub cooldown: Duration,
}

/// Whose values a trigger looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    #[default]
    Sensor,
    /// A host counts as a contact: on when it is up.
    Host,
}

/// A trigger that cannot work, and how to mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TriggerError {
    #[error("{0} is not a number that a sensor can be compared with")]
    NotANumber(f64),
    #[error("`clears_at` goes with `above` and `below`; {0} is over as soon as it no longer holds")]
    NothingToClear(String),
    #[error("{trigger} cannot clear at {level}: the level must be {side} the threshold")]
    WrongSide { trigger: String, level: f64, side: &'static str },
}

impl Trigger {
    /// A trigger that fires at once and whenever the condition begins to hold.
    ///
    /// # Errors
    /// When a threshold is infinite or not a number.
    pub fn new(sensor: impl Into<String>, condition: Condition) -> Result<Self, TriggerError> {
        if let Condition::Above { threshold: number }
        | Condition::Below { threshold: number }
        | Condition::Equals(Value::Number(number)) = condition
            && !number.is_finite()
        {
            return Err(TriggerError::NotANumber(number));
        }
        Ok(Trigger {
            subject: Subject::Sensor,
            sensor: sensor.into(),
            condition,
            clears_at: None,
            lasting: Duration::ZERO,
            cooldown: Duration::ZERO,
        })
    }

    /// A host that starts, or stops.
    pub fn host_turns(host: impl Into<String>, direction: Direction) -> Self {
        Self::on_host(host, Condition::Edge(direction))
    }

    /// While a host is down.
    pub fn host_is_down(host: impl Into<String>) -> Self {
        Self::on_host(host, Condition::Equals(Value::Switch(false)))
    }

    fn on_host(host: impl Into<String>, condition: Condition) -> Self {
        let (lasting, cooldown) = (Duration::ZERO, Duration::ZERO);
        let (subject, sensor) = (Subject::Host, host.into());
        Trigger { subject, sensor, condition, clears_at: None, lasting, cooldown }
    }

    /// Ends only when the value is beyond `level`, on the other side of the threshold.
    ///
    /// # Errors
    /// When the level is on the threshold's wrong side, or the condition has no threshold.
    pub fn clears_at(self, level: f64) -> Result<Self, TriggerError> {
        let (right_side, side) = match self.condition {
            _ if !level.is_finite() => return Err(TriggerError::NotANumber(level)),
            Condition::Above { threshold } => (level <= threshold, "at or below"),
            Condition::Below { threshold } => (level >= threshold, "at or above"),
            Condition::Equals(_) | Condition::Changed | Condition::Edge(_) => {
                return Err(TriggerError::NothingToClear(self.to_string()));
            }
        };
        match right_side {
            true => Ok(Trigger { clears_at: Some(level), ..self }),
            false => Err(TriggerError::WrongSide { trigger: self.to_string(), level, side }),
        }
    }

    /// Fires only when the condition has held this long without a gap.
    pub fn lasting(self, lasting: Duration) -> Self {
        Trigger { lasting, ..self }
    }

    /// Does not fire again within this time; what still holds then fires then.
    pub fn cooldown(self, cooldown: Duration) -> Self {
        Trigger { cooldown, ..self }
    }

    /// Why it began, for people: `closet/temperature 71.3 °C, above 70 °C for 5m`.
    pub fn describe(&self, reading: &Reading) -> String {
        let lasted = match self.lasting {
            Duration::ZERO => String::new(),
            lasting => format!(" for {}", format_duration(lasting)),
        };
        if self.subject == Subject::Host {
            return format!("{} {}{lasted}", self.sensor, self.in_words());
        }
        let seen = seen(reading);
        match self.condition {
            Condition::Equals(_) => format!("{seen}{lasted}"),
            condition => format!("{seen}, {}{lasted}", with_unit(condition, reading)),
        }
    }

    /// Why it ended, for people: `closet/temperature 59.2 °C, no longer above 70 °C`.
    pub fn describe_end(&self, reading: &Reading) -> String {
        if self.subject == Subject::Host {
            return format!("{} is up again", self.sensor);
        }
        format!("{}, no longer {}", seen(reading), with_unit(self.condition, reading))
    }
}

fn seen(reading: &Reading) -> String {
    format!("{} {}", reading.sensor, with_unit(reading.value, reading))
}

/// Switches and changes have no unit, even where the sensor has one.
fn with_unit(what: impl fmt::Display, reading: &Reading) -> String {
    let what = what.to_string();
    let ends_in_number = what.ends_with(|c: char| c.is_ascii_digit());
    match &*reading.unit {
        unit if ends_in_number && !unit.is_empty() => format!("{what} {unit}"),
        _ => what,
    }
}

impl Trigger {
    /// What a host does.
    fn in_words(&self) -> &'static str {
        match self.condition {
            Condition::Edge(Direction::Rising) => "has started",
            Condition::Edge(_) => "has stopped",
            _ => "is down",
        }
    }
}

/// As the script writes it: `above("closet/temperature", 70).lasting("5m")`.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sensor = &self.sensor;
        match self.condition {
            Condition::Edge(Direction::Rising) if self.subject == Subject::Host => {
                write!(f, "host({sensor:?}).started()")?;
            }
            Condition::Edge(_) if self.subject == Subject::Host => {
                write!(f, "host({sensor:?}).stopped()")?;
            }
            _ if self.subject == Subject::Host => write!(f, "host({sensor:?}).down()")?,
            Condition::Above { threshold } => write!(f, "above({sensor:?}, {threshold:?})")?,
            Condition::Below { threshold } => write!(f, "below({sensor:?}, {threshold:?})")?,
            Condition::Equals(Value::Number(number)) => {
                write!(f, "equals({sensor:?}, {number:?})")?;
            }
            Condition::Equals(Value::Switch(on)) => write!(f, "equals({sensor:?}, {on})")?,
            Condition::Changed => write!(f, "changed({sensor:?})")?,
            Condition::Edge(Direction::Both) => write!(f, "edge({sensor:?})")?,
            Condition::Edge(Direction::Rising) => write!(f, "edge({sensor:?}, \"rising\")")?,
            Condition::Edge(Direction::Falling) => write!(f, "edge({sensor:?}, \"falling\")")?,
        }
        if let Some(level) = self.clears_at {
            write!(f, ".clears_at({level:?})")?;
        }
        for (word, duration) in [("lasting", self.lasting), ("cooldown", self.cooldown)] {
            if !duration.is_zero() {
                write!(f, ".{word}(\"{}\")", format_duration(duration))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn reading(sensor: &str, value: Value, unit: &str) -> Reading {
        Reading { sensor: sensor.into(), value, unit: unit.into(), at: DateTime::UNIX_EPOCH }
    }

    fn trigger(sensor: &str, condition: Condition) -> Trigger {
        Trigger::new(sensor, condition).expect("a good condition")
    }

    #[test]
    fn says_why() {
        let hot = reading("closet/temperature", Value::Number(71.3), "°C");
        let above = trigger("closet/temperature", Condition::Above { threshold: 70.0 });
        assert_eq!(above.describe(&hot), "closet/temperature 71.3 °C, above 70 °C");
        let lasting = above.lasting(Duration::from_secs(300));
        assert_eq!(lasting.describe(&hot), "closet/temperature 71.3 °C, above 70 °C for 5m");
        let cool = reading("closet/temperature", Value::Number(59.2), "°C");
        assert_eq!(
            lasting.describe_end(&cool),
            "closet/temperature 59.2 °C, no longer above 70 °C"
        );

        let open = reading("closet/door", Value::Switch(true), "");
        let opened = trigger("closet/door", Condition::Equals(Value::Switch(true)));
        assert_eq!(opened.describe(&open), "closet/door on");
        let shut = reading("closet/door", Value::Switch(false), "");
        assert_eq!(opened.describe_end(&shut), "closet/door off, no longer on");
        assert_eq!(
            trigger("closet/door", Condition::Changed).describe(&open),
            "closet/door on, changed"
        );
    }

    #[test]
    fn reads_like_the_script() {
        let above = trigger("s", Condition::Above { threshold: 70.0 })
            .clears_at(60.5)
            .expect("the right side")
            .lasting(Duration::from_secs(300))
            .cooldown(Duration::from_secs(3600));
        let script = r#"above("s", 70.0).clears_at(60.5).lasting("5m").cooldown("1h")"#;
        assert_eq!(above.to_string(), script);
        let shut = trigger("door", Condition::Equals(Value::Switch(false)));
        assert_eq!(shut.to_string(), r#"equals("door", false)"#);
    }

    #[test]
    fn a_host_reads_like_the_script_and_says_why() {
        let down = Trigger::host_is_down("nas").lasting(Duration::from_secs(300));
        assert_eq!(down.to_string(), r#"host("nas").down().lasting("5m")"#);
        let off = reading("nas", Value::Switch(false), "");
        assert_eq!(down.describe(&off), "nas is down for 5m");
        assert_eq!(down.describe_end(&off), "nas is up again");
        let started = Trigger::host_turns("nas", Direction::Rising);
        assert_eq!(started.to_string(), r#"host("nas").started()"#);
        assert_eq!(started.describe(&off), "nas has started");
        let stopped = Trigger::host_turns("nas", Direction::Falling);
        assert_eq!(stopped.describe(&off), "nas has stopped");
    }

    #[test]
    fn refuses_what_cannot_work() {
        let above = trigger("s", Condition::Above { threshold: 70.0 });
        let below = trigger("s", Condition::Below { threshold: 10.0 });
        for (result, message) in [
            (
                above.clone().clears_at(75.0),
                r#"above("s", 70.0) cannot clear at 75: the level must be at or below"#,
            ),
            (below.clears_at(5.0), "the level must be at or above the threshold"),
            (above.clears_at(f64::NAN), "NaN is not a number"),
            (trigger("s", Condition::Changed).clears_at(1.0), "goes with `above` and `below`"),
            (
                Trigger::new("s", Condition::Above { threshold: f64::INFINITY }),
                "inf is not a number",
            ),
        ] {
            let error = result.expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
