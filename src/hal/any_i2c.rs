//! One erased, shared I2C bus, so that every driver is compiled once.

use std::sync::{Arc, Mutex, PoisonError};

use embedded_hal::i2c::{ErrorType, I2c, Operation};

use super::I2cError;

/// A bus that several drivers share. Clones are the same bus; a transaction holds its lock from
/// the first start condition to the stop, so transactions of different drivers never mix.
#[derive(Clone)]
pub struct AnyI2c(Arc<Mutex<dyn I2c<Error = I2cError> + Send>>);

impl AnyI2c {
    pub fn new(bus: impl I2c<Error = I2cError> + Send + 'static) -> Self {
        AnyI2c(Arc::new(Mutex::new(bus)))
    }
}

impl ErrorType for AnyI2c {
    type Error = I2cError;
}

impl I2c for AnyI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        // A driver that panicked left the bus between two transactions: others go on.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).transaction(address, operations)
    }
}
