//! The closet that a laptop shows: a site of which nothing is real.

use std::path::Path;

use chrono::TimeDelta;

use crate::{
    clock::Clock,
    config::Site,
    hal::{BoardError, Hal},
    rehearse::{Scenario, SharedCloset},
};

/// A site with its simulated world.
pub struct SimulatedCloset {
    pub site: Site,
    pub closet: SharedCloset,
    pub clock: Clock,
}

impl SimulatedCloset {
    /// The embedded closet, `hours` after its first midnight, `speed` times as fast as real life.
    pub fn embedded(dir: &Path, hours: i64, speed: f64) -> Self {
        Self::beginning(Scenario::closet(), dir, hours, speed)
    }

    /// A scenario's world, `hours` after its beginning, `speed` times as fast as real life.
    pub fn beginning(scenario: Scenario, dir: &Path, hours: i64, speed: f64) -> Self {
        let clock = Clock::simulated(scenario.start() + TimeDelta::hours(hours), speed);
        Self::of(scenario, Site::simulated(dir), clock)
    }

    /// A site file with `profile = "simulated"`: its own hosts and sensors where it names some.
    pub fn of_site(site: Site, clock: Clock) -> Self {
        Self::of(Scenario::closet(), site, clock)
    }

    fn of(mut scenario: Scenario, site: Site, clock: Clock) -> Self {
        let sensors = site.sensors.clone();
        let mut site = scenario.take_in(site);
        if !sensors.is_empty() {
            // They talk to the simulated board themselves.
            site.sensors = sensors;
        }
        let closet = SharedCloset::new(&scenario, clock.clone());
        SimulatedCloset { site, closet, clock }
    }

    /// The board's buses, with chips on them that follow the closet.
    ///
    /// # Errors
    /// When the embedded profile is broken.
    pub fn hal(&self) -> Result<Hal, BoardError> {
        self.closet.hal()
    }
}
