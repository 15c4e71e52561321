//! The drivers: one file each, and one table of them.
//!
//! A new driver is its own file, a line of `mod`, and a row of [`TABLE`].

mod ads1115;
mod aht20;
mod bme280;
#[cfg(test)]
mod bus_faults;
mod climate;
mod command;
mod copy_me;
mod file;
mod gpio;
mod http;
pub(super) mod hwmon;
mod i2c;
pub(super) mod iio;
mod ina219;
mod ina226;
mod ina3221;
mod lm75;
mod mcp9808;
pub mod mqtt;
mod number;
mod nut;
mod pulse;
mod sht3x;
mod sht4x;
mod shunt;
mod stand_in;
mod sunspec;
#[cfg(test)]
mod testing;
mod tmp102;
mod vedirect;
pub(super) mod w1;
mod wait;

use super::{Driver, OptionError};
use crate::{config::SensorSettings, hal::Hal};

/// Makes a driver out of a `[[sensor]]`.
pub type Build = fn(&SensorSettings, &Hal) -> Result<Box<dyn Driver>, OptionError>;

/// A row of the driver table.
#[derive(Debug)]
pub struct DriverRow {
    /// What `driver = "…"` says.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// The keys that the driver adds to a `[[sensor]]`, with their meaning and default.
    pub options: &'static [(&'static str, &'static str)],
    /// Checks the options; touches no hardware.
    pub build: Build,
}

/// Every driver, by name.
pub const TABLE: &[DriverRow] = &[
    ads1115::ROW,
    aht20::ROW,
    bme280::ROW,
    command::ROW,
    copy_me::ROW,
    file::ROW,
    gpio::ROW,
    http::ROW,
    hwmon::ROW,
    iio::ROW,
    ina219::ROW,
    ina226::ROW,
    ina3221::ROW,
    lm75::ROW,
    mcp9808::ROW,
    mqtt::ROW,
    nut::ROW,
    pulse::ROW,
    sht3x::ROW,
    sht4x::ROW,
    sunspec::ROW,
    tmp102::ROW,
    vedirect::ROW,
    w1::ROW,
];

/// The driver of a `[[sensor]]`, ready to be read.
pub fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    match TABLE.iter().find(|row| row.name == settings.driver) {
        Some(row) => (row.build)(settings, hal),
        None => Err(OptionError::new("driver", unknown(&settings.driver))),
    }
}

fn unknown(name: &str) -> String {
    let closest = TABLE
        .iter()
        .map(|row| (strsim::jaro_winkler(row.name, name), row.name))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let names: Vec<_> = TABLE.iter().map(|row| row.name).collect();
    match closest {
        Some((_, closest)) => format!("there is no driver `{name}`; did you mean `{closest}`?"),
        None => format!("there is no driver `{name}`; there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        hal::Board,
        sensor::testing::{options, settings},
    };

    fn message(driver: &str, text: &str) -> String {
        let board = Board::named("simulated").unwrap();
        let hal = Hal::simulated(&board, Arc::new(|_: &str| None));
        let mut settings = settings("x");
        settings.driver = driver.into();
        settings.options = options(text);
        build(&settings, &hal).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_table_is_in_order_and_names_every_option() {
        assert!(TABLE.is_sorted_by_key(|row| row.name));
        for row in TABLE {
            let refused = message(row.name, "no_such_option = 1");
            for (key, help) in row.options {
                assert!(refused.contains(&format!("`{key}`")), "{}: {refused}", row.name);
                assert!(!help.is_empty());
            }
        }
    }

    /// Each driver's page names all its options, and what it shows for the site file works.
    #[test]
    fn the_manual_has_a_page_for_each_driver() {
        let manual = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sensors");
        let hal = Hal::real(&Board::named("generic-linux").unwrap());
        for row in TABLE.iter().filter(|row| row.name != "copy-me") {
            let page = std::fs::read_to_string(manual.join(format!("{}.md", row.name))).unwrap();
            for (key, _) in row.options {
                assert!(page.contains(&format!("`{key}`")), "{}: {key}", row.name);
            }
            for block in page.split("```toml\n").skip(1) {
                let text = block.split("```").next().unwrap();
                let site: toml::Table = toml::from_str(text).unwrap();
                for sensor in site["sensor"].as_array().unwrap() {
                    let mut sensor = sensor.as_table().unwrap().clone();
                    let mut settings = settings("x");
                    settings.driver = sensor["driver"].as_str().unwrap().into();
                    for common in ["name", "driver", "every", "range", "unit", "multiply"] {
                        sensor.remove(common);
                    }
                    settings.options = sensor.into_iter().collect();
                    let built = build(&settings, &hal).map(|_| ());
                    assert_eq!(built, Ok(()), "{}", row.name);
                }
            }
        }
    }

    #[test]
    fn mistakes_are_told_with_what_would_be_right() {
        for (driver, options, part) in [
            ("mcp9880", "", "did you mean `mcp9808`?"),
            ("mcp9808", "address = 0x40", "0x18 to 0x1F"),
            ("mcp9808", "bus = 'i2c-9'", "it has i2c-1"),
            ("mcp9808", "resolution = 0.1", "0.0625"),
            ("ina226", "", "shunt_ohms"),
            ("ina226", "shunt_ohms = 0.0", "more than 0"),
            ("ina226", "shunt_ohms = 0.1\nmax_amps = 10", "81.92 mV"),
            ("ina226", "shunt_ohms = 0.1\nmeasure = 'warmth'", "`power`"),
            ("ina3221", "channel = 4\nmeasure = 'voltage'", "1, 2 and 3"),
            ("sht3x", "address = 0x46", "0x44, 0x45"),
            ("lm75", "resolution = 0.25", "0.125"),
            ("w1", "id = '28-1'", "28-00000d1efbf6"),
            ("vedirect", "device = 'ttyUSB0'", "absolute"),
            ("sunspec", "host = ''", "inverter.lan"),
            ("sunspec", "host = 'a'\nunit_id = 0", "1 to 247"),
            ("iio", "device = 'a'\nchannel = '../x'", "no channel"),
            ("hwmon", "chip = 'a'\ninput = 'warmth'", "`temp1`"),
            ("nut", "var = 'ups.status'", "`flag`"),
            ("nut", "ups = 'a b'", "one word"),
            ("file", "", "`path`"),
            ("mqtt", "topic = 'a/+'", "without `+`"),
            ("mqtt", "topic = 'a'\npointer = 'b'", "begins with a slash"),
            ("file", "path = '/x'\nline = 0", "counted from 1"),
            ("gpio", "", "`pin`"),
            ("gpio", "pin = 'a'\npull = 'left'", "`pull`"),
            ("gpio", "pin = 'a'\ndebounce = '2h'", "at most 1m"),
            ("pulse", "pin = 'a'\npulses_per_kwh = 0.0", "more than 0"),
            ("pulse", "pin = 'a'\nmeasure = 'warmth'", "`measure`"),
        ] {
            let message = message(driver, options);
            assert!(message.contains(part), "{driver} {options}: {message}");
        }
    }
}
