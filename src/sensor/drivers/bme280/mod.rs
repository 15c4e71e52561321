//! Bosch BME280 (and BMP280, without humidity): temperature (±1 °C), humidity (±3 %), air
//! pressure (±1 hPa) on I2C.
//!
//! Datasheet BST-BME280-DS002, chapters 4.2 (compensation), 5.4 (registers):
//! <https://www.bosch-sensortec.com/products/environmental-sensors/humidity-sensors-bme280/>.

mod compensation;

use embedded_devices::devices::bosch::bme280::{
    BME280Sync,
    address::Address,
    registers::{
        BurstMeasurementsPTH, Chip, ControlHumidity, ControlMeasurement, Id, Oversampling,
        SensorMode, Status, TrimmingParameters1, TrimmingParameters2,
    },
};
use embedded_hal::delay::DelayNs;
use serde::Deserialize;

use self::compensation::Trimming;
use super::{
    DriverRow, SensorSettings,
    i2c::{Port, default_bus, one_of},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "bme280",
    summary: "Bosch BME280, BMP280 thermometer, hygrometer and barometer on I2C, °C, % or hPa",
    options: &[
        ("bus", "the board's bus; i2c-1 unless said"),
        ("address", "0x76 or, with SDO at VDD, 0x77; 0x76 unless said"),
        ("measure", "temperature, humidity (not the BMP280) or pressure; temperature unless said"),
    ],
    build,
};

/// One sample of each quantity takes up to 9.3 ms (datasheet, chapter 9.1).
const MEASURING_MS: u32 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "default_bus")]
    bus: String,
    address: Option<u8>,
    #[serde(default)]
    measure: Quantity,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Quantity {
    #[default]
    Temperature,
    Humidity,
    Pressure,
}

struct Bme280 {
    port: Port,
    quantity: Quantity,
    /// What the factory wrote into this very chip.
    trimming: Option<Trimming>,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let address = one_of(ROW.name, &[0x76, 0x77], options.address)?;
    let port = Port::new(hal, ROW.name, &options.bus, address)?;
    Ok(Box::new(Bme280 { port, quantity: options.measure, trimming: None }))
}

impl Driver for Bme280 {
    fn unit(&self) -> &str {
        match self.quantity {
            Quantity::Temperature => "°C",
            Quantity::Humidity => "%",
            Quantity::Pressure => "hPa",
        }
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        // Another chip may be plugged in after an error.
        let known = self.trimming.take();
        let (number, trimming) = self.measure(known)?;
        self.trimming = Some(trimming);
        Ok(Value::Number(number))
    }
}

/// What a quantity reads as while its measurement is switched off, or has never been made.
const SKIPPED: u32 = 0x80000;
const HUMIDITY_SKIPPED: u16 = 0x8000;

impl Bme280 {
    fn measure(&self, known: Option<Trimming>) -> Result<(f64, Trimming), ReadError> {
        let port = &self.port;
        let _turn = port.turn();
        let address = Address::Custom(port.address);
        let mut chip = BME280Sync::new_i2c(port.delay, port.bus.clone(), address);
        let trimming = match known {
            Some(trimming) => trimming,
            None => {
                let id = chip.read_register::<Id>().map_err(|error| port.explain(&error))?;
                self.check(id.read_chip())?;
                let first = chip
                    .read_register::<TrimmingParameters1>()
                    .map_err(|error| port.explain(&error))?;
                let second = chip
                    .read_register::<TrimmingParameters2>()
                    .map_err(|error| port.explain(&error))?;
                Trimming::new(&first.unpack(), &second.unpack())
            }
        };
        // Once each; the order matters: the humidity's setting counts from the next write on.
        chip.write_register(ControlHumidity::default().with_oversampling(Oversampling::X_1))
            .map_err(|error| port.explain(&error))?;
        let forced = ControlMeasurement::default()
            .with_temperature_oversampling(Oversampling::X_1)
            .with_pressure_oversampling(Oversampling::X_1)
            .with_sensor_mode(SensorMode::Forced);
        chip.write_register(forced).map_err(|error| port.explain(&error))?;
        port.delay.clone().delay_ms(MEASURING_MS);
        let status = chip.read_register::<Status>().map_err(|error| port.explain(&error))?;
        if status.read_measuring() {
            return Err(port.transient("still measuring after 10 ms, which it should not be"));
        }
        let raw =
            chip.read_register::<BurstMeasurementsPTH>().map_err(|error| port.explain(&error))?;
        let (temperature, pressure, humidity) =
            (raw.read_temperature_value(), raw.read_pressure_value(), raw.read_humidity_value());
        let skipped = temperature == SKIPPED
            || self.quantity == Quantity::Pressure && pressure == SKIPPED
            || self.quantity == Quantity::Humidity && humidity == HUMIDITY_SKIPPED;
        if skipped {
            return Err(port.transient("has not measured; switch its power off and on"));
        }
        let fine = trimming.fine_temperature(temperature);
        let number = match self.quantity {
            Quantity::Temperature => self.within(fine.celsius(), -40.0, 85.0)?,
            Quantity::Humidity => trimming.relative_humidity(humidity, fine).clamp(0.0, 100.0),
            Quantity::Pressure => {
                self.within(trimming.pascals(pressure, fine) / 100.0, 300.0, 1100.0)?
            }
        };
        Ok((number, trimming))
    }

