//! The agent's own state file as a recording, sensors' faults included.

use std::{fs::File, io::Read, path::Path, time::Duration};

use chrono::{DateTime, Utc};

use super::{Moment, Points, RecordedSensor, Recording};
use crate::{
    journal::Event,
    rehearse::RehearseError,
    sensor::Fault,
    store::{JournalFilter, Store},
};

/// How every SQLite file begins (<https://www.sqlite.org/fileformat.html>, section 1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";
/// How often sensors are read unless their site file says so.
const EVERY: Duration = Duration::from_secs(10);

/// Whether this is a SQLite file.
pub fn is_one(file: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    File::open(file)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == MAGIC)
}

/// Opens the state file to look at it; an agent may be running beside.
pub fn load(file: &Path) -> Result<Recording, RehearseError> {
    let store = Store::open_read_only(file)?;
    let sensors = store.recorded_sensors().wait()?;
    let sensors =
        sensors.into_iter().map(|(name, unit)| RecordedSensor::of(name, Some(unit), EVERY));
    let Some((first, last)) = store.span_of_readings().wait()? else {
        let message = format!("{} holds no readings yet", file.display());
        return Err(RehearseError::Recording(message));
    };
    let sensors: Vec<RecordedSensor> = sensors.collect();
    let faults = faults(&store, &sensors)?;
    Ok(Recording { sensors, first, last, points: Points::Store { store, faults } })
}

/// The faults that the journal tells of.
fn faults(store: &Store, sensors: &[RecordedSensor]) -> Result<Vec<Moment>, RehearseError> {
    // The agent's own lines stand under no script.
    let filter = JournalFilter { name: Some(String::new()), ..JournalFilter::default() };
    let mut faults = Vec::new();
    for (_, entry) in store.recent(&filter).wait()? {
        let Event::Fault { sensor, fault } = entry.event else { continue };
        // A silence is a gap in the readings, and is found again without being told.
        if let (Some(sensor), Fault::Failing { .. } | Fault::Implausible { .. }) =
            (place(sensors, &sensor), &fault)
        {
            faults.push(Moment { at: entry.at.timestamp_millis(), sensor, outcome: Err(fault) });
        }
    }
    Ok(faults)
}

fn place(sensors: &[RecordedSensor], name: &str) -> Option<usize> {
    sensors.iter().position(|sensor| *sensor.name == *name)
}

/// The readings and the faults of one day.
pub fn day(
    store: &Store,
    sensors: &[RecordedSensor],
    faults: &[Moment],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Moment>, RehearseError> {
    let readings = store.all_readings_between(from, to).wait()?;
    let mut moments: Vec<Moment> = readings
        .into_iter()
        .filter_map(|(at, name, value)| {
            Some(Moment { at, sensor: place(sensors, &name)?, outcome: Ok(value) })
        })
        .collect();
    let day = from.timestamp_millis()..=to.timestamp_millis();
    moments.extend(faults.iter().filter(|fault| day.contains(&fault.at)).cloned());
    moments.sort_by_key(|moment| (moment.at, moment.sensor));
    Ok(moments)
}
