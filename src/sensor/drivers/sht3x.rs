//! Sensirion SHT30, SHT31, SHT35: temperature (±0.2 °C) and humidity (±2 %) on I2C.
//!
//! Datasheet SHT3x-DIS, chapters 4.3 (single shot), 4.12 (checksum), 4.13 (formulas):
//! <https://sensirion.com/products/catalog/SHT31-DIS-B>.
//!
//! The chip is measured without clock stretching, which the Pi's I2C hardware cannot bear.

use embedded_hal::delay::DelayNs;
use sensirion_i2c::i2c;

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
    name: "sht3x",
    summary: "Sensirion SHT30, SHT31, SHT35 thermometer and hygrometer on I2C, °C or %",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x44 or, with ADDR at VDD, 0x45; 0x44 unless said"),
        ("measure", MEASURE_HELP),
    ],
    build,
};

const KIND: Kind = Kind { name: ROW.name, addresses: &[0x44, 0x45], measure };

/// Single shot, high repeatability, no clock stretching.
const MEASURE: u16 = 0x2400;

/// The longest such measurement takes 15.5 ms below 2.4 V.
const MEASURING_MS: u32 = 16;

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    climate::build(settings, hal, &KIND)
}

fn measure(port: &Port) -> Result<Climate, ReadError> {
    let mut bus = port.bus.clone();
    i2c::write_command_u16(&mut bus, port.address, MEASURE).map_err(|error| port.failed(&error))?;
    port.delay.clone().delay_ms(MEASURING_MS);
    let mut answer = [0; 6];
    i2c::read_words_with_crc(&mut bus, port.address, &mut answer).map_err(|error| match error {
        i2c::Error::I2cRead(error) | i2c::Error::I2cWrite(error) => port.failed(&error),
        i2c::Error::Crc => port.garbled(),
    })?;
    let part = |high: u8, low: u8| f64::from(u16::from_be_bytes([high, low])) / 65535.0;
    Ok(Climate {
        celsius: part(answer[0], answer[1]) * 175.0 - 45.0,
        percent: part(answer[3], answer[4]) * 100.0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{hal::simulated::Commands, sensor::drivers::testing::with_bytes};

    fn read(answer: &[u8], options: &str) -> Result<f64, ReadError> {
        let chip = Commands::new(&[(&[0x24, 0x00], answer)]);
        with_bytes(0x44, chip).read("sht3x", options)
    }

    /// A measurement with its checksums, as the crate embedded-sht3x has recorded it.
    #[test]
    fn a_recorded_measurement() {
        let answer = [0x5F, 0x58, 0x38, 0x7B, 0xB2, 0x7D];
        let celsius = read(&answer, "").unwrap();
        let percent = read(&answer, "measure = 'humidity'").unwrap();
        assert!((celsius - 20.18).abs() < 0.005 && (percent - 48.32).abs() < 0.005);
    }

    #[test]
    fn a_garbled_or_silent_chip_gives_no_value() {
        let error = read(&[0x5F, 0x59, 0x38, 0x7B, 0xB2, 0x7D], "").unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("checksum"), "{error}");
        assert!(read(&[], "").is_err(), "open wires are no 130 °C");
        let error = with_bytes(0x45, Commands::default()).read("sht3x", "").unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
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
