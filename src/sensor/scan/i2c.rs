//! Probes an I2C bus and identifies the chips that have identification registers.

use embedded_hal::i2c::I2c;

use super::{Found, Scan, chips::identify};
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

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        hal::{
            Board, Hal,
            simulated::{ByteRegisters, Commands, I2cFault, Mcp9808, Registers, SimulatedI2c},
        },
        sensor::drivers,
    };

    fn hal() -> Hal {
        Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| Some(20.0)))
    }

    /// A chip is told by what it says of itself, and what looks alike by nothing is not named.
    #[test]
    fn chips_are_told_apart() {
        let bus = SimulatedI2c::default();
        let registers = |registers: [(u8, u16); 2]| Registers::from(registers);
        bus.attach(0x40, registers([(0xFE, 0x5449), (0xFF, 0x3220)]));
        bus.attach(0x41, registers([(0, 0x399F), (0xFF, 0)]));
        bus.attach(0x48, registers([(1, 0x60A0), (0, 0x1900)]));
        bus.attach(0x49, registers([(1, 0x8583), (0, 0)]));
        bus.attach(0x4A, registers([(1, 0), (0, 0x1900)]));
        bus.attach_bytes(
            0x38,
            Commands::new(&[(&[], &[0x1C, 0x65, 0xB4, 0x25, 0xCD, 0x26, 0xC6])]),
        );
        bus.attach_bytes(0x39, Commands::new(&[(&[], &[0x1C])]));
        bus.attach_bytes(0x44, Commands::new(&[(&[0xF3, 0x2D], &[0x80, 0x10, 0xE1])]));
        bus.attach_bytes(0x45, Commands::new(&[(&[0x89], &[0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92])]));
        bus.attach_bytes(0x76, ByteRegisters::new(&[(0xD0, &[0x60])]));
        bus.attach_bytes(0x77, ByteRegisters::new(&[(0xD0, &[0x58])]));
        let mut scan = Scan::default();
        super::scan("i2c-1", AnyI2c::new(bus), &mut scan);
        let found: Vec<_> = scan
            .found
            .iter()
            .map(|each| (each.place.as_str(), each.title.as_str(), each.lines.is_some()))
            .collect();
        assert_eq!(
            found,
            [
                ("i2c-1 0x38", "AHT20 thermometer and hygrometer", true),
                ("i2c-1 0x39", "a chip that is not known", false),
                ("i2c-1 0x40", "INA3221 power monitor, three channels", true),
                ("i2c-1 0x41", "INA219 power monitor, by its settings", true),
                ("i2c-1 0x44", "SHT3x thermometer and hygrometer", true),
                ("i2c-1 0x45", "SHT4x thermometer and hygrometer", true),
                ("i2c-1 0x48", "TMP102 thermometer, by its settings", true),
                ("i2c-1 0x49", "ADS1115 converter, by its settings", true),
                ("i2c-1 0x4a", "a chip that is not known", false),
                ("i2c-1 0x76", "BME280 thermometer, hygrometer and barometer", true),
                ("i2c-1 0x77", "BMP280 thermometer and barometer", true),
            ]
        );
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
