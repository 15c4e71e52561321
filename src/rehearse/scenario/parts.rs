//! The parts of a scenario, as they stand in the file.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de::Error};

use super::{Span, Window};

/// `[place]`: where the world is, and when it begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub timezone: Tz,
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// Local date and time at which a rehearsal begins.
    #[serde(deserialize_with = "local_datetime")]
    pub start: NaiveDateTime,
    /// The same seed gives the same clouds, the same noise, the same failures.
    #[serde(default)]
    pub seed: u64,
}

fn local_datetime<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDateTime, D::Error> {
    let written = toml::value::Datetime::deserialize(from)?.to_string();
    written.parse().map_err(|_| {
        D::Error::custom(format!(
            "`{written}` is no local date and time; write it like 2026-07-15T00:00:00"
        ))
    })
}

/// One `[[rooms]]`: air and walls of one temperature.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomPlan {
    pub name: String,
    /// °C around the room when the day is coolest, about three in the morning.
    pub coolest: f64,
    /// °C around the room when the day is warmest, about three in the afternoon.
    pub warmest: f64,
    /// J/K that it takes to warm the room.
    pub heat_capacity: f64,
    /// W/K that go through its walls.
    pub leak: f64,
    /// m² through which the sun shines in.
    #[serde(default)]
    pub sunlit: f64,
    /// °C at the start; without it, as warm as around it.
    pub temperature: Option<f64>,
}

/// One `[[hosts]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    pub name: String,
    #[serde(default)]
    pub kind: MachineKind,
    /// The host that it runs on.
    pub on: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// The room that it warms.
    pub room: Option<String>,
    /// W when it runs and has little to do.
    pub idle_watts: f64,
    /// W when it boots or has much to do.
    pub busy_watts: f64,
    /// When it has much to do.
    #[serde(default)]
    pub busy: Vec<Window>,
    /// The part of its power that warms the room, 0 to 1.
    #[serde(default = "all")]
    pub heat_share: f64,
    #[serde(default = "boot")]
    pub boot: Span,
    #[serde(default = "shutdown")]
    pub shutdown: Span,
    /// How long a shell command or an upload takes.
    #[serde(default = "command")]
    pub command: Span,
    #[serde(default = "update")]
    pub update: Span,
    /// Whether it runs when the scenario begins.
    #[serde(default)]
    pub running: bool,
    /// The acts that always fail: `start`, `stop`, `restart`, `shell`, `upload`, `update`.
    #[serde(default)]
    pub fails: Vec<String>,
    /// How likely any other act fails, 0 to 1.
    #[serde(default)]
    pub failure_probability: f64,
}

fn volts() -> f64 {
    36.0
}

fn all() -> f64 {
    1.0
}

fn boot() -> Span {
    Span(std::time::Duration::from_secs(60))
}

fn shutdown() -> Span {
    Span(std::time::Duration::from_secs(20))
}

fn command() -> Span {
    Span(std::time::Duration::from_secs(2))
}

fn update() -> Span {
    Span(std::time::Duration::from_secs(180))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    #[default]
    Physical,
    Ssh,
}

/// `[solar]`: an array that lies flat under the sky.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solar {
    /// W under 1000 W/m².
    pub peak_watts: f64,
    /// V of the bars that collect it, by day and by night.
    #[serde(default = "volts")]
    pub volts: f64,
    /// The part of the sky that clouds cover on average, 0 to 1.
    #[serde(default)]
    pub cloudiness: f64,
}

/// `[mains]`: what a kWh costs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mains {
    #[serde(default)]
    pub currency: String,
    /// A kWh outside every rate.
    pub price: f64,
    #[serde(default)]
    pub rates: Vec<Rate>,
}

/// One `[[mains.rates]]`; the first that fits counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub during: Window,
    pub price: f64,
}

/// `[board]`: the board that the agent itself runs on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    pub room: String,
    /// K by which its processor is warmer than the room.
    pub rise: f64,
}

/// One `[[contacts]]`: a door or a lid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub name: String,
    /// When it stands open, every day.
    pub open: Vec<Window>,
    /// The room that it airs.
    pub room: Option<String>,
    /// W/K that go through it while it is open.
    #[serde(default)]
    pub leak: f64,
}

impl Contact {
    pub fn is_open(&self, local: NaiveTime) -> bool {
        self.open.iter().any(|window| window.contains(local))
    }
}

/// One `[[sensors]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensorPlan {
    pub name: String,
    /// What it measures: `room.closet.temperature`, `solar.power`, …
    pub quantity: String,
    /// A row of the driver table; one with a chip talks to a simulated chip.
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

    /// The file that it reads, for the `file` driver.
    pub fn file(&self) -> Option<&str> {
        self.options.get("path").and_then(|path| path.as_str())
    }
}
