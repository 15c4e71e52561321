//! Texas Instruments INA226, voltage, current and power monitor on I2C, 0 to 36 V.
//!
//! Datasheet SBOS547: <https://www.ti.com/lit/ds/symlink/ina226.pdf>.

use embedded_devices::devices::texas_instruments::ina226::{
    INA226Sync,
    address::Address,
    registers::{
        AverageCount, BusVoltage, Configuration, DieId, ManufacturerId, OperatingMode, ShuntVoltage,
    },
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
    name: "ina226",
    summary: "TI INA226 voltage, current and power monitor on I2C, V, A or W",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x40 to 0x4F, set by the pins A0 and A1; 0x40 unless said"),
        ("shunt_ohms", SHUNT_HELP),
        ("max_amps", MAX_HELP),
        ("measure", MEASURE_HELP),
    ],
    build,
};

/// Full scale of the shunt input, in V.
const SHUNT_FULL_SCALE: f64 = 0.08192;

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

struct Ina226 {
    port: Port,
    meter: Meter,
    configured: bool,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    if !(0x40..=0x4F).contains(&options.address) {
        return Err(OptionError::new("address", "an ina226 has an address from 0x40 to 0x4F"));
    }
    let Options { shunt_ohms, max_amps, measure, .. } = options;
    let meter = Meter::new(ROW.name, SHUNT_FULL_SCALE, measure, shunt_ohms, max_amps)?;
    let port = Port::new(hal, ROW.name, &options.bus, options.address)?;
    Ok(Box::new(Ina226 { port, meter, configured: false }))
}

impl Driver for Ina226 {
    fn unit(&self) -> &str {
        self.meter.unit()
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let voltages = self.convert();
        self.configured = voltages.is_ok();
        self.meter.value(&self.port, voltages?).map(Value::Number)
    }
}

impl Ina226 {
    fn convert(&self) -> Result<Voltages, ReadError> {
        let port = &self.port;
        let address = Address::Custom(port.address);
        let mut chip = INA226Sync::new_i2c(port.delay, port.bus.clone(), address);
        if !self.configured {
            let maker =
                chip.read_register::<ManufacturerId>().map_err(|error| port.explain(&error))?;
            let die = chip.read_register::<DieId>().map_err(|error| port.explain(&error))?;
            if maker.read_id() != ManufacturerId::default().read_id()
                || die.read_id() != DieId::default().read_id()
            {
                return Err(port.another_chip());
            }
            // Sixteen samples tame the ripple of a solar charger within 35 ms.
            let configuration = Configuration::default()
                .with_average_count(AverageCount::X_16)
                .with_operating_mode(OperatingMode::ShuntAndBusContinuous);
            let conversion_us = configuration.total_conversion_time_us();
            chip.write_register(configuration).map_err(|error| port.explain(&error))?;
            // The datasheet allows a tenth more than the typical time.
            port.delay.clone().delay_us(conversion_us / 10 * 12);
        }
        let shunt = chip.read_register::<ShuntVoltage>().map_err(|error| port.explain(&error))?;
        let bus = chip.read_register::<BusVoltage>().map_err(|error| port.explain(&error))?;
        // A saturated converter knows no value, only that it is beyond.
        if self.meter.needs_current() && matches!(shunt.read_raw_value(), i16::MAX | i16::MIN) {
            return Err(port.transient("the shunt sees more than 81.92 mV; use a smaller one"));
        }
        // Bit 15 of the bus voltage is always 0.
        if bus.read_raw_value() < 0 {
            return Err(port.transient("an impossible bus voltage; check the bus"));
        }
        Ok(Voltages {
            bus: bus.read_value().get::<volt>(),
            shunt: shunt.read_value().get::<volt>(),
        })
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

    const SHUNT_VOLTAGE: u8 = 1;
    const BUS_VOLTAGE: u8 = 2;

    fn sun(volts: f64, watts: f64) -> Hal {
        let environment = move |name: &str| match name {
            "solar/voltage" => Some(volts),
            "solar/power" => Some(watts),
            _ => None,
        };
        Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(environment))
    }

