//! What thermometers have in common that feel the air's moisture, too.

use serde::Deserialize;

use super::{
    SensorSettings,
    i2c::{Port, default_bus, one_of},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

/// The options of every such chip, for its row of the table.
pub(super) const MEASURE_HELP: &str = "temperature (°C) or humidity (%); temperature unless said";

/// What one measurement says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Climate {
    pub celsius: f64,
    /// Relative humidity in %.
    pub percent: f64,
}

/// How a chip is measured: everything else is the same for all of them.
pub(super) struct Kind {
    pub name: &'static str,
    /// The first is the usual one.
    pub addresses: &'static [u8],
    /// Triggers a conversion, waits for it and reads it.
    pub measure: fn(&Port) -> Result<Climate, ReadError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
    #[serde(default)]
    measure: Quantity,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Quantity {
    #[default]
    Temperature,
    Humidity,
}

struct ClimateChip {
    port: Port,
    quantity: Quantity,
    measure: fn(&Port) -> Result<Climate, ReadError>,
}

pub(super) fn build(
    settings: &SensorSettings,
    hal: &Hal,
    kind: &Kind,
) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let address = one_of(kind.name, kind.addresses, options.address)?;
    let port = Port::new(hal, kind.name, &options.bus, address)?;
    Ok(Box::new(ClimateChip { port, quantity: options.measure, measure: kind.measure }))
}

impl Driver for ClimateChip {
    fn unit(&self) -> &str {
        match self.quantity {
            Quantity::Temperature => "°C",
            Quantity::Humidity => "%",
        }
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let climate = {
            let _turn = self.port.turn();
            (self.measure)(&self.port)?
        };
        Ok(Value::Number(match self.quantity {
            Quantity::Temperature => climate.celsius,
            // Near saturation the formulas leave the scale by a few percent.
            Quantity::Humidity => climate.percent.clamp(0.0, 100.0),
        }))
    }
}
