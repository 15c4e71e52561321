//! The INA226 power monitor by its registers.
//!
//! Texas Instruments SBOS547, chapter 7.6: <https://www.ti.com/lit/ds/symlink/ina226.pdf>.

use std::sync::Arc;

use super::{Chip, Environment};

const CONFIGURATION: u8 = 0x00;
const SHUNT_VOLTAGE: u8 = 0x01;
const BUS_VOLTAGE: u8 = 0x02;
const POWER: u8 = 0x03;
const CURRENT: u8 = 0x04;
const CALIBRATION: u8 = 0x05;
const MASK_ENABLE: u8 = 0x06;
const ALERT_LIMIT: u8 = 0x07;
const MANUFACTURER: u8 = 0xFE;
const DIE: u8 = 0xFF;

const RESET: u16 = 1 << 15;
const CONVERSION_READY: u16 = 1 << 3;
const DEFAULT_CONFIGURATION: u16 = 0x4127;

/// Measures a voltage, and the current that a power means at that voltage.
pub struct Ina226 {
    environment: Arc<dyn Environment>,
    voltage: String,
    power: String,
    shunt_ohms: f64,
    configuration: u16,
    calibration: u16,
    mask_enable: u16,
    alert_limit: u16,
}

impl Ina226 {
    /// `voltage` and `power`: names of quantities in V and W.
    pub fn new(
        environment: Arc<dyn Environment>,
        voltage: &str,
        power: &str,
        shunt_ohms: f64,
    ) -> Self {
        Ina226 {
            environment,
            voltage: voltage.to_owned(),
            power: power.to_owned(),
            shunt_ohms,
            configuration: DEFAULT_CONFIGURATION,
            calibration: 0,
            mask_enable: 0,
            alert_limit: 0,
        }
    }

    fn volts(&self) -> f64 {
        self.environment.quantity(&self.voltage).unwrap_or_default()
    }

    /// 1.25 mV a step, up to 40.96 V, never negative.
    fn bus_register(&self) -> u16 {
        (self.volts() / 1.25e-3).round().clamp(0.0, f64::from(i16::MAX)) as u16
    }

    /// 2.5 µV a step, ±81.92 mV.
    fn shunt_register(&self) -> i16 {
        let volts = self.volts();
        let watts = self.environment.quantity(&self.power).unwrap_or_default();
        let amps = if volts > 0.0 { watts / volts } else { 0.0 };
        // A float that does not fit saturates, as the converter does.
        (amps * self.shunt_ohms / 2.5e-6).round() as i16
    }

    /// Equation 3 of the datasheet.
    fn current_register(&self) -> i16 {
        (i32::from(self.shunt_register()) * i32::from(self.calibration) / 2048) as i16
    }

    /// Equation 4 of the datasheet.
    fn power_register(&self) -> u16 {
        let current = u32::from(self.current_register().unsigned_abs());
        (current * u32::from(self.bus_register()) / 20_000) as u16
    }
}

impl Chip for Ina226 {
    fn is_present(&self) -> bool {
        self.environment.has(&self.voltage)
    }

    fn width(&self, _register: u8) -> usize {
        2
    }

    fn read(&mut self, register: u8) -> u16 {
        match register {
            CONFIGURATION => self.configuration,
            SHUNT_VOLTAGE => self.shunt_register() as u16,
            BUS_VOLTAGE => self.bus_register(),
            POWER => self.power_register(),
            CURRENT => self.current_register() as u16,
            CALIBRATION => self.calibration,
            // Simulated conversions take no time.
            MASK_ENABLE => self.mask_enable | CONVERSION_READY,
            ALERT_LIMIT => self.alert_limit,
            MANUFACTURER => u16::from_be_bytes(*b"TI"),
            DIE => 0x2260,
            _ => 0,
        }
    }

    fn write(&mut self, register: u8, value: u16) {
        match register {
            CONFIGURATION if value & RESET != 0 => {
                self.configuration = DEFAULT_CONFIGURATION;
                self.calibration = 0;
                self.mask_enable = 0;
                self.alert_limit = 0;
            }
            CONFIGURATION => self.configuration = value,
            CALIBRATION => self.calibration = value & 0x7FFF,
            MASK_ENABLE => self.mask_enable = value & !CONVERSION_READY,
            ALERT_LIMIT => self.alert_limit = value,
            _ => {}
        }
    }
}
