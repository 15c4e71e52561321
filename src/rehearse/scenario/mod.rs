//! A scenario: the simulated world as a file describes it.

mod check;
mod cost;
mod error;
mod fault;
mod host;
mod parts;
mod quantity;
mod sensor;
mod site;
mod span;
mod window;

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use cost::CostPlan;
pub use error::ScenarioError;
pub use fault::{FaultPlan, FaultWhat, Jump, Outage};
pub use host::{HostPlan, MachineKind};
pub use parts::{Board, Contact, Mains, OutputPlan, Place, RoomPlan, Solar};
pub use quantity::Quantity;
pub use sensor::SensorPlan;
pub use span::Span;
pub use window::Window;

/// The closet that a laptop shows without any config.
pub(super) const CLOSET: &str = include_str!("closet.toml");

/// The simulated world: where it is, what stands in it, what goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub place: Place,
    #[serde(default)]
    pub rooms: Vec<RoomPlan>,
    #[serde(default)]
    pub hosts: Vec<HostPlan>,
    /// What `create` makes machines from, by its name.
    #[serde(default)]
    pub templates: Vec<String>,
    /// Those of the templates whose machines stand elsewhere, and draw nothing here.
    #[serde(default)]
    pub away: Vec<String>,
    /// What an hour costs.
    #[serde(default)]
    pub costs: Vec<CostPlan>,
    pub solar: Option<Solar>,
    #[serde(default)]
    pub mains: Mains,
    pub board: Option<Board>,
    #[serde(default)]
    pub contacts: Vec<Contact>,
    #[serde(default)]
    pub sensors: Vec<SensorPlan>,
    #[serde(default)]
    pub outputs: Vec<OutputPlan>,
    #[serde(default)]
    pub faults: Vec<FaultPlan>,
}

impl Scenario {
    /// The embedded closet.
    ///
    /// # Panics
    /// Never in a release that passed its tests: they parse the embedded file.
    pub fn closet() -> Scenario {
        match Scenario::parse(CLOSET) {
            Ok(scenario) => scenario,
            Err(error) => panic!("the embedded closet.toml is broken: {error}"),
        }
    }

    /// Reads a scenario file.
    pub fn load(file: &Path) -> Result<Scenario, ScenarioError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ScenarioError::Unreadable { file: file.to_owned(), source })?;
        Scenario::parse(&text).map_err(|error| error.in_file(file))
    }

    /// Reads a scenario from its text, and checks that its parts fit together.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = toml::from_str(text).map_err(ScenarioError::Syntax)?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// When a rehearsal of this scenario begins.
    pub fn start(&self) -> DateTime<Utc> {
        self.place.timezone.first_instant(self.place.start)
    }

    pub(super) fn room(&self, name: &str) -> Option<usize> {
        self.rooms.iter().position(|room| room.name == name)
    }

    pub(super) fn host(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host.name == name)
    }

    pub(super) fn contact(&self, name: &str) -> Option<usize> {
        self.contacts.iter().position(|contact| contact.name == name)
    }

    pub(super) fn sensor(&self, name: &str) -> Option<usize> {
        self.sensors.iter().position(|sensor| sensor.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_closet_has_the_hosts_of_the_example_scripts() {
        let closet = Scenario::closet();
        for name in [
            "foo", "bar", "big-iron", "plex", "coin-1", "coin-2", "worker-1", "worker-2", "master",
            "scanner", "nas",
        ] {
            assert!(closet.host(name).is_some(), "{name} is missing");
        }
    }

    #[test]
    fn it_starts_at_its_local_time() {
        assert_eq!(Scenario::closet().start().to_rfc3339(), "2026-07-14T22:00:00+00:00");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let text = CLOSET.replace("seed = 12", "seeds = 12");
        let error = Scenario::parse(&text).unwrap_err().to_string();
        assert!(error.contains("seeds") && error.contains("line"), "{error}");
    }

    #[test]
    fn a_file_is_named_in_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("attic.toml");
        let error = Scenario::load(&file).unwrap_err().to_string();
        assert!(error.contains("attic.toml"), "{error}");
        std::fs::write(&file, CLOSET.replace("latitude = 52.5", "latitude = 91.0")).unwrap();
        let error = Scenario::load(&file).unwrap_err().to_string();
        assert!(error.contains("attic.toml: place: latitude is 91"), "{error}");
        std::fs::write(&file, CLOSET).unwrap();
        assert!(Scenario::load(&file).is_ok());
    }
}
