//! How long a value was where a watch does not want it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    clock::{Condition, Trigger},
    sensor::SensorEvent,
};

/// The longest time that an `above` or `below` held, by the readings alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Excess {
    pub script: String,
    pub watch: String,
    pub sensor: String,
    /// `above 70`.
    pub condition: String,
    /// In minutes; 0 when it never held.
    pub longest_minutes: f64,
    /// When that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<DateTime<Utc>>,
}

/// A threshold that is looked at.
#[derive(Debug)]
pub(super) struct Limit {
    pub excess: Excess,
    condition: Condition,
    since: Option<DateTime<Utc>>,
}

impl Limit {
    /// `None` for triggers without a threshold.
    pub fn of(script: &str, watch: &str, trigger: &Trigger) -> Option<Limit> {
        if !matches!(trigger.condition, Condition::Above { .. } | Condition::Below { .. }) {
            return None;
        }
        let excess = Excess {
            script: script.to_owned(),
            watch: watch.to_owned(),
            sensor: trigger.sensor.clone(),
            condition: trigger.condition.to_string(),
            longest_minutes: 0.0,
            began: None,
        };
        Some(Limit { excess, condition: trigger.condition, since: None })
    }

    pub fn see(&mut self, event: &SensorEvent) {
        if **event.sensor() != *self.excess.sensor {
            return;
        }
        let SensorEvent::Reading(reading) = event else {
            // Nobody knows what it is while the sensor says nothing.
            self.since = None;
            return;
        };
        if self.holds(reading.value.as_f64()) {
            let since = *self.since.get_or_insert(reading.at);
            self.note(since, reading.at);
        } else if let Some(since) = self.since.take() {
            self.note(since, reading.at);
        }
    }

    fn holds(&self, value: f64) -> bool {
        match self.condition {
            Condition::Above { threshold } => value > threshold,
            Condition::Below { threshold } => value < threshold,
            _ => false,
        }
    }

    fn note(&mut self, since: DateTime<Utc>, until: DateTime<Utc>) {
        let minutes = (until - since).as_seconds_f64() / 60.0;
        if minutes > self.excess.longest_minutes {
            self.excess.longest_minutes = minutes;
            self.excess.began = Some(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::{Fault, Reading, Value};

    #[test]
    fn the_longest_time_counts_and_a_silence_ends_it() {
        let trigger = Trigger::new("heat", Condition::Above { threshold: 70.0 }).unwrap();
        let mut limit = Limit::of("closet", "hot", &trigger).unwrap();
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        let mut say = |minute, value: Option<f64>| {
            limit.see(&match value {
                Some(value) => SensorEvent::Reading(Reading {
                    sensor: "heat".into(),
                    value: Value::Number(value),
                    unit: "".into(),
                    at: at(minute),
                }),
                None => {
                    let sensor = "heat".into();
                    SensorEvent::Fault { sensor, fault: Fault::Nothing, at: at(minute) }
                }
            });
            (limit.excess.longest_minutes, limit.excess.began)
        };
        assert_eq!(say(0, Some(70.0)), (0.0, None));
        assert_eq!(say(1, Some(71.0)), (0.0, None));
        assert_eq!(say(4, Some(60.0)), (3.0, Some(at(1))));
        say(5, Some(71.0));
        say(7, None);
        assert_eq!(say(9, Some(71.0)), (3.0, Some(at(1))));
        assert_eq!(say(13, Some(71.0)), (4.0, Some(at(9))));
    }
}
