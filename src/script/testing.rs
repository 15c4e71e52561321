//! A small site for tests of scripts: the embedded closet's hosts and sensors, nothing real.

use std::sync::Arc;

use super::{Source, Surroundings};
use crate::{
    clock::{Calendar, Clock},
    cost::CostTable,
    hal::{Board, Hal},
    host::{HostLocks, HostNews},
    journal::Journal,
    output::{Levels, Outputs},
    plan::Executor,
    rehearse::{Rehearsed, Scenario, SharedCloset},
    sensor::{Reads, SensorTable, Value},
    store::Store,
};

/// The closet on a summer's noon.
pub(crate) struct Closet {
    pub around: Surroundings,
    closet: SharedCloset,
    outputs: Outputs,
}

impl Closet {
    /// To be called on a runtime; a paused one makes time virtual.
    pub fn new() -> Self {
        let scenario = Scenario::closet();
        let noon = scenario.start() + chrono::TimeDelta::hours(12);
        let clock = Clock::simulated(noon, 1.0);
        let place = &scenario.place;
        let closet = SharedCloset::new(&scenario, clock.clone());
        let board = Board::named("simulated").unwrap();
        let hal = Hal::simulated(&board, Arc::new(closet.clone()));
        let store = Store::memory().unwrap();
        let (relays, reads) = (scenario.output_settings(), Reads::Inline);
        let outputs =
            Outputs::new(&relays, hal.lines(), clock.clone(), store.clone(), reads).unwrap();
        let sensors = SensorTable::new(&scenario.sensor_settings(), clock.clone());
        let around = Surroundings {
            clock: clock.clone(),
            calendar: Calendar {
                timezone: place.timezone,
                place: Some((place.latitude, place.longitude)),
            },
            sensors: sensors.clone(),
            hosts: Arc::new(scenario.inventory()),
            costs: CostTable::new(
                &scenario.cost_settings(),
                sensors.clone(),
                clock.clone(),
                place.timezone,
            ),
            interruptions: Default::default(),
            outputs: outputs.names().into(),
            networks: scenario.networks().networks.keys().cloned().collect(),
            store,
            journal: Journal::new(clock.clone(), Vec::new()),
            bus: None,
        };
        Closet { around, closet, outputs }
    }

    /// Every sensor says something believable.
    pub fn measure(&self) {
        for sensor in self.around.sensors.all() {
            let value = Value::Number(self.closet.now().quantity(&sensor.name).unwrap_or_default());
            self.around.sensors.publish(&sensor.name, Ok(value)).unwrap();
        }
    }

    /// Of its relays.
    pub fn levels(&self) -> Levels {
        self.outputs.levels()
    }

    /// Acts on the simulated hosts.
    pub fn executor(&self) -> Executor {
        Executor {
            world: Arc::new(Rehearsed::new(self.closet.clone()).with_outputs(self.outputs.clone())),
            clock: self.around.clock.clone(),
            timezone: self.around.calendar.timezone,
            hosts: self.around.hosts.clone(),
            news: HostNews::new(self.around.clock.clone()),
            scans: Arc::new(self.closet.now().scenario().networks()),
            costs: self.around.costs.clone(),
            store: self.around.store.clone(),
            journal: self.around.journal.clone(),
            parallel_hosts: 16,
            locks: HostLocks::default(),
        }
    }
}

/// A script of this text.
pub(crate) fn source(text: &str) -> Source {
    Source {
        name: "closet".into(),
        file: "scripts/closet.rhai".into(),
        text: text.into(),
        folder: "scripts".into(),
    }
}
