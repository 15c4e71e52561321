//! What the sensors said before: the latest points in memory, older ones from an archive.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{HistoryBounds, Point, SensorError, SensorId, names::Names, ring::Ring, statistics};
use crate::clock::Clock;

/// Points that outlive the agent. It may block: a database behind it answers within milliseconds.
pub trait Archive: Send + Sync {
    /// The points from `from` (included) to `to` (excluded), in order of time.
    fn points(&self, sensor: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Point>;
}

/// The believed readings of every sensor; a contact counts as 1 when it is on, and as 0 when it is
/// off. A window reaches from now into the past.
pub struct History {
    names: Arc<Names>,
    clock: Clock,
    bounds: HistoryBounds,
    rings: Vec<Mutex<Ring>>,
    archive: Option<Arc<dyn Archive>>,
}

impl History {
    pub(super) fn new(
        names: Arc<Names>,
        clock: Clock,
        bounds: HistoryBounds,
        archive: Option<Arc<dyn Archive>>,
    ) -> Self {
        let rings = names.ids().map(|_| Mutex::default()).collect();
        History { names, clock, bounds, rings, archive }
    }

    pub(super) fn record(&self, id: SensorId, at: DateTime<Utc>, value: f64) {
        self.ring(id).push(at, value, self.bounds);
    }

    /// Fills memory with points of an earlier life, so that windows are full from the start.
    pub fn preload(&self, name: &str, points: Vec<Point>) -> Result<(), SensorError> {
        self.ring(self.names.id(name)?).preload(points, self.bounds);
        Ok(())
    }

    /// The arithmetic mean of the readings: what people reckon by hand from a list. Readings come
    /// at even times, so weighting each by its time would hardly differ, except that it would
    /// invent values for the gaps in which the sensor could not be believed.
    pub fn average(&self, name: &str, window: Duration) -> Result<f64, SensorError> {
        let points = self.points(name, window)?;
        statistics::mean(&points).ok_or_else(|| self.no_readings(name, window))
    }

    /// The lowest reading.
    pub fn minimum(&self, name: &str, window: Duration) -> Result<f64, SensorError> {
        self.extreme(name, window, f64::min)
    }

    /// The highest reading.
    pub fn maximum(&self, name: &str, window: Duration) -> Result<f64, SensorError> {
        self.extreme(name, window, f64::max)
    }

    /// The change per hour, as the slope of the least-squares line through all readings. The
    /// difference of the first and the last would be noise over noise for a short window.
    pub fn rate(&self, name: &str, window: Duration) -> Result<f64, SensorError> {
        let points = self.points(name, window)?;
        statistics::slope_per_hour(&points)
            .ok_or_else(|| SensorError::SingleReading { sensor: name.into(), window })
    }

    /// The readings in order of time; an error when there are none.
    pub fn points(&self, name: &str, window: Duration) -> Result<Vec<Point>, SensorError> {
        let id = self.names.id(name)?;
        let to = self.clock.now();
        let from = TimeDelta::from_std(window)
            .ok()
            .and_then(|window| to.checked_sub_signed(window))
            .unwrap_or(DateTime::<Utc>::MIN_UTC);
        let (oldest_here, latest) = {
            let ring = self.ring(id);
            (ring.oldest().unwrap_or(to), ring.between(from, to).collect::<Vec<_>>())
        };
        let mut points = match &self.archive {
            Some(archive) if from < oldest_here => archive.points(name, from, oldest_here),
            _ => Vec::new(),
        };
        points.extend(latest);
        if points.is_empty() { Err(self.no_readings(name, window)) } else { Ok(points) }
    }

    fn extreme(
        &self,
        name: &str,
        window: Duration,
        pick: fn(f64, f64) -> f64,
    ) -> Result<f64, SensorError> {
        let points = self.points(name, window)?;
        let values = points.into_iter().map(|(_, value)| value);
        values.reduce(pick).ok_or_else(|| self.no_readings(name, window))
    }

