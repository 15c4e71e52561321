//! Texas Instruments TMP102 (and TMP112, TMP75 at 12 bits), thermometer on I2C, ±2 °C.
//!
//! Datasheet SBOS397, chapter 7.5 (registers): <https://www.ti.com/lit/ds/symlink/tmp102.pdf>.

use embedded_devices::devices::texas_instruments::tmp102::{
    TMP102Sync,
    address::Address,
    registers::{Configuration, Temperature},
};
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
    name: "tmp102",
    summary: "TI TMP102, TMP112 thermometer on I2C, °C",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x48 to 0x4B, set by the pin ADD0; 0x48 unless said"),
    ],
    build,
};

/// What the chip can measure, in °C.
const MEASURABLE: std::ops::RangeInclusive<f64> = -55.0..=150.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
}

struct Tmp102(Port);

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let address = one_of(ROW.name, &[0x48, 0x49, 0x4A, 0x4B], options.address)?;
    Ok(Box::new(Tmp102(Port::new(hal, ROW.name, &options.bus, address)?)))
}

impl Driver for Tmp102 {
    fn unit(&self) -> &str {
        "°C"
    }

    /// The chip converts four times a second from power-on; nothing has to be set.
    fn read(&mut self) -> Result<Value, ReadError> {
        let port = &self.0;
        let address = Address::Custom(port.address);
        let mut chip = TMP102Sync::new_i2c(port.delay, port.bus.clone(), address);
        let settings = chip.read_register::<Configuration>().map_err(|e| port.explain(&e))?;
        if settings.read_shutdown() {
            chip.write_register(settings.with_shutdown(false)).map_err(|e| port.explain(&e))?;
            return Err(port.transient("was asleep and has been woken; its next value counts"));
        }
        let raw = chip.read_register::<Temperature>().map_err(|error| port.explain(&error))?;
        // Extended mode has a bit more before the point.
        let steps = if settings.read_extended() { 128.0 } else { 256.0 };
        let celsius = f64::from(raw.read_raw_temperature() & !0x0F) / steps;
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

    /// After power-on, as the datasheet has it.
    const CONFIGURATION: u16 = 0x60A0;

    fn read(temperature: u16, configuration: u16) -> Result<f64, ReadError> {
        with_chip(0x48, Registers::from([(0, temperature), (1, configuration)])).read("tmp102", "")
    }

    /// Table "12-bit temperature data format" of the datasheet.
    #[test]
    fn the_datasheets_table() {
        for (digits, celsius) in [
            (0x7FF, 127.9375),
            (0x640, 100.0),
            (0x500, 80.0),
            (0x4B0, 75.0),
            (0x190, 25.0),
            (0x004, 0.25),
            (0x000, 0.0),
            (0xFFC, -0.25),
            (0xE70, -25.0),
            (0xC90, -55.0),
        ] {
            assert_eq!(read(digits << 4, CONFIGURATION), Ok(celsius), "{digits:#05x}");
        }
    }

    #[test]
    fn extended_mode_is_understood() {
        assert_eq!(read(0x4B00 | 1, CONFIGURATION | 0x10), Ok(150.0));
    }

    #[test]
    fn a_sleeping_chip_is_woken_and_not_believed() {
        let error = read(0x1900, CONFIGURATION | 0x100).unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("woken"), "{error}");
    }

    proptest! {
        #[test]
        fn no_register_content_panics(temperature: u16, configuration: u16) {
            if let Ok(celsius) = read(temperature, configuration) {
                prop_assert!(MEASURABLE.contains(&celsius));
            }
        }
    }
}
