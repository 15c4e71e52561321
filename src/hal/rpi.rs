//! I2C through rppal. All that the agent knows of rppal stands in this file, because rppal is no
//! longer developed.
//!
//! Compared with [`super::linux`] it keeps the device file open when the address changes.

use std::io;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use rppal::i2c::{Error, I2c as Rppal};

use super::I2cError;

/// `/dev/i2c-N` by its number, opened by the first transaction.
pub(super) struct RpiI2c {
    number: u8,
    device: Option<Rppal>,
}

impl RpiI2c {
    pub fn new(number: u8) -> Self {
        RpiI2c { number, device: None }
    }
}

impl ErrorType for RpiI2c {
    type Error = I2cError;
}

impl I2c for RpiI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let device = match &mut self.device {
            Some(device) => device,
            closed => closed.insert(Rppal::with_bus(self.number).map_err(|error| {
                I2cError::open(&format!("/dev/i2c-{}", self.number), &to_io_error(error))
            })?),
        };
        transfer(device, address, operations).map_err(|error| {
            // A file of a bus that was switched off and on again stays dead.
            self.device = None;
            I2cError::transfer(&to_io_error(error))
        })
    }
}

fn transfer(
    device: &mut Rppal,
    address: u8,
    operations: &mut [Operation<'_>],
) -> Result<(), Error> {
    device.set_slave_address(u16::from(address))?;
    // Reading a register: rppal's own transactions would put a stop between the two, and some
    // chips forget the register over it.
    if let [Operation::Write(bytes), Operation::Read(buffer)] = operations {
        return Rppal::write_read(device, bytes, buffer);
    }
    for operation in operations {
        let (asked, done) = match operation {
            Operation::Read(buffer) => (buffer.len(), device.read(buffer)?),
            Operation::Write(bytes) => (bytes.len(), device.write(bytes)?),
        };
        if done < asked {
            return Err(Error::Io(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok(())
}

fn to_io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bus_says_how_to_enable_it() {
        let mut bus = RpiI2c::new(250);
        let error = bus.read(0x18, &mut [0]).unwrap_err();
        assert_eq!(error, I2cError::Missing { path: "/dev/i2c-250".into() });
    }
}
