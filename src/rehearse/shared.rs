//! The closet as everybody in a rehearsal sees it: always at the clock's time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Closet, Scenario};
use crate::clock::Clock;

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

    /// What a sensor says now; see [`Closet::quantity`].
    pub fn quantity(&self, name: &str) -> Option<f64> {
        self.now().quantity(name)
    }
}
