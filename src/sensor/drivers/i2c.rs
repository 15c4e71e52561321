//! What all drivers on an I2C bus share.

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

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
    turn: Arc<Mutex<Turn>>,
}

/// Held while a chip measures: two sensors of one chip must not stop each other's conversion.
pub(super) struct Turn;

impl Port {
    pub fn new(hal: &Hal, chip: &str, bus: &str, address: u8) -> Result<Self, OptionError> {
        Ok(Port {
            bus: hal.i2c(bus).map_err(|error| OptionError::new("bus", error.to_string()))?,
            delay: hal.delay(),
            address,
            title: format!("{chip} at {address:#04x} on {bus}"),
            turn: hal.shared(&format!("{bus} {address:#04x}"), || Turn),
        })
    }

    /// Waits until no other sensor of the same chip is in the middle of a measurement.
    pub fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a driver crate's error means. Crates wrap the bus's error in types of their own.
    pub fn explain(&self, error: &(dyn Error + 'static)) -> ReadError {
        let mut causes = std::iter::successors(Some(error), |error| (*error).source());
        match causes.find_map(|cause| cause.downcast_ref::<I2cError>()) {
            Some(cause) => self.failed(cause),
            None => self.transient(error),
        }
    }

    /// What the bus's error means.
    pub fn failed(&self, cause: &I2cError) -> ReadError {
        if cause.is_transient() { self.transient(cause) } else { self.permanent(cause) }
    }

    /// A checksum that does not fit: long wires and weak pull-ups make them.
    pub fn garbled(&self) -> ReadError {
        self.transient("the checksum does not fit: shorten the wires or strengthen the pull-ups")
    }

    /// A chip that does not identify itself as the one of the site file.
    pub fn another_chip(&self) -> ReadError {
        self.permanent("another chip answers; `watchpost sensors --scan` shows which")
    }

    /// A value that this chip cannot say.
    pub fn unmeasurable(&self, value: f64, unit: &str) -> ReadError {
        self.transient(format!("says {value} {unit}, which it cannot measure: check the bus"))
    }

    pub fn transient(&self, reason: impl std::fmt::Display) -> ReadError {
        ReadError::Transient(format!("{}: {reason}", self.title))
    }

    pub fn permanent(&self, reason: impl std::fmt::Display) -> ReadError {
        ReadError::Permanent(format!("{}: {reason}", self.title))
    }
}

/// The address of the site file, if it is one that the chip can have; the first unless said.
pub(super) fn one_of(chip: &str, possible: &[u8], address: Option<u8>) -> Result<u8, OptionError> {
    let address = address.or(possible.first().copied()).unwrap_or_default();
    if possible.contains(&address) {
        return Ok(address);
    }
    let known: Vec<_> = possible.iter().map(|each| format!("{each:#04x}")).collect();
    let message = format!("a chip `{chip}` has one of these addresses: {}", known.join(", "));
    Err(OptionError::new("address", message))
}
