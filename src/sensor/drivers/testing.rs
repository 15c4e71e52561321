//! Drivers on a simulated bus, for their tests.

use std::sync::Arc;

use super::{Driver, build};
use crate::{
    hal::{
        Board, Hal,
        simulated::{ByteChip, Chip, I2cFault},
    },
    sensor::{
        OptionError, ReadError, Value,
        testing::{options, settings},
    },
};

/// A board with one chip on `i2c-1`.
pub(super) struct Bench {
    pub hal: Hal,
    address: u8,
}

/// A board with this chip on it.
pub(super) fn with_chip(address: u8, chip: impl Chip + 'static) -> Bench {
    let bench = Bench { hal: empty(), address };
    bench.hal.simulated_i2c("i2c-1").unwrap().attach(address, chip);
    bench
}

/// [`with_chip`] for chips that are told commands.
pub(super) fn with_bytes(address: u8, chip: impl ByteChip + 'static) -> Bench {
    let bench = Bench { hal: empty(), address };
    bench.hal.simulated_i2c("i2c-1").unwrap().attach_bytes(address, chip);
    bench
}

fn empty() -> Hal {
    Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| None))
}

/// The driver of a `[[sensor]]` with these options.
pub(super) fn driver(hal: &Hal, name: &str, text: &str) -> Result<Box<dyn Driver>, OptionError> {
    let mut settings = settings("x");
    settings.driver = name.into();
    settings.options = options(text);
    build(&settings, hal)
}

impl Bench {
    pub fn read(&self, name: &str, options: &str) -> Result<f64, ReadError> {
        driver(&self.hal, name, options).unwrap().read().map(Value::as_f64)
    }

    pub fn mend(&self) {
        self.hal.simulated_i2c("i2c-1").unwrap().mend(self.address);
    }

    pub fn inject(&self, fault: I2cFault) {
        assert!(self.hal.simulated_i2c("i2c-1").unwrap().inject(self.address, fault));
    }
}
