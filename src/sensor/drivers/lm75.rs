//! LM75 and its many relatives (LM75A, LM75B, PCT2075, DS1775): thermometer on I2C, ±2 °C.
//!
//! Datasheets: NXP LM75B <https://www.nxp.com/docs/en/data-sheet/LM75B.pdf>, TI LM75
//! <https://www.ti.com/lit/ds/symlink/lm75a.pdf>.

use lm75::{Error, Lm75};
use serde::Deserialize;

use super::{
    DriverRow, SensorSettings,
    i2c::{Port, default_bus, one_of},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "lm75",
    summary: "LM75, LM75A, LM75B, PCT2075 thermometer on I2C, °C",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x48 to 0x4F, set by the pins A0 to A2; 0x48 unless said"),
        ("resolution", "0.5 or 0.125 °C (LM75B, PCT2075); 0.5 unless said, as others lie below it"),
    ],
    build,
};

/// What the chip can measure, in °C.
const MEASURABLE: std::ops::RangeInclusive<f64> = -55.0..=125.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
    #[serde(default = "coarse")]
    resolution: f64,
}

fn coarse() -> f64 {
    0.5
}

struct Thermometer {
    port: Port,
    is_fine: bool,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let possible = [0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F];
    let address = one_of(ROW.name, &possible, options.address)?;
    let is_fine = match options.resolution {
        0.5 => false,
        0.125 => true,
        _ => {
            let message = "an lm75 has a resolution of 0.5 °C, its relatives one of 0.125 °C";
            return Err(OptionError::new("resolution", message));
        }
    };
    Ok(Box::new(Thermometer { port: Port::new(hal, ROW.name, &options.bus, address)?, is_fine }))
}

impl Driver for Thermometer {
    fn unit(&self) -> &str {
        "°C"
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let Thermometer { port, is_fine } = self;
        let celsius = if *is_fine {
            Lm75::new_pct2075(port.bus.clone(), port.address).read_temperature()
        } else {
            Lm75::new(port.bus.clone(), port.address).read_temperature()
        };
        let celsius = f64::from(celsius.map_err(|error| match error {
            Error::I2C(error) => port.failed(&error),
            Error::InvalidInputData => port.transient("the driver refuses its own address"),
        })?);
        if MEASURABLE.contains(&celsius) {
            Ok(Value::Number(celsius))
        } else {
            Err(port.unmeasurable(celsius, "°C"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{hal::simulated::Registers, sensor::drivers::testing::with_chip};

    fn read(temperature: u16, options: &str) -> Result<f64, ReadError> {
        with_chip(0x48, Registers::from([(0, temperature)])).read("lm75", options)
    }

    /// LM75B, table "Temp register value": eleven bits, and the nine of an LM75.
    #[test]
    fn the_datasheets_table() {
        for (digits, fine, coarse) in [
            (0b011_1111_1000, 127.0, 127.0),
            (0b011_1110_1000, 125.0, 125.0),
            (0b000_1100_1000, 25.0, 25.0),
            (0b000_0000_0001, 0.125, 0.0),
            (0b111_1111_1111, -0.125, -0.5),
            (0b111_0011_1000, -25.0, -25.0),
            (0b110_0100_1000, -55.0, -55.0),
        ] {
            let register = digits << 5;
            if fine <= 125.0 {
                assert_eq!(read(register, "resolution = 0.125"), Ok(fine), "{digits:b}");
                assert_eq!(read(register, ""), Ok(coarse), "{digits:b}");
            } else {
                assert!(read(register, "").is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn no_register_content_panics(temperature: u16, is_fine: bool) {
            let options = if is_fine { "resolution = 0.125" } else { "" };
            if let Ok(celsius) = read(temperature, options) {
                prop_assert!(MEASURABLE.contains(&celsius));
            }
        }
    }
}
