//! What a test gives the sensors to say.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;

use super::table::Slot;
use crate::{
    clock::Clock,
    sensor::{Fault, SensorTable, Value},
};

/// A series from some moment on; its last value stays.
#[derive(Clone, Debug)]
pub struct Given {
    pub begins: DateTime<Utc>,
    pub step: Duration,
    pub slots: Vec<Slot>,
}

/// The series of all sensors; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Givens(Arc<Mutex<Series>>);

#[derive(Debug, Default)]
struct Series {
    of: IndexMap<Arc<str>, Given>,
    /// How often every sensor speaks.
    every: Option<Duration>,
}

/// Sensors speak at least so often, and no oftener than once a second.
const SLOWEST: Duration = Duration::from_secs(10);
const FASTEST: Duration = Duration::from_secs(1);

impl Givens {
    /// Replaces what a sensor says.
    pub fn set(&self, sensor: &str, given: Given, every: Duration) {
        let mut series = self.lock();
        let shortest = series.every.unwrap_or(SLOWEST).min(every).min(given.step);
        series.every = Some(shortest.max(FASTEST));
        series.of.insert(sensor.into(), given);
    }

    /// Lets the sensors speak, again and again, from the clock's beginning (at `begins`) on.
    pub async fn publish(self, sensors: SensorTable, clock: Clock, begins: DateTime<Utc>) {
        loop {
            let now = begins + TimeDelta::from_std(clock.monotonic()).unwrap_or(TimeDelta::MAX);
            self.publish_at(now, &sensors);
            let pace = self.lock().every.unwrap_or(SLOWEST);
            let past = clock.monotonic().as_nanos() % pace.as_nanos();
            clock.sleep(pace - Duration::from_nanos(u64::try_from(past).unwrap_or(0))).await;
        }
    }

    /// Lets every sensor say what it has to say now.
    pub fn publish_at(&self, now: DateTime<Utc>, sensors: &SensorTable) {
        for (sensor, given) in &self.lock().of {
            let Ok(id) = sensors.id(sensor) else { continue };
            match given.at(now) {
                Slot::Value(value) => sensors.publish_id(id, Ok(Value::Number(value))),
                Slot::Contact(on) => sensors.publish_id(id, Ok(Value::Switch(on))),
                Slot::Missing => {}
                Slot::Stale => {
                    let message = "gone, as the test says".to_owned();
                    sensors.publish_id(id, Err(Fault::Failing { message }));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Series> {
        // Whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Given {
    fn at(&self, now: DateTime<Utc>) -> Slot {
        let passed = (now - self.begins).to_std().unwrap_or_default();
        let index = passed.as_nanos() / self.step.as_nanos().max(1);
        let last = self.slots.len() - 1;
        self.slots[usize::try_from(index).unwrap_or(last).min(last)]
    }
}
