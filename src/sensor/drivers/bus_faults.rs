//! Every driver of an I2C chip on a bus that fails: nobody answers, a line is stuck, bits are wrong,
//! the answer is slow.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    TABLE, bme280,
    testing::{Bench, driver, with_bytes, with_chip},
};
use crate::{
    hal::simulated::{Commands, I2cFault, Registers},
    sensor::Value,
};

/// A driver, its options, and a healthy chip for it.
type Case = (&'static str, &'static str, fn() -> Bench);

const CASES: &[Case] = &[
    ("ads1115", "", || with_chip(0x48, Registers::from([(0, 0x4000), (1, 0x8583)]))),
    ("aht20", "", || {
        let answer = [0x1C, 0x65, 0xB4, 0x25, 0xCD, 0x26, 0xC6];
        with_bytes(0x38, Commands::new(&[(&[], &[0x18]), (&[0xAC, 0x33, 0x00], &answer)]))
    }),
    ("bme280", "", bme280::healthy),
    ("ina219", "shunt_ohms = 0.1", || {
        with_chip(0x40, Registers::from([(0, 0x399F), (1, 800), (2, 0x5DC2)]))
    }),
    ("ina226", "shunt_ohms = 0.1", || {
        let registers = [(1, 8000), (2, 9600), (0xFE, 0x5449), (0xFF, 0x2260)];
        with_chip(0x40, Registers::from(registers))
    }),
    ("ina3221", "shunt_ohms = 0.1", || {
        let registers = [(0, 0x7127), (1, 0x3E80), (2, 0x2EE0), (0xFE, 0x5449), (0xFF, 0x3220)];
        with_chip(0x40, Registers::from(registers))
    }),
    ("lm75", "", || with_chip(0x48, Registers::from([(0, 0x1900)]))),
    ("mcp9808", "", || with_chip(0x18, Registers::from([(5, 0x0190), (6, 0x0054), (7, 0x0400)]))),
    ("sht3x", "", || {
        let answer = [0x5F, 0x58, 0x38, 0x7B, 0xB2, 0x7D];
        with_bytes(0x44, Commands::new(&[(&[0x24, 0x00], &answer)]))
    }),
    ("sht4x", "", || {
        with_bytes(0x44, Commands::new(&[(&[0xFD], &[0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92])]))
    }),
    ("tmp102", "", || with_chip(0x48, Registers::from([(0, 0x1900), (1, 0x60A0)]))),
];

#[test]
fn every_driver_of_a_chip_is_here() {
    let on_a_bus = TABLE.iter().filter(|row| row.options.iter().any(|(key, _)| *key == "bus"));
    let names: Vec<_> = on_a_bus.map(|row| row.name).collect();
    assert_eq!(names, CASES.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
}

#[test]
fn faults_are_told_and_a_mended_bus_is_read_again() {
    for (name, options, healthy) in CASES {
        let bench = healthy();
        let mut driver = driver(&bench.hal, name, options).unwrap();
        let value = driver.read().unwrap_or_else(|error| panic!("{name}: {error}"));
        for (fault, part) in [
            (I2cFault::NoAnswer, "no answer: check the wiring"),
            (I2cFault::Hang(Duration::ZERO), "timed out: a device holds the bus"),
        ] {
            bench.inject(fault);
            let error = driver.read().unwrap_err();
            assert!(error.is_transient() && error.to_string().contains(part), "{name}: {error}");
            assert!(error.to_string().contains(" on i2c-1: "), "{name}: {error}");
            bench.mend();
            assert_eq!(driver.read(), Ok(value), "{name}");
        }
    }
}

#[test]
fn a_slow_answer_is_as_good() {
    for (name, options, healthy) in CASES {
        let (bench, slow) = (healthy(), healthy());
        slow.inject(I2cFault::Slow(Duration::from_micros(200)));
        assert_eq!(slow.read(name, options), bench.read(name, options), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn wrong_bits_panic_nobody_and_are_no_infinite_value(mask: u16) {
        for (name, options, healthy) in CASES {
            let bench = healthy();
            let mut driver = driver(&bench.hal, name, options).unwrap();
            let _ = driver.read();
            bench.inject(I2cFault::FlippedBits(mask));
            if let Ok(value) = driver.read().map(Value::as_f64) {
                prop_assert!(value.is_finite(), "{name} {mask:#x} {value}");
            }
        }
    }

    /// Where the chips have checksums, no wrong bit goes by.
    #[test]
    fn a_checksum_finds_a_wrong_bit(bit in 0u32..16) {
        for (name, options, healthy) in CASES {
            if ["aht20", "sht3x", "sht4x"].contains(name) {
                let bench = healthy();
                bench.inject(I2cFault::FlippedBits(1u16 << bit));
                prop_assert!(bench.read(name, options).is_err(), "{name}");
            }
        }
    }
}
