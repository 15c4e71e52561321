//! One sensor's state: what was believed last, what is wrong now, and who listens.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::UnboundedSender;

use super::{Fault, Quality, Reading, SensorEvent, SensorStatus, Value, plausible};
use crate::config::SensorSettings;

/// One moment on both clocks: the wall's for people, the monotonic one for ages, because a board
/// without a battery changes its mind about the date.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub wall: DateTime<Utc>,
    pub monotonic: Duration,
}

struct Believed {
    value: Value,
    moment: Moment,
}

pub(super) struct Slot {
    name: Arc<str>,
    unit: Arc<str>,
    /// The site file's `unit` stands above the driver's.
    unit_is_fixed: bool,
    max_age: Duration,
    range: Option<(f64, f64)>,
    /// The oldest that "nothing read yet" can be.
    created: Duration,
    believed: Option<Believed>,
    /// What the last publication said; staleness is computed instead.
    fault: Option<Fault>,
    /// True from the fault event until the sensor is believed again.
    announced: bool,
    listeners: Vec<UnboundedSender<SensorEvent>>,
    observers: Vec<Observe>,
}

/// Is shown every event in the moment in which it happens. Must not wait, nor ask the table.
pub(super) type Observe = Arc<dyn Fn(&SensorEvent) + Send + Sync>;

impl Slot {
    pub fn new(settings: &SensorSettings, created: Duration) -> Self {
        Slot {
            name: settings.name.clone(),
            unit: settings.unit.as_deref().unwrap_or_default().into(),
            unit_is_fixed: settings.unit.is_some(),
            max_age: settings.max_age,
            range: settings.range,
            created,
            believed: None,
            fault: None,
            announced: false,
            listeners: Vec::new(),
            observers: Vec::new(),
        }
    }

    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    pub fn declare_unit(&mut self, unit: &str) {
        if !self.unit_is_fixed {
            self.unit = unit.into();
        }
    }

    pub fn listen(&mut self, listener: UnboundedSender<SensorEvent>) {
        self.listeners.push(listener);
    }

    pub fn observe(&mut self, observer: Observe) {
        self.observers.push(observer);
    }

    /// Takes what a driver said; returns the value if it is believed.
    pub fn publish(&mut self, outcome: Result<Value, Fault>, now: Moment) -> Option<Value> {
        match outcome.and_then(|value| plausible(value, self.range)) {
            Ok(value) => {
                self.believed = Some(Believed { value, moment: now });
                self.fault = None;
                self.announced = false;
                if !(self.listeners.is_empty() && self.observers.is_empty()) {
                    self.send(SensorEvent::Reading(self.reading(value, now.wall)));
                }
                Some(value)
            }
            Err(fault) => {
                self.fault = Some(fault.clone());
                self.announce(fault, now.wall);
                None
            }
        }
    }

    /// Makes the believed value as fresh as now, if it is still believed.
    pub fn confirm(&mut self, now: Moment) -> bool {
        if self.announced || self.fault_at(now.monotonic).is_some() {
            return false;
        }
        let Some(believed) = &mut self.believed else { return false };
        believed.moment = now;
        true
    }

    /// Tells the listeners when the sensor has fallen silent.
    pub fn check_stale(&mut self, now: Moment) {
        if self.announced {
            return;
        }
        match self.fault_at(now.monotonic) {
            // A sensor that has just been set up is not late yet.
            Some(Fault::Nothing) if now.monotonic.saturating_sub(self.created) <= self.max_age => {}
            Some(fault) => self.announce(fault, now.wall),
            None => {}
        }
    }

    /// How long [`Slot::check_stale`] has nothing to tell, whatever the sensor says meanwhile.
    pub fn until_stale(&self, monotonic: Duration) -> Duration {
        if self.announced {
            // It may recover at once, and fall silent then.
            return self.max_age;
        }
        let since = self.believed.as_ref().map_or(self.created, |it| it.moment.monotonic);
        since.saturating_add(self.max_age).saturating_sub(monotonic)
    }

    /// The value that can be believed at this moment.
    pub fn read(&self, monotonic: Duration) -> Result<Reading, Fault> {
        match (self.fault_at(monotonic), &self.believed) {
            (None, Some(believed)) => Ok(self.reading(believed.value, believed.moment.wall)),
            (fault, _) => Err(fault.unwrap_or(Fault::Nothing)),
        }
    }

    pub fn status(&self, monotonic: Duration) -> SensorStatus {
        let fault = self.fault_at(monotonic);
        SensorStatus {
            name: self.name.clone(),
            unit: self.unit.clone(),
            reading: self.believed.as_ref().map(|b| self.reading(b.value, b.moment.wall)),
            age: self.believed.as_ref().map(|b| monotonic.saturating_sub(b.moment.monotonic)),
            quality: Quality::of(fault.as_ref()),
            fault,
        }
    }

    fn fault_at(&self, monotonic: Duration) -> Option<Fault> {
        if let Some(fault) = &self.fault {
            return Some(fault.clone());
        }
        let Some(believed) = &self.believed else { return Some(Fault::Nothing) };
        let age = monotonic.saturating_sub(believed.moment.monotonic);
        (age > self.max_age)
            .then_some(Fault::Stale { age_s: age.as_secs(), max_age_s: self.max_age.as_secs() })
    }

    fn announce(&mut self, fault: Fault, at: DateTime<Utc>) {
        if !self.announced {
            self.announced = true;
            self.send(SensorEvent::Fault { sensor: self.name.clone(), fault, at });
        }
    }

    fn reading(&self, value: Value, at: DateTime<Utc>) -> Reading {
        Reading { sensor: self.name.clone(), value, unit: self.unit.clone(), at }
    }

    fn send(&mut self, event: SensorEvent) {
        self.observers.iter().for_each(|observe| observe(&event));
        // A listener that went away is forgotten.
        self.listeners.retain(|listener| listener.send(event.clone()).is_ok());
    }
}
