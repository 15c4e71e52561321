//! Aosong AHT20 (and AHT21, AHT25, AM2301B): temperature (±0.3 °C) and humidity (±2 %) on I2C.
//!
//! Datasheet AHT20, chapters 5.3 (commands), 5.4 (reading), 6 (formulas):
//! <http://www.aosong.com/en/products-32.html>.
//!
//! Spoken to here and not through a crate: the crates wait without end for a chip whose busy bit
//! is stuck.

use embedded_hal::{delay::DelayNs, i2c::I2c};
use sensirion_i2c::crc8;

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
    name: "aht20",
    summary: "Aosong AHT20, AHT21, AHT25 thermometer and hygrometer on I2C, °C or %",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "always 0x38"),
        ("measure", MEASURE_HELP),
    ],
    build,
};

const KIND: Kind = Kind { name: ROW.name, addresses: &[0x38], measure };

const INITIALIZE: [u8; 3] = [0xBE, 0x08, 0x00];
const TRIGGER: [u8; 3] = [0xAC, 0x33, 0x00];

const BUSY: u8 = 1 << 7;
const CALIBRATED: u8 = 1 << 3;

/// After power-on and after a command that starts something.
const START_MS: u32 = 40;
const INITIALIZING_MS: u32 = 10;
const MEASURING_MS: u32 = 80;

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    climate::build(settings, hal, &KIND)
}

fn measure(port: &Port) -> Result<Climate, ReadError> {
    let mut bus = port.bus.clone();
    let mut delay = port.delay;
    let mut answer = [0; 7];
    bus.read(port.address, &mut answer[..1]).map_err(|error| port.failed(&error))?;
    if answer[0] & CALIBRATED == 0 {
        delay.delay_ms(START_MS);
        bus.write(port.address, &INITIALIZE).map_err(|error| port.failed(&error))?;
        delay.delay_ms(INITIALIZING_MS);
    }
    bus.write(port.address, &TRIGGER).map_err(|error| port.failed(&error))?;
    delay.delay_ms(MEASURING_MS);
    bus.read(port.address, &mut answer).map_err(|error| port.failed(&error))?;
    let [status, values @ .., checksum] = answer;
    if crc8::calculate(&answer[..6]) != checksum {
        return Err(port.garbled());
    }
    if status & BUSY != 0 {
        return Err(port.transient("still busy after 80 ms, which it should not be"));
    }
    if status & CALIBRATED == 0 {
        return Err(port.transient("says that it is not calibrated; switch its power off and on"));
    }
    Ok(convert(values))
}

/// Two numbers of 20 bits, that share the middle byte.
fn convert([h2, h1, shared, t1, t0]: [u8; 5]) -> Climate {
    let humidity = u32::from(h2) << 12 | u32::from(h1) << 4 | u32::from(shared >> 4);
    let temperature = u32::from(shared & 0x0F) << 16 | u32::from(t1) << 8 | u32::from(t0);
    let part = |raw: u32| f64::from(raw) / f64::from(1 << 20);
    Climate { celsius: part(temperature) * 200.0 - 50.0, percent: part(humidity) * 100.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{hal::simulated::Commands, sensor::drivers::testing::with_bytes};

    /// As the crate aht20-driver has recorded it: 22.5 °C, 39.7 %.
    const RECORDED: [u8; 7] = [0x1C, 0x65, 0xB4, 0x25, 0xCD, 0x26, 0xC6];

    fn read(answer: &[u8], options: &str) -> Result<f64, ReadError> {
        let chip = Commands::new(&[(&[], &[0x18]), (&TRIGGER, answer)]);
        with_bytes(0x38, chip).read("aht20", options)
    }

    #[test]
    fn a_recorded_measurement() {
        let celsius = read(&RECORDED, "").unwrap();
        let percent = read(&RECORDED, "measure = 'humidity'").unwrap();
        assert!((22.5..22.6).contains(&celsius) && (39.7..39.8).contains(&percent));
    }

    #[test]
    fn the_ends_of_the_formulas() {
        let none = Climate { celsius: -50.0, percent: 0.0 };
        assert_eq!(convert([0; 5]), none);
        let middle = Climate { celsius: 50.0, percent: 50.0 };
        assert_eq!(convert([0x80, 0, 0x08, 0, 0]), middle);
    }

    #[test]
    fn busy_uncalibrated_and_garbled_chips_are_told_apart() {
        let with_status = |status: u8| {
            let mut answer = RECORDED;
            answer[0] = status;
            answer[6] = crc8::calculate(&answer[..6]);
            read(&answer, "").unwrap_err().to_string()
        };
        assert!(with_status(0x9C).contains("busy"));
        assert!(with_status(0x10).contains("not calibrated"));
        let mut garbled = RECORDED;
        garbled[5] ^= 1;
        assert!(read(&garbled, "").unwrap_err().to_string().contains("checksum"));
    }

    proptest! {
        #[test]
        fn no_answer_panics(mut answer: [u8; 7], fits: bool) {
            if fits {
                answer[6] = crc8::calculate(&answer[..6]);
            }
            if let Ok(number) = read(&answer, "") {
                prop_assert!((-50.0..=150.0).contains(&number));
            }
        }
    }
}
