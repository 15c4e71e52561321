//! Sensirion SHT40, SHT41, SHT45: temperature (±0.2 °C) and humidity (±1.8 %) on I2C.
//!
//! Datasheet SHT4x, chapters 4.5 (commands), 4.6 (formulas):
//! <https://sensirion.com/products/catalog/SHT40>.

use sht4x::{Address, Error, Precision, Sht4x};

use super::{
    DriverRow, SensorSettings,
    climate::{self, Climate, Kind, MEASURE_HELP},
    i2c::Port,
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "sht4x",
    summary: "Sensirion SHT40, SHT41, SHT45 thermometer and hygrometer on I2C, °C or %",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x44, 0x45 or 0x46, fixed by the chip's order code; 0x44 unless said"),
        ("measure", MEASURE_HELP),
    ],
    build,
};

const KIND: Kind = Kind { name: ROW.name, addresses: &[0x44, 0x45, 0x46], measure };

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    climate::build(settings, hal, &KIND)
}

fn measure(port: &Port) -> Result<Climate, ReadError> {
    let address = match port.address {
        0x45 => Address::Address0x45,
        0x46 => Address::Address0x46,
        _ => Address::Address0x44,
    };
    let mut chip = Sht4x::new_with_address(port.bus.clone(), address);
    let raw = chip.measure_raw(Precision::High, &mut port.delay.clone()).map_err(|error| {
        match error {
            Error::I2c(error) => port.failed(&error),
            // The crate may find more ways to fail; none of them is the bus's.
            _ => port.garbled(),
        }
    })?;
    let part = |raw: u16| f64::from(raw) / 65535.0;
    Ok(Climate {
        celsius: part(raw.temperature) * 175.0 - 45.0,
        percent: part(raw.humidity) * 125.0 - 6.0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sensirion_i2c::crc8;

    use super::*;
    use crate::{hal::simulated::Commands, sensor::drivers::testing::with_bytes};

    fn read(answer: &[u8], options: &str) -> Result<f64, ReadError> {
        // 0xFD: measure with high precision.
        with_bytes(0x44, Commands::new(&[(&[0xFD], answer)])).read("sht4x", options)
    }

    fn with_checksums(temperature: u16, humidity: u16) -> Vec<u8> {
        let word = |word: u16| {
            let [high, low] = word.to_be_bytes();
            [high, low, crc8::calculate(&[high, low])]
        };
        [word(temperature), word(humidity)].concat()
    }

    /// The ends and the middle of the datasheet's formulas; its checksum example is 0xBEEF, 0x92.
    #[test]
    fn the_datasheets_formulas() {
        assert_eq!(crc8::calculate(&[0xBE, 0xEF]), 0x92);
        for (raw, celsius, percent) in
            [(0, -45.0, 0.0), (0xFFFF, 130.0, 100.0), (0x6666, 25.0, 44.0), (0x8000, 42.5, 56.5)]
        {
            let answer = with_checksums(raw, raw);
            assert!((read(&answer, "").unwrap() - celsius).abs() < 0.01, "{raw:#x}");
            let read = read(&answer, "measure = 'humidity'").unwrap();
            assert!((read - percent).abs() < 0.01, "{raw:#x} {read}");
        }
    }

    #[test]
    fn a_garbled_answer_is_no_value() {
        let mut answer = with_checksums(0x6666, 0x6666);
        answer[0] ^= 1;
        let error = read(&answer, "").unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("checksum"), "{error}");
    }

    proptest! {
        #[test]
        fn no_answer_panics(answer: [u8; 6], humidity: bool) {
            let options = if humidity { "measure = 'humidity'" } else { "" };
            if let Ok(number) = read(&answer, options) {
                prop_assert!((-45.0..=130.0).contains(&number));
            }
        }
    }
}
