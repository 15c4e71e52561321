//! Microchip MCP9808, thermometer on I2C, ±0.5 °C from −20 to +100 °C.
//!
//! Datasheet DS25095: <https://www.microchip.com/en-us/product/mcp9808>.

use embedded_devices::devices::microchip::mcp9808::{
    InitError, MCP9808Sync,
    address::Address,
    registers::{
        AmbientTemperature, Configuration, Resolution, ShutdownMode, TemperatureResolution,
    },
};
use embedded_hal::delay::DelayNs;
use serde::Deserialize;
use uom::si::thermodynamic_temperature::degree_celsius;

use super::{
    DriverRow, SensorSettings,
    i2c::{Port, default_bus},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "mcp9808",
    summary: "Microchip MCP9808 thermometer on I2C, °C",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x18 to 0x1F, set by the pins A0 to A2; 0x18 unless said"),
        ("resolution", "0.5, 0.25, 0.125 or 0.0625 °C; finer takes longer; 0.0625 unless said"),
    ],
    build,
};

/// What the chip can measure, in °C (datasheet, chapter 1); anything else is a bus gone wrong.
const MEASURABLE: std::ops::RangeInclusive<f64> = -40.0..=125.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    #[serde(default = "default_address")]
    address: u8,
    #[serde(default = "finest")]
    resolution: f64,
}

fn default_address() -> u8 {
    0x18
}

fn finest() -> f64 {
    0.0625
}

struct Mcp9808 {
    port: Port,
    resolution: TemperatureResolution,
    configured: bool,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    if !(0x18..=0x1F).contains(&options.address) {
        return Err(OptionError::new("address", "an mcp9808 has an address from 0x18 to 0x1F"));
    }
    let resolution = match options.resolution {
        0.5 => TemperatureResolution::Deg_0_5C,
        0.25 => TemperatureResolution::Deg_0_25C,
        0.125 => TemperatureResolution::Deg_0_125C,
        0.0625 => TemperatureResolution::Deg_0_0625C,
        _ => {
            return Err(OptionError::new(
                "resolution",
                "an mcp9808 has a resolution of 0.5, 0.25, 0.125 or 0.0625 °C",
            ));
        }
    };
    let port = Port::new(hal, ROW.name, &options.bus, options.address)?;
    Ok(Box::new(Mcp9808 { port, resolution, configured: false }))
}

impl Driver for Mcp9808 {
    fn unit(&self) -> &str {
        "°C"
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let celsius = self.measure();
        self.configured = celsius.is_ok();
        celsius.map(Value::Number)
    }
}

impl Mcp9808 {
    /// The latest conversion, in °C; the chip converts all the time.
    fn measure(&self) -> Result<f64, ReadError> {
        let port = &self.port;
        let address = Address::Custom(port.address);
        let mut chip = MCP9808Sync::new_i2c(port.delay, port.bus.clone(), address);
        if !self.configured {
            chip.init().map_err(|error| match error {
                InitError::Transport(error) => port.explain(&error),
                InitError::InvalidDeviceId | InitError::InvalidManufacturerId => {
                    port.another_chip()
                }
            })?;
            chip.write_register(Resolution::default().with_temperature_resolution(self.resolution))
                .map_err(|error| port.explain(&error))?;
            chip.write_register(
                Configuration::default().with_shutdown_mode(ShutdownMode::Continuous),
            )
            .map_err(|error| port.explain(&error))?;
            // The datasheet's times are typical ones; a fifth more is on the safe side.
            port.delay.clone().delay_us(self.resolution.conversion_time_us() / 5 * 6);
        }
        let celsius = chip
            .read_register::<AmbientTemperature>()
            .map_err(|error| port.explain(&error))?
            .read_temperature()
            .get::<degree_celsius>();
        if MEASURABLE.contains(&celsius) {
            Ok(celsius)
        } else {
            Err(port.unmeasurable(celsius, "°C"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        hal::{Board, simulated::I2cFault},
        sensor::testing::{options, settings},
    };

    const AMBIENT: u8 = 5;

    fn hal_at(celsius: f64) -> Hal {
        let environment = move |name: &str| (name == "closet/temperature").then_some(celsius);
        Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(environment))
    }

    fn break_it(hal: &Hal, fault: I2cFault) {
        assert!(hal.simulated_i2c("i2c-1").unwrap().inject(0x18, fault));
    }

    fn driver(hal: &Hal, text: &str) -> Box<dyn Driver> {
        let mut settings = settings("closet/temperature");
        settings.options = options(text);
        build(&settings, hal).unwrap()
    }

    /// Datasheet, register 5-4: the upper three bits are alert flags, the rest is
    /// two's complement in sixteenths of a degree.
    #[test]
    fn the_datasheets_registers() {
        for (register, celsius) in [
            (0x0190, 25.0),
            (0xC190, 25.0),
            (0xC1E4, 30.25),
            (0x0000, 0.0),
            (0x1FFF, -0.0625),
            (0x3FF0, -1.0),
            (0x1E70, -25.0),
            (0x3D80, -40.0),
            (0xC7D0, 125.0),
        ] {
            let hal = hal_at(20.0);
            break_it(&hal, I2cFault::StuckRegister { register: AMBIENT, value: register });
            assert_eq!(driver(&hal, "").read(), Ok(Value::Number(celsius)), "{register:#06x}");
        }
    }

    #[test]
    fn follows_the_simulated_closet_in_steps_of_the_resolution() {
        assert_eq!(driver(&hal_at(71.3), "").read(), Ok(Value::Number(71.3125)));
        assert_eq!(driver(&hal_at(-7.3), "").read(), Ok(Value::Number(-7.3125)));
        assert_eq!(driver(&hal_at(71.3), "resolution = 0.5").read(), Ok(Value::Number(71.0)));
    }

    #[test]
    fn another_chip_is_not_believed() {
        let hal = hal_at(20.0);
        break_it(&hal, I2cFault::StuckRegister { register: 6, value: 0x5449 });
        let error = driver(&hal, "").read().unwrap_err();
        assert!(!error.is_transient());
        assert!(error.to_string().contains("another chip"), "{error}");
    }

    #[test]
    fn recovers_when_it_is_plugged_in_again() {
        let hal = hal_at(20.0);
        let mut driver = driver(&hal, "");
        break_it(&hal, I2cFault::NoAnswer);
        let error = driver.read().unwrap_err();
        assert!(error.is_transient());
        assert!(error.to_string().starts_with("mcp9808 at 0x18 on i2c-1: no answer"), "{error}");
        hal.simulated_i2c("i2c-1").unwrap().mend(0x18);
        assert_eq!(driver.read(), Ok(Value::Number(20.0)));
    }

    proptest! {
        #[test]
        fn no_register_content_panics(register in 0u8..9, value: u16, flipped: u16) {
            let hal = hal_at(20.0);
            break_it(&hal, I2cFault::StuckRegister { register, value });
            break_it(&hal, I2cFault::FlippedBits(flipped));
            if let Ok(Value::Number(celsius)) = driver(&hal, "").read() {
                prop_assert!(MEASURABLE.contains(&celsius));
            }
        }
    }
}
