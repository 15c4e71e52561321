//! Texas Instruments INA219, voltage, current and power monitor on I2C, 0 to 26 V.
//!
//! Datasheet SBOS448, chapter 8.6 (registers): <https://www.ti.com/lit/ds/symlink/ina219.pdf>.

use embedded_devices::devices::texas_instruments::ina219::{
    INA219Sync,
    address::Address,
    registers::{AdcResolution, BusVoltage, Configuration, ShuntVoltage},
};
use embedded_hal::delay::DelayNs;
use serde::Deserialize;
use uom::si::electric_potential::volt;

use super::{
    DriverRow, SensorSettings,
    i2c::{Port, default_bus},
    shunt::{MAX_HELP, MEASURE_HELP, Measure, Meter, SHUNT_HELP, Voltages},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "ina219",
    summary: "TI INA219 voltage, current and power monitor on I2C, V, A or W",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x40 to 0x4F, set by the pins A0 and A1; 0x40 unless said"),
        ("shunt_ohms", SHUNT_HELP),
        ("max_amps", MAX_HELP),
        ("measure", MEASURE_HELP),
    ],
    build,
};

/// Full scale of the shunt input at the gain of 1/8, in V; 32,000 steps of 10 µV.
const SHUNT_FULL_SCALE: f64 = 0.32;
const SHUNT_STEPS: u16 = 32_000;
const SHUNT_STEP: f64 = 10e-6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    #[serde(default = "default_address")]
    address: u8,
    shunt_ohms: Option<f64>,
    max_amps: Option<f64>,
    #[serde(default)]
    measure: Measure,
}

fn default_address() -> u8 {
    0x40
}

struct Ina219 {
    port: Port,
    meter: Meter,
    configured: bool,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { bus, address, shunt_ohms, max_amps, measure } = settings.options.read()?;
    if !(0x40..=0x4F).contains(&address) {
        return Err(OptionError::new("address", "an ina219 has an address from 0x40 to 0x4F"));
    }
    let meter = Meter::new(ROW.name, SHUNT_FULL_SCALE, measure, shunt_ohms, max_amps)?;
    let port = Port::new(hal, ROW.name, &bus, address)?;
    Ok(Box::new(Ina219 { port, meter, configured: false }))
}

impl Driver for Ina219 {
    fn unit(&self) -> &str {
        self.meter.unit()
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let voltages = self.convert();
        self.configured = voltages.is_ok();
        self.meter.value(&self.port, voltages?).map(Value::Number)
    }
}

impl Ina219 {
    fn convert(&self) -> Result<Voltages, ReadError> {
        let port = &self.port;
        let address = Address::Custom(port.address);
        let mut chip = INA219Sync::new_i2c(port.delay, port.bus.clone(), address);
        // The chip has no identification. What is written must at least stay.
        let wanted = Configuration::default()
            .with_bus_adc_resolution(AdcResolution::B_12_X_16)
            .with_shunt_adc_resolution(AdcResolution::B_12_X_16);
        let found = chip.read_register::<Configuration>().map_err(|e| port.explain(&e))?;
        if found != wanted {
            chip.write_register(wanted).map_err(|error| port.explain(&error))?;
            let time_us = 2 * AdcResolution::B_12_X_16.conversion_time_us();
            // The datasheet allows a tenth more than the typical time.
            port.delay.clone().delay_us(time_us / 10 * 12);
            let kept = chip.read_register::<Configuration>().map_err(|e| port.explain(&e))?;
            if kept != wanted {
                return Err(port.another_chip());
            }
        }
        let shunt = chip.read_register::<ShuntVoltage>().map_err(|error| port.explain(&error))?;
        let bus = chip.read_register::<BusVoltage>().map_err(|error| port.explain(&error))?;
        // A saturated converter knows no value, only that it is beyond.
        if self.meter.needs_current() && shunt.read_raw_value().unsigned_abs() >= SHUNT_STEPS {
            return Err(port.transient("the shunt sees more than 320 mV; use a smaller one"));
        }
        Ok(Voltages {
            bus: bus.read_value().get::<volt>(),
            // Not by the crate's conversion, which takes a step for ten times what it is.
            shunt: f64::from(shunt.read_raw_value()) * SHUNT_STEP,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hal::simulated::{I2cFault, Registers},
        sensor::drivers::testing::with_chip,
    };

    fn read(shunt: u16, bus: u16, options: &str) -> Result<f64, ReadError> {
        with_chip(0x40, Registers::from([(1, shunt), (2, bus)])).read("ina219", options)
    }

    fn assert_close(read: Result<f64, ReadError>, expected: f64) {
        assert!((read.clone().unwrap() - expected).abs() < 1e-9, "{read:?} {expected}");
    }

    /// Datasheet, chapter 8.6: 80 mV are 0x1F40 at every gain; a bus voltage stands three bits to
    /// the left, in steps of 4 mV.
    #[test]
    fn the_datasheets_registers() {
        let bus = (11_980 / 4) << 3;
        let shunt = "shunt_ohms = 0.01";
        assert_close(read(0x1F40, bus, &format!("{shunt}\nmeasure = 'current'")), 8.0);
        assert_close(read(0x1F40, bus, &format!("{shunt}\nmeasure = 'voltage'")), 11.98);
        assert_close(read(0x1F40, bus, shunt), 95.84);
        // −320 mV are 0x8300, the end of the scale; −80 mV are 0xE0C0.
        assert_close(read(0xE0C0, bus, &format!("{shunt}\nmeasure = 'current'")), -8.0);
        assert!(read(0x8300, bus, shunt).unwrap_err().to_string().contains("320 mV"));
    }

    #[test]
    fn a_chip_that_keeps_no_configuration_is_another_one() {
        let bench = with_chip(0x40, Registers::default());
        bench.inject(I2cFault::StuckRegister { register: 0, value: 0x4127 });
        let error = bench.read("ina219", "measure = 'voltage'").unwrap_err();
        assert!(error.to_string().contains("another chip"), "{error}");
    }

    proptest! {
        #[test]
        fn no_register_content_panics(shunt: u16, bus: u16, flipped: u16, measure in 0usize..3) {
            let bench = with_chip(0x40, Registers::from([(1, shunt), (2, bus)]));
            bench.inject(I2cFault::FlippedBits(flipped));
            let measure = ["power", "voltage", "current"][measure];
            let options = format!("shunt_ohms = 0.0001\nmeasure = '{measure}'");
            if let Ok(number) = bench.read("ina219", &options) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
