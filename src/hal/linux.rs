//! I2C through the kernel's `i2c-dev`: serves every Linux board.

use std::io;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use linux_embedded_hal::{I2cdev, i2cdev::linux::LinuxI2CError};

use nix::errno::Errno;

use super::{I2cError, smbus};

/// `/dev/i2c-N`, opened by the first transaction, so that it may appear after the agent's start.
pub(super) struct LinuxI2c {
    path: String,
    device: Option<I2cdev>,
    /// The adapter can carry registers, but no I2C messages.
    only_smbus: bool,
}

impl LinuxI2c {
    pub fn new(path: &str) -> Self {
        LinuxI2c { path: path.to_owned(), device: None, only_smbus: false }
    }
}

impl ErrorType for LinuxI2c {
    type Error = I2cError;
}

impl I2c for LinuxI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let device = match &mut self.device {
            Some(device) => device,
            closed => {
                let device = I2cdev::new(&self.path);
                closed.insert(
                    device.map_err(|error| I2cError::open(&self.path, &to_io_error(&error)))?,
                )
            }
        };
        let mut done = match self.only_smbus {
            true => smbus::transaction(device, address, operations).map_err(|e| to_io_error(&e)),
            false => I2c::<u8>::transaction(device, address, operations)
                .map_err(|error| to_io_error(error.inner())),
        };
        if !self.only_smbus
            && let Err(error) = &done
            && error.raw_os_error() == Some(Errno::EOPNOTSUPP as i32)
        {
            self.only_smbus = true;
            done = smbus::transaction(device, address, operations).map_err(|e| to_io_error(&e));
        }
        done.map_err(|error| {
            // An adapter on USB may have been plugged in anew: its old file stays dead.
            self.device = None;
            I2cError::transfer(&error)
        })
    }
}

fn to_io_error(error: &LinuxI2CError) -> io::Error {
    match error {
        LinuxI2CError::Errno(code) => io::Error::from_raw_os_error(*code),
        LinuxI2CError::Io(error) => match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bus_says_how_to_enable_it() {
        let mut bus = LinuxI2c::new("/dev/i2c-of-no-board");
        let error = I2c::<u8>::read(&mut bus, 0x18, &mut [0]).unwrap_err();
        assert_eq!(error, I2cError::Missing { path: "/dev/i2c-of-no-board".into() });
        assert!(error.to_string().contains("dtparam=i2c_arm=on"));
    }
}
