//! The closet that a laptop shows: a site of which nothing is real.

use std::{path::Path, sync::Arc};

use chrono::TimeDelta;

use crate::{
    clock::Clock,
    config::Site,
    hal::{Board, BoardError, Hal},
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
        let scenario = Scenario::closet();
        let clock = Clock::simulated(scenario.start() + TimeDelta::hours(hours), speed);
        Self::of(scenario, Site::simulated(dir), clock)
    }

    /// A site file with `profile = "simulated"`: its own hosts and sensors where it names some.
    pub fn of_site(site: Site, clock: Clock) -> Self {
        let mut scenario = Scenario::closet();
        scenario.place.timezone = site.timezone;
        if site.hosts.names().next().is_some() {
            scenario.stand_in_for(&site.hosts);
        }
        Self::of(scenario, site, clock)
    }

    fn of(scenario: Scenario, mut site: Site, clock: Clock) -> Self {
        if site.sensors.is_empty() {
            site.sensors = scenario.sensor_settings();
        }
        if site.outputs.is_empty() {
            site.outputs = scenario.output_settings();
        }
        if site.hosts.names().next().is_none() {
            site.hosts = Arc::new(scenario.inventory());
        }
        if site.file.is_none() {
            site.timezone = scenario.place.timezone;
        }
        site.place = site.place.or(Some((scenario.place.latitude, scenario.place.longitude)));
        let closet = SharedCloset::new(&scenario, clock.clone());
        SimulatedCloset { site, closet, clock }
    }

    /// The board's buses, with chips on them that follow the closet.
    ///
    /// # Errors
    /// When the embedded profile is broken.
    pub fn hal(&self) -> Result<Hal, BoardError> {
        Ok(Hal::simulated(&Board::named("simulated")?, Arc::new(self.closet.clone())))
    }
}
