//! What the table tells those who listen.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Fault, Reading};

/// Something that happened to one sensor.
#[derive(Clone, Debug, PartialEq)]
pub enum SensorEvent {
    /// A believed reading. The first one after a [`SensorEvent::Fault`] is the recovery.
    Reading(Reading),
    /// The sensor stopped being believed. Sent once, however long it lasts and whatever other
    /// faults follow before it recovers.
    Fault { sensor: Arc<str>, fault: Fault, at: DateTime<Utc> },
}

impl SensorEvent {
    pub fn sensor(&self) -> &Arc<str> {
        match self {
            SensorEvent::Reading(reading) => &reading.sensor,
            SensorEvent::Fault { sensor, .. } => sensor,
        }
    }
}