    fn check(&self, chip: Chip) -> Result<(), ReadError> {
        match (chip, self.quantity) {
            (Chip::BME280, _) => Ok(()),
            (Chip::BMP280 | Chip::BMP280Sample1 | Chip::BMP280Sample2, Quantity::Humidity) => {
                Err(self.port.permanent("this is a BMP280, which measures no humidity"))
            }
            (Chip::BMP280 | Chip::BMP280Sample1 | Chip::BMP280Sample2, _) => Ok(()),
            (Chip::Invalid(_), _) => Err(self.port.another_chip()),
        }
    }

    /// The chip's operating range (datasheet, chapter 1).
    fn within(&self, number: f64, low: f64, high: f64) -> Result<f64, ReadError> {
        if (low..=high).contains(&number) {
            return Ok(number);
        }
        Err(self.port.unmeasurable(number, self.unit()))
    }
}

#[cfg(test)]
pub(super) use tests::healthy;

#[cfg(test)]
mod tests {
    use embedded_devices::{devices::bosch::bme280::Configuration, sensor::OneshotSensorSync};
    use proptest::prelude::*;
    use uom::si::{
        pressure::hectopascal, ratio::percent, thermodynamic_temperature::degree_celsius,
    };

    use super::*;
    use crate::{
        hal::simulated::ByteRegisters,
        sensor::drivers::testing::{Bench, with_bytes},
    };

    /// The BMP280's datasheet (BST-BMP280-DS001, chapter 3.12) computes this example: 25.08 °C and
    /// 1006.53 hPa. The humidity's part is one of a real chip.
    const TRIMMING_1: [u8; 26] = [
        0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43, 0xD6, 0xD0, 0x0B, 0x27, 0x0B, 0x8C,
        0x00, 0xF9, 0xFF, 0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0x00, 0x4B,
    ];
    const TRIMMING_2: [u8; 7] = [0x5E, 0x01, 0x00, 0x15, 0x0F, 0x03, 0x1E];
    /// Pressure 415,148, temperature 519,888, humidity 30,000.
    const RAW: [u8; 8] = [0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x75, 0x30];

    fn chip(id: u8, trimming_1: &[u8], trimming_2: &[u8], raw: &[u8]) -> Bench {
        let runs: [(u8, &[u8]); 4] =
            [(0xD0, &[id]), (0x88, trimming_1), (0xE1, trimming_2), (0xF7, raw)];
        with_bytes(0x76, ByteRegisters::new(&runs))
    }

    /// A chip that has measured, for whoever breaks its bus.
    pub(in crate::sensor::drivers) fn healthy() -> Bench {
        chip(0x60, &TRIMMING_1, &TRIMMING_2, &RAW)
    }

    fn read(quantity: &str) -> f64 {
        let options = format!("measure = '{quantity}'");
        healthy().read("bme280", &options).unwrap()
    }

    #[test]
    fn the_datasheets_example() {
        assert!((read("temperature") - 25.08).abs() < 0.005, "{}", read("temperature"));
        assert!((read("pressure") - 1006.5327).abs() < 0.001, "{}", read("pressure"));
    }

    /// The crate computes in whole numbers, as the datasheet's other variant does.
    #[test]
    fn agrees_with_the_whole_numbers_of_the_crate() {
        let bench = chip(0x60, &TRIMMING_1, &TRIMMING_2, &RAW);
        let bus = bench.hal.i2c("i2c-1").unwrap();
        let mut crates = BME280Sync::new_i2c(bench.hal.delay(), bus, Address::Primary);
        crates.init().unwrap();
        crates.configure(Configuration::default()).unwrap();
        let measured = crates.measure().unwrap();
        let celsius = measured.temperature.get::<degree_celsius>();
        let hectopascals = measured.pressure.unwrap().get::<hectopascal>();
        let humidity = measured.humidity.unwrap().get::<percent>();
        assert!((read("temperature") - celsius).abs() < 0.01);
        assert!((read("pressure") - hectopascals).abs() < 0.01);
        assert!((read("humidity") - humidity).abs() < 0.01, "{} {humidity}", read("humidity"));
    }

    #[test]
    fn a_bmp280_serves_for_what_it_measures() {
        let bench = chip(0x58, &TRIMMING_1, &TRIMMING_2, &RAW);
        assert!(bench.read("bme280", "measure = 'pressure'").is_ok());
        let error = bench.read("bme280", "measure = 'humidity'").unwrap_err();
        assert!(error.to_string().contains("BMP280"), "{error}");
        let other = chip(0x61, &TRIMMING_1, &TRIMMING_2, &RAW);
        assert!(other.read("bme280", "").unwrap_err().to_string().contains("another chip"));
    }

    #[test]
    fn what_has_not_been_measured_is_no_value() {
        let raw = [0x80, 0, 0, 0x80, 0, 0, 0x80, 0];
        let error = chip(0x60, &TRIMMING_1, &TRIMMING_2, &raw).read("bme280", "").unwrap_err();
        assert!(error.to_string().contains("has not measured"), "{error}");
    }

    proptest! {
        #[test]
        fn no_register_content_panics(
            trimming_1: [u8; 26],
            trimming_2: [u8; 7],
            raw: [u8; 8],
            quantity in 0usize..3,
        ) {
            let quantity = ["temperature", "humidity", "pressure"][quantity];
            let bench = chip(0x60, &trimming_1, &trimming_2, &raw);
            if let Ok(number) = bench.read("bme280", &format!("measure = '{quantity}'")) {
                prop_assert!((-40.0..=1100.0).contains(&number));
            }
        }
    }
}
