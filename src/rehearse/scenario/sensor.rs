//! A sensor of the scenario.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Span, parts::all};

/// One `[[sensors]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensorPlan {
    pub name: String,
    /// What it measures: `room.closet.temperature`, `solar.power`, …
    pub quantity: String,
    /// A row of the driver table; one with a chip talks to a simulated chip. `mqtt` is a sensor
    /// that is heard while the broker is there.
    pub driver: String,
    pub every: Span,
    /// Older readings are not believed; six times `every` unless said.
    pub max_age: Option<Span>,
    /// Lowest and highest plausible value.
    pub range: Option<(f64, f64)>,
    /// How far it is off, as a standard deviation in its unit.
    #[serde(default)]
    pub noise: f64,
    pub unit: Option<String>,
    /// Multiplies what the driver reads; a simulated file holds the quantity divided by it.
    #[serde(default = "all")]
    pub scale: f64,
    /// Everything else, for the driver: `{ bus = "i2c-1", address = 0x18 }`.
    #[serde(default)]
    pub options: BTreeMap<String, toml::Value>,
}

impl SensorPlan {
    /// Whether both are measured by one chip, and go away together.
    pub fn shares_chip(&self, other: &SensorPlan) -> bool {
        let place =
            |sensor: &'_ SensorPlan| ["bus", "address"].map(|key| sensor.options.get(key).cloned());
        self.name == other.name
            || self.options.contains_key("address") && place(self) == place(other)
    }

    /// Whether it speaks over MQTT.
    pub fn is_heard(&self) -> bool {
        self.driver == "mqtt"
    }

    /// The file or the pin that it reads, where there is no chip.
    pub fn file(&self) -> Option<String> {
        if self.is_heard() {
            return Some(format!("/simulated/{}", self.name));
        }
        let place = self.options.get("path").or_else(|| self.options.get("pin"));
        place.and_then(|place| place.as_str()).map(str::to_owned)
    }
}
