//! Texas Instruments INA3221, three voltage, current and power monitors on I2C, 0 to 26 V.
//!
//! Datasheet SBOS576, chapter 8.6 (registers): <https://www.ti.com/lit/ds/symlink/ina3221.pdf>.
//!
//! Its registers are read here: the crate for it takes currents backwards for forward ones.

use embedded_hal::i2c::I2c;
use serde::Deserialize;

use super::{
    DriverRow, SensorSettings,
    i2c::{Port, default_bus, one_of},
    shunt::{MAX_HELP, MEASURE_HELP, Measure, Meter, SHUNT_HELP, Voltages},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "ina3221",
    summary: "TI INA3221 three-channel voltage, current and power monitor on I2C, V, A or W",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x40 to 0x43, set by the pin A0; 0x40 unless said"),
        ("channel", "1, 2 or 3, as printed beside the terminals; 1 unless said"),
        ("shunt_ohms", SHUNT_HELP),
        ("max_amps", MAX_HELP),
        ("measure", MEASURE_HELP),
    ],
    build,
};

/// Full scale of a shunt input, in V: 4095 steps of 40 µV.
const SHUNT_FULL_SCALE: f64 = 0.1638;
const SHUNT_STEPS: u16 = 4095;
const SHUNT_STEP: f64 = 40e-6;
const BUS_STEP: f64 = 8e-3;

const CONFIGURATION: u8 = 0x00;
/// The first channel's; the other channels' follow in pairs.
const SHUNT_VOLTAGE: u8 = 0x01;
const BUS_VOLTAGE: u8 = 0x02;
const MANUFACTURER: (u8, u16) = (0xFE, 0x5449);
const DIE: (u8, u16) = (0xFF, 0x3220);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
    #[serde(default = "first")]
    channel: u8,
    shunt_ohms: Option<f64>,
    max_amps: Option<f64>,
    #[serde(default)]
    measure: Measure,
}

fn first() -> u8 {
    1
}

struct Ina3221 {
    port: Port,
    /// Counted from 0.
    channel: u8,
    meter: Meter,
    identified: bool,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let address = one_of(ROW.name, &[0x40, 0x41, 0x42, 0x43], options.address)?;
    if !(1..=3).contains(&options.channel) {
        return Err(OptionError::new("channel", "an ina3221 has the channels 1, 2 and 3"));
    }
    let Options { bus, measure, shunt_ohms, max_amps, .. } = options;
    let meter = Meter::new(ROW.name, SHUNT_FULL_SCALE, measure, shunt_ohms, max_amps)?;
    let port = Port::new(hal, ROW.name, &bus, address)?;
    Ok(Box::new(Ina3221 { port, channel: options.channel - 1, meter, identified: false }))
}

impl Driver for Ina3221 {
    fn unit(&self) -> &str {
        self.meter.unit()
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let voltages = self.convert();
        self.identified = voltages.is_ok();
        self.meter.value(&self.port, voltages?).map(Value::Number)
    }
}

impl Ina3221 {
    /// The latest conversion: from power-on the chip converts all channels all the time.
    fn convert(&self) -> Result<Voltages, ReadError> {
        let port = &self.port;
        if !self.identified {
            for (register, identity) in [MANUFACTURER, DIE] {
                if self.register(register)? != identity {
                    return Err(port.another_chip());
                }
            }
            // Bits 14 to 12 switch the channels 1 to 3 on.
            if self.register(CONFIGURATION)? & (1 << (14 - self.channel)) == 0 {
                return Err(port.permanent(format!(
                    "channel {} is switched off; switch the chip's power off and on",
                    self.channel + 1
                )));
            }
        }
        // The lowest three bits are no part of the number.
        let shunt = self.register(SHUNT_VOLTAGE + 2 * self.channel)? as i16 >> 3;
        let bus = self.register(BUS_VOLTAGE + 2 * self.channel)? as i16 >> 3;
        // A saturated converter knows no value, only that it is beyond.
        if self.meter.needs_current() && shunt.unsigned_abs() >= SHUNT_STEPS {
            return Err(port.transient("the shunt sees more than 163.8 mV; use a smaller one"));
        }
        Ok(Voltages { bus: f64::from(bus) * BUS_STEP, shunt: f64::from(shunt) * SHUNT_STEP })
    }

    fn register(&self, register: u8) -> Result<u16, ReadError> {
        let mut bytes = [0; 2];
        let read = self.port.bus.clone().write_read(self.port.address, &[register], &mut bytes);
        read.map_err(|error| self.port.failed(&error))?;
        Ok(u16::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hal::simulated::{I2cFault, Registers},
        sensor::drivers::testing::{Bench, with_chip},
    };

    /// Configuration after power-on and identity; then shunt and bus of channel 2.
    fn chip(shunt: u16, bus: u16) -> Bench {
        let registers = [(0, 0x7127), (0xFE, 0x5449), (0xFF, 0x3220), (3, shunt), (4, bus)];
        with_chip(0x40, Registers::from(registers))
    }

    fn read(shunt: u16, bus: u16, options: &str) -> Result<f64, ReadError> {
        chip(shunt, bus).read("ina3221", &format!("channel = 2\nshunt_ohms = 0.1\n{options}"))
    }

    fn assert_close(read: Result<f64, ReadError>, expected: f64) {
        assert!((read.clone().unwrap() - expected).abs() < 1e-6, "{read:?} {expected}");
    }

    /// Datasheet, chapter 8.6.2.2: steps of 40 µV and 8 mV, three bits to the left; −80 mV are
    /// 0xC180.
    #[test]
    fn the_datasheets_registers() {
        assert_close(read(0x3E80, 1500 << 3, "measure = 'current'"), 0.8);
        assert_close(read(0xC180, 1500 << 3, "measure = 'current'"), -0.8);
        assert_close(read(0x3E80, 1500 << 3, "measure = 'voltage'"), 12.0);
        assert_close(read(0x3E80, 1500 << 3, ""), 9.6);
        assert!(read(0x7FF8, 0, "").unwrap_err().to_string().contains("163.8 mV"));
    }

    #[test]
    fn other_chips_and_sleeping_channels_are_not_believed() {
        let bench = chip(0, 0);
        bench.inject(I2cFault::StuckRegister { register: 0xFF, value: 0x2260 });
        let error = bench.read("ina3221", "measure = 'voltage'").unwrap_err();
        assert!(error.to_string().contains("another chip"), "{error}");
        let bench = chip(0, 0);
        bench.inject(I2cFault::StuckRegister { register: 0, value: 0x6127 });
        let error = bench.read("ina3221", "measure = 'voltage'\nchannel = 3").unwrap_err();
        assert!(error.to_string().contains("channel 3 is switched off"), "{error}");
    }

    proptest! {
        #[test]
        fn no_register_content_panics(shunt: u16, bus: u16, measure in 0usize..3) {
            let measure = ["power", "voltage", "current"][measure];
            if let Ok(number) = read(shunt, bus, &format!("measure = '{measure}'")) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
