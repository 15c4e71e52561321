//! The closet as everybody in a rehearsal sees it: always at the clock's time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Closet, Scenario};
use crate::{clock::Clock, hal::simulated::Environment};

/// One closet and the clock that moves it; clones are the same closet.
#[derive(Clone)]
pub struct SharedCloset {
    closet: Arc<Mutex<Closet>>,
    clock: Clock,
    /// The closet's time is this and what the clock has run: a wall clock that is set wrong does
    /// not move the sun.
    zero: DateTime<Utc>,
}

impl SharedCloset {
    /// A closet that begins now, by the clock.
    pub fn new(scenario: &Scenario, clock: Clock) -> Self {
        let now = clock.now();
        Self::of(Closet::starting(scenario, now), now, clock)
    }

    /// A closet that goes on at `now`, its own time, with another clock.
    pub fn of(closet: Closet, now: DateTime<Utc>, clock: Clock) -> Self {
        let zero = now - to_delta(clock.monotonic());
        SharedCloset { closet: Arc::new(Mutex::new(closet)), clock, zero }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The closet, brought up to its present. Never hold it over an `await`.
    pub fn now(&self) -> MutexGuard<'_, Closet> {
        // Every method of the closet leaves it whole: after another thread's panic it still is.
        let mut closet = self.closet.lock().unwrap_or_else(PoisonError::into_inner);
        closet.advance(self.zero + to_delta(self.clock.monotonic()));
        closet
    }
}

fn to_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

impl Environment for SharedCloset {
    fn quantity(&self, name: &str) -> Option<f64> {
        self.now().quantity(name)
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn has(&self, name: &str) -> bool {
        self.now().has(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hal::{Board, Hal},
        sensor::drivers,
    };

    /// The same drivers as on a Pi, on the simulated board's chips and files.
    #[tokio::test(start_paused = true)]
    async fn every_sensor_of_the_embedded_closet_reads_through_its_driver() {
        let scenario = Scenario::closet();
        let noon = scenario.start() + chrono::TimeDelta::hours(12);
        let closet = SharedCloset::new(&scenario, Clock::simulated(noon, 1.0));
        let board = Board::named("simulated").unwrap();
        let hal = Hal::simulated(&board, Arc::new(closet.clone()));
        for settings in scenario.sensor_settings() {
            let mut driver = drivers::build(&settings, &hal).unwrap();
            let read = driver.read().unwrap().as_f64() * settings.scale;
            let said = closet.quantity(&settings.name).unwrap();
            // Chips round: the thermometer to 1/16 °C, the power monitor to 0.36 W.
            assert!((read - said).abs() < 0.5, "{}: {read} {said}", settings.name);
        }
    }
}
