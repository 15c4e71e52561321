//! A register-level I2C bus in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use embedded_hal::i2c::{ErrorType, I2c, Operation};

use super::I2cFault;
use crate::hal::I2cError;

/// A chip with big-endian registers behind a pointer byte, the way most sensors are built.
pub trait Chip: Send {
    /// Whether the chip answers at all.
    fn is_present(&self) -> bool {
        true
    }

    /// Bytes of a register, 1 or 2.
    fn width(&self, register: u8) -> usize;

    /// The register's value; a narrow register's stands in the low byte. May clear flags.
    fn read(&mut self, register: u8) -> u16;

    fn write(&mut self, register: u8, value: u16);
}

/// A chip that takes bytes and gives bytes, the way those do that are told commands.
pub trait ByteChip: Send {
    /// Takes what is written between two start conditions.
    fn write(&mut self, bytes: &[u8]);

    /// Fills the whole buffer.
    fn read(&mut self, buffer: &mut [u8]);
}

/// A bus and what hangs on it. Clones are the same bus. Nobody acknowledges an address at which
/// no chip is attached.
#[derive(Clone, Default)]
pub struct SimulatedI2c {
    slaves: Arc<Mutex<BTreeMap<u8, Slave>>>,
}

struct Slave {
    chip: AnyChip,
    faults: Vec<I2cFault>,
}

enum AnyChip {
    Registers { chip: Box<dyn Chip>, pointer: u8 },
    Bytes(Box<dyn ByteChip>),
}

impl SimulatedI2c {
    /// Plugs a chip in; one at the same address is replaced.
    pub fn attach(&self, address: u8, chip: impl Chip + 'static) {
        self.plug(address, AnyChip::Registers { chip: Box::new(chip), pointer: 0 });
    }

    /// [`SimulatedI2c::attach`] for a chip without registers of two bytes.
    pub fn attach_bytes(&self, address: u8, chip: impl ByteChip + 'static) {
        self.plug(address, AnyChip::Bytes(Box::new(chip)));
    }

    fn plug(&self, address: u8, chip: AnyChip) {
        self.slaves().insert(address, Slave { chip, faults: Vec::new() });
    }

    /// Breaks the chip at the address; false when there is none.
    pub fn inject(&self, address: u8, fault: I2cFault) -> bool {
        let mut slaves = self.slaves();
        let slave = slaves.get_mut(&address);
        slave.map(|slave| slave.faults.push(fault)).is_some()
    }

    /// Mends the chip at the address.
    pub fn mend(&self, address: u8) {
        if let Some(slave) = self.slaves().get_mut(&address) {
            slave.faults.clear();
        }
    }

    fn slaves(&self) -> MutexGuard<'_, BTreeMap<u8, Slave>> {
        self.slaves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ErrorType for SimulatedI2c {
    type Error = I2cError;
}

impl I2c for SimulatedI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let mut slaves = self.slaves();
        let slave = slaves.get_mut(&address).ok_or(I2cError::NoAnswer)?;
        slave.acknowledge()?;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => slave.write(bytes),
                Operation::Read(buffer) => slave.read(buffer),
            }
        }
        Ok(())
    }
}

impl Slave {
    fn acknowledge(&self) -> Result<(), I2cError> {
        for fault in &self.faults {
            match fault {
                I2cFault::NoAnswer => return Err(I2cError::NoAnswer),
                I2cFault::Hang(time) => {
                    thread::sleep(*time);
                    return Err(I2cError::TimedOut);
                }
                I2cFault::Slow(time) => thread::sleep(*time),
                I2cFault::FlippedBits(_) | I2cFault::StuckRegister { .. } => {}
            }
        }
        match &self.chip {
            AnyChip::Registers { chip, .. } if !chip.is_present() => Err(I2cError::NoAnswer),
            _ => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        match &mut self.chip {
            AnyChip::Bytes(chip) => chip.write(bytes),
            // The first byte sets the pointer, the rest is the register's new value.
            AnyChip::Registers { chip, pointer } => {
                let Some((register, value)) = bytes.split_first() else { return };
                *pointer = *register;
                if value.len() >= chip.width(*register) {
                    let value =
                        value.iter().take(2).fold(0, |sum, byte| sum << 8 | u16::from(*byte));
                    chip.write(*register, value);
                }
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) {
        match &mut self.chip {
            AnyChip::Bytes(chip) => {
                chip.read(buffer);
                for fault in &self.faults {
                    if let I2cFault::FlippedBits(mask) = fault {
                        let mask = mask.to_be_bytes();
                        buffer.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, m)| *byte ^= m);
                    }
                }
            }
            // The pointer stays where it is; reading on repeats the register.
            AnyChip::Registers { chip, pointer } => {
                let value = stuck(chip.read(*pointer), *pointer, &self.faults);
                let bytes = value.to_be_bytes();
                let bytes = &bytes[2 - chip.width(*pointer)..];
                for (place, byte) in buffer.iter_mut().zip(bytes.iter().cycle()) {
                    *place = *byte;
                }
            }
        }
    }
}

/// What comes over the wires when a register holds this value.
fn stuck(mut value: u16, register: u8, faults: &[I2cFault]) -> u16 {
    for fault in faults {
        match fault {
            I2cFault::StuckRegister { register: broken, value: stuck } if *broken == register => {
                value = *stuck;
            }
            I2cFault::FlippedBits(mask) => value ^= mask,
            _ => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hal::simulated::Registers;

    fn read(bus: &mut SimulatedI2c, register: u8) -> Result<[u8; 2], I2cError> {
        let mut buffer = [0; 2];
        bus.write_read(0x20, &[register], &mut buffer).map(|()| buffer)
    }

    #[test]
    fn registers_keep_what_is_written() {
        let mut bus = SimulatedI2c::default();
        bus.attach(0x20, Registers::default());
        bus.write(0x20, &[3, 0x12, 0x34]).unwrap();
        assert_eq!(read(&mut bus, 3), Ok([0x12, 0x34]));
        assert_eq!(read(&mut bus, 4), Ok([0, 0]));
        assert_eq!(bus.read(0x21, &mut [0]), Err(I2cError::NoAnswer));
    }

    #[test]
    fn faults_come_and_go() {
        let mut bus = SimulatedI2c::default();
        bus.attach(0x20, Registers::default());
        assert!(!bus.inject(0x21, I2cFault::NoAnswer));
        for (fault, seen) in [
            (I2cFault::NoAnswer, Err(I2cError::NoAnswer)),
            (I2cFault::Hang(Duration::ZERO), Err(I2cError::TimedOut)),
            (I2cFault::Slow(Duration::from_millis(1)), Ok([0, 0])),
            (I2cFault::FlippedBits(0x8001), Ok([0x80, 0x01])),
            (I2cFault::StuckRegister { register: 3, value: 0xFFFF }, Ok([0xFF, 0xFF])),
        ] {
            assert!(bus.inject(0x20, fault));
            assert_eq!(read(&mut bus, 3), seen);
            bus.mend(0x20);
        }
        assert_eq!(read(&mut bus, 3), Ok([0, 0]));
    }
}
