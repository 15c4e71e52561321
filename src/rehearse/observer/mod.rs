//! What is worth knowing of the sensors' readings, without keeping them.

mod excess;
mod trace;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::excess::Excess;
use self::{excess::Limit, trace::Trace};
use super::Series;
use crate::{
    config::SensorSettings,
    script::{Watch, WhenKind},
    sensor::SensorEvent,
};

/// Sees every reading of a rehearsal.
#[derive(Debug, Default)]
pub struct Observer {
    /// How often sensors have spoken.
    pub readings: u64,
    limits: Vec<Limit>,
    traces: Vec<Trace>,
}

/// A curve has so many steps: two for each pixel of the picture.
const STEPS: i32 = 2_000;

impl Observer {
    /// From here on, the sensors' curves are kept for a picture of the time between.
    pub fn trace(&mut self, sensors: &[SensorSettings], start: DateTime<Utc>, end: DateTime<Utc>) {
        let step = ((end - start) / STEPS).max(TimeDelta::seconds(1));
        self.traces = sensors.iter().map(|sensor| Trace::new(sensor, step)).collect();
    }

    /// The watch's threshold, where it has one, is looked at from now on.
    pub fn follow(&mut self, script: &str, watch: &Watch) {
        let WhenKind::Triggered(trigger) = &watch.when.kind else { return };
        let is_known =
            |limit: &Limit| limit.excess.script == script && limit.excess.watch == watch.name;
        if !self.limits.iter().any(is_known) {
            self.limits.extend(Limit::of(script, &watch.name, trigger));
        }
    }

    /// Takes the next event.
    pub fn see(&mut self, event: &SensorEvent) {
        for limit in &mut self.limits {
            limit.see(event);
        }
        let SensorEvent::Reading(reading) = event else { return };
        self.readings += 1;
        if let Some(trace) = self.traces.iter_mut().find(|trace| trace.name == reading.sensor) {
            trace.add(reading);
        }
    }

    /// The longest time over each threshold.
    pub fn excesses(&self) -> Vec<Excess> {
        self.limits.iter().map(|limit| limit.excess.clone()).collect()
    }

    /// The curves, of those sensors that spoke.
    pub fn series(&self) -> Vec<Series> {
        self.traces.iter().filter_map(Trace::series).collect()
    }
}
