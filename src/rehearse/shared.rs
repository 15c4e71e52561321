//! The closet as everybody in a rehearsal sees it: always at the clock's time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Closet, Scenario};
use crate::{clock::Clock, hal::simulated::Environment};

/// One closet and the clock that moves it; clones are the same closet.
#[derive(Clone)]
pub struct SharedCloset {
    closet: Arc<Mutex<Closet>>,
    clock: Clock,
}

impl SharedCloset {
    /// A closet that begins now, by the clock.
    pub fn new(scenario: &Scenario, clock: Clock) -> Self {
        let closet = Closet::starting(scenario, clock.now());
        SharedCloset { closet: Arc::new(Mutex::new(closet)), clock }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The closet, brought up to the clock's time. Never hold it over an `await`.
    pub fn now(&self) -> MutexGuard<'_, Closet> {
        // Every method of the closet leaves it whole: after another thread's panic it still is.
        let mut closet = self.closet.lock().unwrap_or_else(PoisonError::into_inner);
        closet.advance(self.clock.now());
        closet
    }
}

impl Environment for SharedCloset {
    fn quantity(&self, name: &str) -> Option<f64> {
        self.now().quantity(name)
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
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
