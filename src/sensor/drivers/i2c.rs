//! What all drivers on an I2C bus share.

use std::error::Error;

use crate::{
    hal::{AnyI2c, Delay, Hal, I2cError},
    sensor::{OptionError, ReadError},
};

/// The bus that boards with a 40-pin header have on it.
pub(super) fn default_bus() -> String {
    "i2c-1".to_owned()
}

/// One address on one bus, with the words to speak about it.
pub(super) struct Port {
    pub bus: AnyI2c,
    pub delay: Delay,
    pub address: u8,
    /// `mcp9808 at 0x18 on i2c-1`.
    pub title: String,
}

impl Port {
    pub fn new(hal: &Hal, chip: &str, bus: &str, address: u8) -> Result<Self, OptionError> {
        Ok(Port {
            bus: hal.i2c(bus).map_err(|error| OptionError::new("bus", error.to_string()))?,
            delay: hal.delay(),
            address,
            title: format!("{chip} at {address:#04x} on {bus}"),
        })
    }

    /// What a driver crate's error means. Crates wrap the bus's error in types of their own.
    pub fn explain(&self, error: &(dyn Error + 'static)) -> ReadError {
        let mut causes = std::iter::successors(Some(error), |error| (*error).source());
        match causes.find_map(|cause| cause.downcast_ref::<I2cError>()) {
            Some(cause) if cause.is_transient() => self.transient(cause),
            Some(cause) => self.permanent(cause),
            None => self.transient(error),
        }
    }

    pub fn transient(&self, reason: impl std::fmt::Display) -> ReadError {
        ReadError::Transient(format!("{}: {reason}", self.title))
    }

    pub fn permanent(&self, reason: impl std::fmt::Display) -> ReadError {
        ReadError::Permanent(format!("{}: {reason}", self.title))
    }
}