    fn stuck(registers: &[(u8, u16)]) -> Hal {
        let hal = sun(12.0, 100.0);
        for (register, value) in registers.iter().copied() {
            break_it(&hal, I2cFault::StuckRegister { register, value });
        }
        hal
    }

    fn break_it(hal: &Hal, fault: I2cFault) {
        assert!(hal.simulated_i2c("i2c-1").unwrap().inject(0x40, fault));
    }

    fn read(hal: &Hal, text: &str) -> Result<f64, ReadError> {
        let mut settings = settings("solar/power");
        settings.options = options(text);
        build(&settings, hal).unwrap().read().map(Value::as_f64)
    }

    fn assert_close(read: Result<f64, ReadError>, expected: f64) {
        let read = read.unwrap();
        assert!((read - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{read} {expected}");
    }

    /// The datasheet's worked example: 10 A through 2 mΩ are 20 mV (0x1F40), the bus stands at
    /// 11.98 V (0x2570).
    #[test]
    fn the_datasheets_example() {
        let hal = stuck(&[(SHUNT_VOLTAGE, 0x1F40), (BUS_VOLTAGE, 0x2570)]);
        let shunt = "shunt_ohms = 0.002\nmax_amps = 15";
        assert_close(read(&hal, &format!("{shunt}\nmeasure = 'current'")), 10.0);
        assert_close(read(&hal, &format!("{shunt}\nmeasure = 'voltage'")), 11.98);
        assert_close(read(&hal, shunt), 119.8);
    }

    /// The datasheet's example of the shunt register: −80 mV are 0x8300.
    #[test]
    fn a_current_backwards_is_negative() {
        let hal = stuck(&[(SHUNT_VOLTAGE, 0x8300), (BUS_VOLTAGE, 800)]);
        assert_close(read(&hal, "shunt_ohms = 0.1\nmeasure = 'current'"), -0.8);
        assert_close(read(&hal, "shunt_ohms = 0.1"), -0.8);
    }

    #[test]
    fn follows_the_simulated_sun_through_a_shunt_below_a_milliohm() {
        let watts = read(&sun(36.0, 10_400.0), "shunt_ohms = 0.00025").unwrap();
        assert!((watts - 10_400.0).abs() < 1.0, "{watts}");
        assert_close(read(&sun(12.0, 0.0), "shunt_ohms = 0.1"), 0.0);
        assert_close(read(&sun(12.0, 0.0), "measure = 'voltage'"), 12.0);
    }

    #[test]
    fn what_is_beyond_the_scale_is_no_value() {
        for (registers, part) in [
            ([(SHUNT_VOLTAGE, 0x7FFF), (BUS_VOLTAGE, 800)], "81.92 mV"),
            ([(SHUNT_VOLTAGE, 100), (BUS_VOLTAGE, 0x8000)], "bus voltage"),
            ([(SHUNT_VOLTAGE, 8000), (0xFE, 0x0054)], "another chip"),
            ([(SHUNT_VOLTAGE, 24_000), (BUS_VOLTAGE, 800)], "`max_amps`"),
        ] {
            let error = read(&stuck(&registers), "shunt_ohms = 0.1\nmax_amps = 0.5").unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_register_content_panics(shunt: u16, bus: u16, flipped: u16, measure in 0usize..3) {
            let hal = stuck(&[(SHUNT_VOLTAGE, shunt), (BUS_VOLTAGE, bus)]);
            break_it(&hal, I2cFault::FlippedBits(flipped));
            let measure = ["power", "voltage", "current"][measure];
            let text = format!("shunt_ohms = 0.0001\nmeasure = '{measure}'");
            if let Ok(number) = read(&hal, &text) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
