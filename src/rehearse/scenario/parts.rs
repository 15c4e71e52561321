//! The parts of a scenario, as they stand in the file.

use chrono::{NaiveDateTime, NaiveTime};
use serde::{Deserialize, Deserializer, de::Error};

use super::Window;
use crate::clock::Zone;

/// `[place]`: where the world is, and when it begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub timezone: Zone,
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

fn volts() -> f64 {
    36.0
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

/// One `[[outputs]]`: a relay of the board; nothing in the closet feels it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputPlan {
    pub name: String,
    pub pin: String,
    #[serde(default)]
    pub initial: bool,
    #[serde(default)]
    pub safe: bool,
}

/// The default of shares and factors.
pub(super) fn all() -> f64 {
    1.0
}
