//! The keys of a `[[sensor]]` with an ADS1115.

use serde::Deserialize;

use super::super::i2c::{default_bus, one_of};
use crate::{config::DriverOptions, sensor::OptionError};

pub(super) const HELP: &[(&str, &str)] = &[
    ("bus", "the board's bus; i2c-1 unless said"),
    ("address", "0x48 to 0x4B, set by the pin ADDR; 0x48 unless said"),
    ("channel", "A0 to A3, or a pair: A0-A1, A2-A3; A0 unless said"),
    ("range_volts", "full scale: 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256; 4.096 unless said"),
    ("measure", "voltage, current or power (with a clamp); voltage unless said"),
    ("amps_per_volt", "the clamp's ratio: 30 for 30 A/1 V; with a burden, its turns divided by Ω"),
    ("mains_volts", "the mains voltage, for the power: 230"),
    ("mains_channel", "or the channel that measures it through a transformer"),
    ("mains_ratio", "mains volts for a volt at that channel"),
    ("power_factor", "what of current times voltage is real power; 1 unless said"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
    #[serde(default)]
    channel: Input,
    #[serde(default = "usual_range")]
    range_volts: f64,
    #[serde(default)]
    measure: Measure,
    amps_per_volt: Option<f64>,
    mains_volts: Option<f64>,
    mains_channel: Option<Input>,
    mains_ratio: Option<f64>,
    power_factor: Option<f64>,
}

fn usual_range() -> f64 {
    4.096
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Measure {
    #[default]
    Voltage,
    Current,
    Power,
}

/// Against ground, or one against the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(super) enum Input {
    #[default]
    A0,
    A1,
    A2,
    A3,
    #[serde(rename = "A0-A1")]
    A0A1,
    #[serde(rename = "A2-A3")]
    A2A3,
}

/// Full scale, either side of 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Range {
    V6144,
    V4096,
    V2048,
    V1024,
    V0512,
    V0256,
}

const RANGES: [Range; 6] =
    [Range::V6144, Range::V4096, Range::V2048, Range::V1024, Range::V0512, Range::V0256];

impl Range {
    pub fn volts(self) -> f64 {
        match self {
            Range::V6144 => 6.144,
            Range::V4096 => 4.096,
            Range::V2048 => 2.048,
            Range::V1024 => 1.024,
            Range::V0512 => 0.512,
            Range::V0256 => 0.256,
        }
    }
}

pub(super) struct Settings {
    pub input: Input,
    pub range: Range,
    pub quantity: Quantity,
}

pub(super) enum Quantity {
    Voltage,
    Current { amps_per_volt: f64 },
    Power { amps_per_volt: f64, mains: Mains, power_factor: f64 },
}

/// Where the mains voltage comes from.
pub(super) enum Mains {
    /// In V.
    Given(f64),
    Measured {
        input: Input,
        ratio: f64,
    },
}

/// Bus, address and what to do there.
pub(super) fn read(options: &DriverOptions) -> Result<(String, u8, Settings), OptionError> {
    let options: Options = options.read()?;
    let address = one_of("ads1115", &[0x48, 0x49, 0x4A, 0x4B], options.address)?;
    let range = RANGES.into_iter().find(|range| range.volts() == options.range_volts);
    let range = range.ok_or_else(|| {
        let message = "`range_volts` is 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256";
        OptionError::new("range_volts", message)
    })?;
    let clamp = || {
        let example = "`amps_per_volt = 30` for a clamp with 30 A/1 V printed on it";
        positive("amps_per_volt", options.amps_per_volt, example)
    };
    let quantity = match options.measure {
        Measure::Voltage => Quantity::Voltage,
        Measure::Current => Quantity::Current { amps_per_volt: clamp()? },
        Measure::Power => Quantity::Power {
            amps_per_volt: clamp()?,
            mains: mains(&options)?,
            power_factor: match options.power_factor.unwrap_or(1.0) {
                factor if factor > 0.0 && factor <= 1.0 => factor,
                _ => {
                    let message = "`power_factor` is above 0 and at most 1";
                    return Err(OptionError::new("power_factor", message));
                }
            },
        },
    };
    Ok((options.bus, address, Settings { input: options.channel, range, quantity }))
}

fn mains(options: &Options) -> Result<Mains, OptionError> {
    match (options.mains_volts, options.mains_channel) {
        (Some(_), Some(_)) => {
            let message = "`mains_volts` and `mains_channel` exclude each other";
            Err(OptionError::new("mains_channel", message))
        }
        (None, Some(input)) if input == options.channel => {
            Err(OptionError::new("mains_channel", "the clamp hangs on this channel already"))
        }
        (None, Some(input)) => {
            let example = "`mains_ratio = 230.0` when 230 V of mains give 1 V at the channel";
            Ok(Mains::Measured {
                input,
                ratio: positive("mains_ratio", options.mains_ratio, example)?,
            })
        }
        (volts, None) => Ok(Mains::Given(positive("mains_volts", volts, "`mains_volts = 230.0`")?)),
    }
}

fn positive(key: &str, number: Option<f64>, example: &str) -> Result<f64, OptionError> {
    match number {
        Some(number) if number.is_finite() && number > 0.0 => Ok(number),
        Some(_) => Err(OptionError::new(key, format!("`{key}` must be more than 0"))),
        None => Err(OptionError::new(key, format!("`{key}` is missing: {example}"))),
    }
}
