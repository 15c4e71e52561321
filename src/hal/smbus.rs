//! I2C on adapters that speak only SMBus, as those of PCs do.
//!
//! Reading and writing a register are the same on the wire, so they are put into SMBus's words:
//! <https://docs.kernel.org/i2c/smbus-protocol.html>. Anything else such an adapter cannot do.

use embedded_hal::i2c::Operation;
use linux_embedded_hal::{
    I2cdev,
    i2cdev::{core::I2CDevice, linux::LinuxI2CError},
};
use nix::errno::Errno;

/// Most bytes that one transfer carries beside the register.
const LONGEST: usize = 32;

/// One transaction with the chip at `address`.
pub(super) fn transaction(
    device: &mut I2cdev,
    address: u8,
    operations: &mut [Operation<'_>],
) -> Result<(), LinuxI2CError> {
    device.set_slave_address(u16::from(address))?;
    match operations {
        [Operation::Write([register]), Operation::Read(buffer)] => match buffer {
            [byte] => *byte = device.smbus_read_byte_data(*register)?,
            // SMBus's words come low byte first.
            [first, second] => {
                [*first, *second] = device.smbus_read_word_data(*register)?.to_le_bytes();
            }
            longer if longer.len() <= LONGEST => {
                let length = u8::try_from(longer.len()).unwrap_or(u8::MAX);
                let bytes = device.smbus_read_i2c_block_data(*register, length)?;
                if bytes.len() != longer.len() {
                    return Err(LinuxI2CError::Errno(Errno::EIO as i32));
                }
                longer.copy_from_slice(&bytes);
            }
            _ => return Err(unsupported()),
        },
        [Operation::Write(bytes)] => match bytes {
            [byte] => device.smbus_write_byte(*byte)?,
            [register, byte] => device.smbus_write_byte_data(*register, *byte)?,
            [register, first, second] => {
                device.smbus_write_word_data(*register, u16::from_le_bytes([*first, *second]))?;
            }
            [register, rest @ ..] if rest.len() <= LONGEST => {
                device.smbus_write_i2c_block_data(*register, rest)?;
            }
            _ => return Err(unsupported()),
        },
        [Operation::Read([byte])] => *byte = device.smbus_read_byte()?,
        _ => return Err(unsupported()),
    }
    Ok(())
}

fn unsupported() -> LinuxI2CError {
    LinuxI2CError::Errno(Errno::EOPNOTSUPP as i32)
}
