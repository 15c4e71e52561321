//! A recorded history, which takes the place of the simulated sensors.

mod csv;
mod database;
mod replay;
mod site;

use std::{path::Path, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::RehearseError;
use crate::{
    sensor::{CONTACT_UNIT, Value},
    store::Store,
};

/// What sensors said in the past.
#[derive(Debug)]
pub struct Recording {
    pub sensors: Vec<RecordedSensor>,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    points: Points,
}

/// A sensor of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedSensor {
    pub name: Arc<str>,
    /// As people write it; `None` where the recording does not say.
    pub unit: Option<String>,
    /// It says on or off.
    pub is_contact: bool,
    /// The usual time from one reading to the next.
    pub every: std::time::Duration,
}

impl RecordedSensor {
    /// `unit` as the recording has it, which tells contacts from numbers.
    fn of(name: String, unit: Option<String>, every: std::time::Duration) -> Self {
        let is_contact = unit.as_deref() == Some(CONTACT_UNIT);
        RecordedSensor { name: name.into(), unit: unit.filter(|_| !is_contact), is_contact, every }
    }

    fn value(&self, number: f64) -> Value {
        match self.is_contact {
            true => Value::Switch(number != 0.0),
            false => Value::Number(number),
        }
    }
}

/// Something that a sensor said, or did not.
#[derive(Clone, Debug, PartialEq)]
struct Moment {
    /// Milliseconds since 1970.
    at: i64,
    /// The sensor's place in the recording.
    sensor: usize,
    /// Why there was no value.
    outcome: Result<f64, crate::sensor::Fault>,
}

#[derive(Debug)]
enum Points {
    Here(Vec<Moment>),
    /// Years of readings are too many for memory: they are read a day at a time.
    Store {
        store: Store,
        faults: Vec<Moment>,
    },
}

impl Recording {
    /// Reads a recording: a state file of the agent's, or a CSV file.
    ///
    /// # Errors
    /// When the file cannot be read, is neither, or holds no reading.
    pub fn load(file: &Path) -> Result<Recording, RehearseError> {
        let unreadable = |source| RehearseError::NoRecording { file: file.to_owned(), source };
        if database::is_one(file).map_err(unreadable)? {
            return database::load(file);
        }
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        csv::parse(&text)
            .map_err(|error| RehearseError::Recording(format!("{}: {error}", file.display())))
    }

    /// The moments of one day that begins at `from`, in the order of time; `None` after the last.
    fn day(&self, from: DateTime<Utc>) -> Result<Option<Vec<Moment>>, RehearseError> {
        if from > self.last {
            return Ok(None);
        }
        let to = from + TimeDelta::days(1) - TimeDelta::milliseconds(1);
        match &self.points {
            Points::Here(points) => {
                let place = |at: DateTime<Utc>| {
                    points.partition_point(|point| point.at < at.timestamp_millis())
                };
                Ok(Some(points[place(from)..place(to + TimeDelta::milliseconds(1))].to_vec()))
            }
            Points::Store { store, faults } => {
                database::day(store, &self.sensors, faults, from, to).map(Some)
            }
        }
    }

    /// Moments as they come out of a file, put into order.
    fn of(sensors: Vec<RecordedSensor>, mut points: Vec<Moment>) -> Option<Recording> {
        points.sort_by_key(|point| (point.at, point.sensor));
        let first = DateTime::from_timestamp_millis(points.first()?.at)?;
        let last = DateTime::from_timestamp_millis(points.last()?.at)?;
        Some(Recording { sensors, first, last, points: Points::Here(points) })
    }
}
