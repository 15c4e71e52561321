//! A sensor's curve, thinned while it comes.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{config::SensorSettings, rehearse::Series, sensor::Reading};

/// The lowest and the highest reading of each step.
#[derive(Debug)]
pub struct Trace {
    pub name: Arc<str>,
    unit: Arc<str>,
    max_age: TimeDelta,
    step: TimeDelta,
    points: Vec<Point>,
    current: Option<Step>,
}

type Point = (DateTime<Utc>, f64);

#[derive(Clone, Copy, Debug)]
struct Step {
    begins: DateTime<Utc>,
    lowest: Point,
    highest: Point,
}

impl Step {
    fn points(self) -> impl Iterator<Item = Point> {
        let (first, second) = if self.lowest.0 <= self.highest.0 {
            (self.lowest, self.highest)
        } else {
            (self.highest, self.lowest)
        };
        std::iter::once(first).chain((first != second).then_some(second))
    }
}

impl Trace {
    pub fn new(sensor: &SensorSettings, step: TimeDelta) -> Trace {
        let max_age = TimeDelta::from_std(sensor.max_age).unwrap_or(TimeDelta::MAX);
        Trace {
            name: sensor.name.clone(),
            unit: "".into(),
            max_age: max_age.max(step * 3),
            step,
            points: Vec::new(),
            current: None,
        }
    }

    pub fn add(&mut self, reading: &Reading) {
        let point = (reading.at, reading.value.as_f64());
        self.unit = reading.unit.clone();
        match &mut self.current {
            Some(step) if reading.at - step.begins < self.step && reading.at >= step.begins => {
                if point.1 < step.lowest.1 {
                    step.lowest = point;
                }
                if point.1 > step.highest.1 {
                    step.highest = point;
                }
            }
            current => {
                let step = Step { begins: reading.at, lowest: point, highest: point };
                self.points.extend(current.replace(step).into_iter().flat_map(Step::points));
            }
        }
    }

    pub fn series(&self) -> Option<Series> {
        let last = self.current?;
        Some(Series {
            name: self.name.to_string(),
            unit: self.unit.to_string(),
            points: self.points.iter().copied().chain(last.points()).collect(),
            max_age: self.max_age,
        })
    }
}
