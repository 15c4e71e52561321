use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::{
    hal::simulated::{Chip, Registers},
    sensor::drivers::testing::{driver, with_chip},
};

const CONVERSION: u8 = 0;
const CONFIGURATION: u8 = 1;

/// A clamp at A0 and a transformer at A1, both around half of 3.3 V, sampled 860 times a second.
struct Mains {
    configuration: u16,
    samples: u32,
    /// Peak voltages at the two inputs.
    peaks: [f64; 2],
}

impl Chip for Mains {
    fn width(&self, _register: u8) -> usize {
        2
    }

    fn read(&mut self, register: u8) -> u16 {
        if register != CONVERSION {
            return self.configuration;
        }
        self.samples += 1;
        let wave = (TAU * 50.0 * f64::from(self.samples) / 860.0).sin();
        // Bits 14 to 12: single-ended inputs are 100 and on.
        let peak = self.peaks[usize::from(self.configuration >> 12 & 1)];
        ((1.65 + peak * wave) / 4.096 * 32_768.0).round() as i16 as u16
    }

    fn write(&mut self, register: u8, value: u16) {
        if register == CONFIGURATION {
            self.configuration = value;
        }
    }
}

fn mains(options: &str) -> Result<f64, ReadError> {
    let chip = Mains { configuration: 0x8583, samples: 0, peaks: [2f64.sqrt() * 0.5, 1.0] };
    with_chip(0x48, chip).read("ads1115", options)
}

#[test]
fn a_clamp_of_30_amps_at_half_a_volt_sees_15_amps() {
    let clamp = "amps_per_volt = 30.0";
    let amps = mains(&format!("{clamp}\nmeasure = 'current'")).unwrap();
    assert!((amps - 15.0).abs() < 0.05, "{amps}");
    let watts = mains(&format!("{clamp}\nmeasure = 'power'\nmains_volts = 230.0")).unwrap();
    assert!((watts - 3450.0).abs() < 15.0, "{watts}");
    let measured = format!(
        "{clamp}\nmeasure = 'power'\nmains_channel = 'A1'\nmains_ratio = 325.27\npower_factor = 0.5"
    );
    let watts = mains(&measured).unwrap();
    assert!((watts - 1725.0).abs() < 15.0, "{watts}");
}

/// Datasheet, table 4: full scale is 0x7FFF, and 1 step of ±4.096 V is 125 µV.
#[test]
fn the_datasheets_codes() {
    let read = |raw: u16, options: &str| {
        with_chip(0x48, Registers::from([(CONVERSION, raw)])).read("ads1115", options)
    };
    for (raw, options, volts) in
        [(0x0001, "", 0.000_125), (0xFFFF, "", -0.000_125), (0x4000, "range_volts = 2.048", 1.024)]
    {
        assert!((read(raw, options).unwrap() - volts).abs() < 1e-12, "{raw:#x}");
    }
    let error = read(0x7FFF, "").unwrap_err();
    assert!(error.to_string().contains("beyond ±4.096 V"), "{error}");
}

#[test]
fn a_clamp_without_its_numbers_is_a_mistake() {
    for (options, part) in [
        ("measure = 'current'", "30 A/1 V"),
        ("measure = 'power'\namps_per_volt = 30.0", "`mains_volts = 230.0`"),
        ("measure = 'power'\namps_per_volt = 30.0\nmains_channel = 'A0'", "already"),
        ("measure = 'power'\namps_per_volt = 30.0\nmains_channel = 'A1'", "`mains_ratio`"),
        ("range_volts = 5.0", "4.096"),
        ("channel = 'A7'", "`channel` does not suit"),
    ] {
        let hal = with_chip(0x48, Registers::default()).hal;
        let error = driver(&hal, "ads1115", options).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(part)), "{options}: {error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_register_content_panics(raw: u16) {
        let bench = with_chip(0x48, Registers::from([(CONVERSION, raw)]));
        if let Ok(volts) = bench.read("ads1115", "measure = 'current'\namps_per_volt = 100.0") {
            prop_assert!(volts.is_finite());
        }
    }
}
