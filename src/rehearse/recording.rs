//! A recorded history, which takes the place of the simulated sensors.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    clock::Clock,
    sensor::{SensorTable, Value},
};

/// What sensors said in the past.
#[derive(Debug, Default)]
pub struct Recording {
    pub sensors: Vec<RecordedSensor>,
    /// In the order of time, and at one moment in the order of the sensors.
    pub points: Vec<RecordedPoint>,
}

/// A sensor of a recording.
#[derive(Clone, Debug)]
pub struct RecordedSensor {
    pub name: Arc<str>,
    pub unit: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedPoint {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The sensor's place in the recording.
    pub sensor: u32,
    pub value: f64,
}

impl Recording {
    /// Publishes every point at its time, from `begins` on.
    pub async fn replay(
        self: Arc<Self>,
        sensors: SensorTable,
        clock: Clock,
        begins: DateTime<Utc>,
    ) {
        let ids: Vec<_> = self.sensors.iter().map(|sensor| sensors.id(&sensor.name).ok()).collect();
        let first = self.points.partition_point(|point| point.at < begins.timestamp_millis());
        for point in &self.points[first..] {
            let due = begins + TimeDelta::milliseconds(point.at - begins.timestamp_millis());
            let due = (due - begins).to_std().unwrap_or_default();
            clock.sleep(due.saturating_sub(clock.monotonic())).await;
            if let Some(id) = ids[point.sensor as usize] {
                sensors.publish_id(id, Ok(Value::Number(point.value)));
            }
        }
    }
}
