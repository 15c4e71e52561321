//! Probes an I2C bus and identifies the chips that have identification registers.

use embedded_hal::i2c::I2c;

use super::{Found, Scan};
use crate::hal::{AnyI2c, I2cError};

/// The addresses that are not reserved by the I2C specification (UM10204).
const ADDRESSES: std::ops::RangeInclusive<u8> = 0x08..=0x77;

/// Clock generators here are known to block the bus when they are read from (i2cdetect(8)).
const NEVER_READ: u8 = 0x69;

/// Reads one byte from every address. A read changes nothing on almost all chips, while the other
/// way to probe, an empty write, has damaged EEPROMs.
pub(super) fn scan(name: &str, mut bus: AnyI2c, scan: &mut Scan) {
    for address in ADDRESSES.filter(|address| *address != NEVER_READ) {
        let (title, lines) = match bus.read(address, &mut [0]) {
            Ok(()) => match identify(&mut bus, address) {
                Some(chip) => (chip.title.to_owned(), Some(chip.lines(name, address))),
                None => ("a chip that is not known".to_owned(), None),
            },
            Err(I2cError::NoAnswer) => continue,
            Err(error @ I2cError::Held) => (error.to_string(), None),
            Err(error) => {
                // It would be the same at every address.
                scan.problems.push(format!("{name}: {error}"));
                return;
            }
        };
        scan.found.push(Found { place: format!("{name} {address:#04x}"), title, lines });
    }
}

/// A chip that can be told by its registers.
struct Chip {
    title: &'static str,
    driver: &'static str,
    quantity: &'static str,
    more: &'static str,
}

const MCP9808: Chip =
    Chip { title: "MCP9808 thermometer", driver: "mcp9808", quantity: "temperature", more: "" };

const INA226: Chip = Chip {
    title: "INA226 power monitor",
    driver: "ina226",
    quantity: "power",
    more: "shunt_ohms = 0.1  # printed on the shunt: R100 is 0.1\n",
};

impl Chip {
    fn lines(&self, bus: &str, address: u8) -> String {
        let Chip { driver, quantity, more, .. } = self;
        format!(
            "[[sensor]]\nname = \"{quantity}-{address:x}\"\ndriver = \"{driver}\"\nbus = \"{bus}\"\n\
             address = {address:#04x}\n{more}"
        )
    }
}

/// Only addresses that the chip can have are asked for its registers: on another chip the register
/// number may be a command.
fn identify(bus: &mut AnyI2c, address: u8) -> Option<Chip> {
    let mut register = |number: u8| {
        let mut bytes = [0; 2];
        let read = bus.write_read(address, &[number], &mut bytes);
        read.ok().map(|()| u16::from_be_bytes(bytes))
    };
    match address {
        0x18..=0x1F if register(6)? == 0x0054 && register(7)? >> 8 == 0x04 => Some(MCP9808),
        0x40..=0x4F if register(0xFE)? == 0x5449 && register(0xFF)? >> 4 == 0x226 => Some(INA226),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        hal::{
            Board, Hal,
            simulated::{I2cFault, Mcp9808},
        },
        sensor::drivers,
    };

    fn hal() -> Hal {
        Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| Some(20.0)))
    }

    fn scanned(hal: &Hal) -> Scan {
        super::super::scan(hal)
    }

    #[test]
    fn the_lines_can_be_pasted() {
        let hal = hal();
        let found = scanned(&hal).found;
        let titles: Vec<_> = found.iter().map(|each| each.title.as_str()).collect();
        assert_eq!(titles, ["MCP9808 thermometer", "INA226 power monitor"]);
        for each in found {
            let site: toml::Table = toml::from_str(&each.lines.unwrap()).unwrap();
            let mut sensor = site["sensor"][0].as_table().unwrap().clone();
            let mut settings = crate::sensor::testing::settings("x");
            sensor.remove("name");
            settings.driver = sensor.remove("driver").unwrap().as_str().unwrap().into();
            settings.options = sensor.into_iter().collect();
            drivers::build(&settings, &hal).unwrap();
        }
    }

    #[test]
    fn a_chip_that_only_looks_alike_is_not_named() {
        let hal = hal();
        let bus = hal.simulated_i2c("i2c-1").unwrap();
        bus.inject(0x18, I2cFault::StuckRegister { register: 7, value: 0x0500 });
        bus.attach(0x44, Mcp9808::new(Arc::new(|_: &str| Some(20.0)), "x"));
        let unknown: Vec<_> =
            scanned(&hal).found.into_iter().filter(|each| each.lines.is_none()).collect();
        let places: Vec<_> = unknown.iter().map(|each| each.place.as_str()).collect();
        assert_eq!(places, ["i2c-1 0x18", "i2c-1 0x44"]);
    }

    #[test]
    fn a_stuck_bus_is_told_and_not_waited_for_at_every_address() {
        let hal = hal();
        hal.simulated_i2c("i2c-1").unwrap().inject(0x18, I2cFault::Hang(Duration::ZERO));
        let scan = scanned(&hal);
        assert_eq!((scan.found.len(), scan.problems.len()), (0, 1));
        assert!(scan.problems[0].starts_with("i2c-1: timed out"), "{}", scan.problems[0]);
    }
}