    fn no_readings(&self, name: &str, window: Duration) -> SensorError {
        SensorError::NoReadings { sensor: name.into(), window }
    }

    fn ring(&self, id: SensorId) -> MutexGuard<'_, Ring> {
        // A ring is whole after every statement, so a panic elsewhere does not spoil it.
        self.rings[id.0].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::{Fault, SensorTable, Value, testing::settings};

    const HEAT: &str = "closet/temperature";
    const MINUTE: Duration = Duration::from_secs(60);

    /// Knows one value a minute, in the hour before noon.
    struct Morning;

    impl Archive for Morning {
        fn points(&self, sensor: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Point> {
            assert_eq!(sensor, HEAT);
            let all = (1..60).rev().map(|minute| (noon() - TimeDelta::minutes(minute), 10.0));
            all.filter(|(at, _)| from <= *at && *at < to).collect()
        }
    }

    fn noon() -> DateTime<Utc> {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn table(archive: Option<Arc<dyn Archive>>) -> (SensorTable, Clock) {
        let clock = Clock::simulated(noon(), 1.0);
        let sensors = [settings(HEAT)];
        let table = match archive {
            Some(archive) => {
                let bounds = HistoryBounds::default();
                SensorTable::with_archive(&sensors, clock.clone(), bounds, archive)
            }
            None => SensorTable::new(&sensors, clock.clone()),
        };
        (table, clock)
    }

    async fn publish_every_minute(table: &SensorTable, clock: &Clock, values: &[f64]) {
        for value in values {
            table.publish(HEAT, Ok(Value::Number(*value))).unwrap();
            clock.sleep(MINUTE).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_for_the_window_and_not_for_more() {
        let (table, clock) = table(None);
        publish_every_minute(&table, &clock, &[100.0, 1.0, 2.0, 6.0]).await;
        let history = table.history();
        assert_eq!(history.average(HEAT, 3 * MINUTE), Ok(3.0));
        assert_eq!(history.minimum(HEAT, 3 * MINUTE), Ok(1.0));
        assert_eq!(history.maximum(HEAT, 3 * MINUTE), Ok(6.0));
        assert_eq!(history.maximum(HEAT, 4 * MINUTE), Ok(100.0));
        assert_eq!(history.rate(HEAT, 3 * MINUTE).map(f64::round), Ok(150.0));
        assert_eq!(history.points(HEAT, Duration::MAX).map(|points| points.len()), Ok(4));
    }

    #[tokio::test(start_paused = true)]
    async fn no_reading_is_an_error_and_not_a_zero() {
        let (table, clock) = table(None);
        let history = table.history();
        table.publish(HEAT, Err(Fault::Failing { message: "dead".into() })).unwrap();
        let nothing = SensorError::NoReadings { sensor: HEAT.into(), window: MINUTE };
        assert_eq!(history.average(HEAT, MINUTE), Err(nothing.clone()));
        assert_eq!(history.minimum(HEAT, MINUTE), Err(nothing));

        publish_every_minute(&table, &clock, &[1.0]).await;
        let single = SensorError::SingleReading { sensor: HEAT.into(), window: MINUTE };
        assert_eq!(history.rate(HEAT, MINUTE), Err(single));
        assert!(matches!(history.average("heat", MINUTE), Err(SensorError::Unknown { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn the_archive_serves_what_memory_does_not_hold() {
        let (table, clock) = table(Some(Arc::new(Morning)));
        publish_every_minute(&table, &clock, &[40.0]).await;
        let history = table.history();
        assert_eq!(history.average(HEAT, MINUTE), Ok(40.0));
        assert_eq!(history.average(HEAT, 3 * MINUTE), Ok(20.0));

        history.preload(HEAT, vec![(noon() - TimeDelta::minutes(1), 70.0)]).unwrap();
        assert_eq!(history.average(HEAT, 3 * MINUTE), Ok(40.0));
    }
}
