//! The sensors of a recording on a site.

use std::time::Duration;

use super::Recording;
use crate::config::{SensorSettings, Site};

/// A silence of so many readings makes a sensor stale of which the site file says nothing.
const MISSED_TURNS: u32 = 6;
const SHORTEST_MAX_AGE: Duration = Duration::from_secs(60);

impl Recording {
    /// Gives the site every sensor of the recording. Those that it has keep their settings, but
    /// for what the recording has done already: scaling and smoothing.
    pub fn serve(&self, site: &mut Site) {
        for sensor in &mut site.sensors {
            sensor.smooth = None;
            (sensor.scale, sensor.offset) = (1.0, 0.0);
        }
        for recorded in &self.sensors {
            match site.sensors.iter_mut().find(|sensor| sensor.name == recorded.name) {
                Some(sensor) => {
                    sensor.unit = recorded.unit.clone().or_else(|| sensor.unit.take());
                }
                None => site.sensors.push(SensorSettings {
                    name: recorded.name.clone(),
                    driver: "file".into(),
                    every: recorded.every,
                    max_age: SHORTEST_MAX_AGE.max(recorded.every * MISSED_TURNS),
                    range: None,
                    smooth: None,
                    filters: Default::default(),
                    scale: 1.0,
                    offset: 0.0,
                    unit: recorded.unit.clone(),
                    options: [("path".to_owned(), toml::Value::from("/recorded"))]
                        .into_iter()
                        .collect(),
                }),
            }
        }
    }
}
