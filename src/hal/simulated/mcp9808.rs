//! The MCP9808 thermometer by its registers.
//!
//! Microchip DS25095, chapter 5: <https://www.microchip.com/en-us/product/mcp9808>.

use std::sync::Arc;

use super::{Chip, Environment};

const CONFIGURATION: u8 = 1;
const UPPER_LIMIT: u8 = 2;
const LOWER_LIMIT: u8 = 3;
const CRITICAL_LIMIT: u8 = 4;
const AMBIENT: u8 = 5;
const MANUFACTURER: u8 = 6;
const DEVICE: u8 = 7;
const RESOLUTION: u8 = 8;

const SHUTDOWN: u16 = 1 << 8;

/// Measures a temperature of the environment.
pub struct Mcp9808 {
    environment: Arc<dyn Environment>,
    temperature: String,
    configuration: u16,
    /// Upper, lower, critical; in the ambient register's format.
    limits: [u16; 3],
    resolution: u16,
    /// The ambient register as of the last conversion; it stays in shutdown.
    converted: u16,
}

impl Mcp9808 {
    /// `temperature`: the name of a quantity in °C.
    pub fn new(environment: Arc<dyn Environment>, temperature: &str) -> Self {
        Mcp9808 {
            environment,
            temperature: temperature.to_owned(),
            configuration: 0,
            limits: [0; 3],
            resolution: 3,
            converted: 0,
        }
    }

    fn ambient(&mut self) -> u16 {
        if self.configuration & SHUTDOWN == 0
            && let Some(celsius) = self.environment.quantity(&self.temperature)
        {
            let [upper, lower, critical] = self.limits.map(sixteenths_of);
            // The chip measures −40 °C to +125 °C and saturates beyond.
            let sixteenths = (celsius.clamp(-40.0, 125.0) * 16.0).round() as i16;
            // Coarser resolutions leave the last bits at 0.
            let sixteenths = sixteenths & (-1 << (3 - self.resolution));
            let flags = u16::from(sixteenths >= critical) << 15
                | u16::from(sixteenths > upper) << 14
                | u16::from(sixteenths < lower) << 13;
            self.converted = flags | sixteenths as u16 & 0x1FFF;
        }
        self.converted
    }
}

/// The 13-bit two's complement number below the flags, in 1/16 °C.
fn sixteenths_of(register: u16) -> i16 {
    (register << 3) as i16 >> 3
}

impl Chip for Mcp9808 {
    fn is_present(&self) -> bool {
        self.environment.has(&self.temperature)
    }

    fn width(&self, register: u8) -> usize {
        if register == RESOLUTION { 1 } else { 2 }
    }

    fn read(&mut self, register: u8) -> u16 {
        match register {
            CONFIGURATION => self.configuration,
            UPPER_LIMIT | LOWER_LIMIT | CRITICAL_LIMIT => {
                self.limits[usize::from(register - UPPER_LIMIT)]
            }
            AMBIENT => self.ambient(),
            MANUFACTURER => 0x0054,
            DEVICE => 0x0400,
            RESOLUTION => self.resolution,
            _ => 0,
        }
    }

    fn write(&mut self, register: u8, value: u16) {
        match register {
            CONFIGURATION => self.configuration = value,
            UPPER_LIMIT | LOWER_LIMIT | CRITICAL_LIMIT => {
                self.limits[usize::from(register - UPPER_LIMIT)] = value & 0x1FFC;
            }
            RESOLUTION => self.resolution = value & 3,
            _ => {}
        }
    }
}
