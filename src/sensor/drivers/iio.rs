//! Sensors for which the kernel has a driver of its own, in its Industrial I/O files: DHT22,
//! BME280, light, gas and analogue inputs.
//!
//! <https://docs.kernel.org/driver-api/iio/core.html>; file names and units:
//! <https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-bus-iio>.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{DriverRow, SensorSettings, stand_in::stand_in};
use crate::{
    hal::{Files, Hal},
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "iio",
    summary: "a sensor that the kernel itself drives (Industrial I/O), in its usual unit",
    options: &[
        ("device", "the device's name, as its file `name` says: dht11, bmp280"),
        ("channel", "temp, humidityrelative, pressure, voltage0: what stands between in_ and _raw"),
    ],
    build,
};

pub(in crate::sensor) const DEVICES: &str = "/sys/bus/iio/devices";

/// The kernel's units, each with its factor to the usual one. What is not listed stays as it is.
const UNITS: [(&str, f64, &str); 12] = [
    ("temp", 0.001, "°C"),
    ("humidityrelative", 0.001, "%"),
    ("pressure", 10.0, "hPa"),
    ("voltage", 0.001, "V"),
    ("altvoltage", 0.001, "V"),
    ("current", 0.001, "A"),
    ("power", 0.001, "W"),
    ("energy", 1.0, "J"),
    ("resistance", 1.0, "Ω"),
    ("illuminance", 1.0, "lx"),
    ("concentration", 1.0, "%"),
    ("distance", 1.0, "m"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    device: String,
    channel: String,
}

struct Iio {
    files: Files,
    device: String,
    channel: String,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { device, channel } = settings.options.read()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if channel.is_empty() || !channel.chars().all(is_name) {
        let message = format!("`{channel}` is no channel; one looks like `temp` or `voltage0`");
        return Err(OptionError::new("channel", message));
    }
    if let Some(driver) = stand_in(settings, hal, unit_of(&channel).1) {
        return Ok(driver);
    }
    Ok(Box::new(Iio { files: hal.files().clone(), device, channel }))
}

/// `voltage` of `voltage0` and `voltage0-voltage1`.
fn kind(channel: &str) -> &str {
    let end = channel.find(|c: char| c.is_ascii_digit() || c == '_' || c == '-');
    &channel[..end.unwrap_or(channel.len())]
}

/// The factor to the usual unit, and that unit.
pub(in crate::sensor) fn unit_of(channel: &str) -> (f64, &'static str) {
    let kind = kind(channel);
    let unit = UNITS.iter().find(|(name, ..)| *name == kind);
    unit.map_or((1.0, ""), |(_, factor, unit)| (*factor, *unit))
}

impl Driver for Iio {
    fn unit(&self) -> &str {
        unit_of(&self.channel).1
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let folder = self.find()?;
        let (channel, kind) = (&self.channel, kind(&self.channel));
        let (factor, _) = unit_of(channel);
        if let Some(processed) = self.number(&folder, &format!("in_{channel}_input"))? {
            return Ok(Value::Number(processed * factor));
        }
        let Some(raw) = self.number(&folder, &format!("in_{channel}_raw"))? else {
            return Err(ReadError::Permanent(format!(
                "{} has no channel `{channel}`: {}",
                self.device,
                self.channels(&folder)
            )));
        };
        // What is the same for all channels of a kind stands in one file.
        let shared = |quantity: &str| -> Result<Option<f64>, ReadError> {
            match self.number(&folder, &format!("in_{channel}_{quantity}"))? {
                Some(own) => Ok(Some(own)),
                None => self.number(&folder, &format!("in_{kind}_{quantity}")),
            }
        };
        let offset = shared("offset")?.unwrap_or(0.0);
        let scale = shared("scale")?.unwrap_or(1.0);
        Ok(Value::Number((raw + offset) * scale * factor))
    }
}

impl Iio {
    /// By name: the numbers change with the order in which drivers load.
    fn find(&self) -> Result<PathBuf, ReadError> {
        let names = self.files.list(Path::new(DEVICES)).map_err(|_| {
            ReadError::Permanent(format!(
                "the kernel has no IIO devices ({DEVICES}): load the sensor's overlay or module"
            ))
        })?;
        let mut found = Vec::new();
        let mut others = Vec::new();
        for folder in names.iter().filter(|name| name.starts_with("iio:device")) {
            let folder = Path::new(DEVICES).join(folder);
            let Ok(name) = self.files.read(&folder.join("name")) else { continue };
            match name.trim() {
                name if name == self.device => found.push(folder),
                name => others.push(name.to_owned()),
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(folder), true) => Ok(folder),
            (Some(_), false) => Err(ReadError::Permanent(format!(
                "several IIO devices are called {}: use the driver `file` with the path of one",
                self.device
            ))),
            (None, _) => Err(ReadError::Permanent(format!(
                "no IIO device is called {}; there are: {}",
                self.device,
                others.join(", ")
            ))),
        }
    }

    /// `None` when there is no such file.
    fn number(&self, folder: &Path, name: &str) -> Result<Option<f64>, ReadError> {
        let path = folder.join(name);
        let text = match self.files.read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let path = path.display();
                return Err(ReadError::Permanent(format!("permission denied on {path}")));
            }
            // A DHT22 that did not answer in time is an I/O error here.
            Err(error) => {
                let device = &self.device;
                return Err(ReadError::Transient(format!("{device} does not answer: {error}")));
            }
        };
        let word = text.split_whitespace().next().unwrap_or_default();
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(ReadError::Transient(format!("{}: `{word}` is no number", path.display()))),
        }
    }

    fn channels(&self, folder: &Path) -> String {
        let files = self.files.list(folder).unwrap_or_default();
        let channels: Vec<_> = files.iter().filter_map(|file| channel_of(file)).collect();
        format!("it has {}", channels.join(", "))
    }
}

/// `temp` of `in_temp_raw` and `in_temp_input`.
pub(in crate::sensor) fn channel_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("in_")?;
    name.strip_suffix("_raw").or_else(|| name.strip_suffix("_input"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::{hal::Board, sensor::drivers::testing::driver};

    fn read(files: &[(&str, &str)], options: &str) -> Result<f64, ReadError> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join("sys/bus/iio/devices").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let hal = Hal::real(&Board::named("generic-linux").unwrap()).with_root(root.path());
        driver(&hal, "iio", options).unwrap().read().map(Value::as_f64)
    }

    const DHT: [(&str, &str); 3] = [
        ("iio:device0/name", "dht11\n"),
        ("iio:device0/in_temp_input", "21500\n"),
        ("iio:device0/in_humidityrelative_input", "48300\n"),
    ];

    #[test]
    fn processed_values_are_brought_to_their_unit() {
        assert_eq!(read(&DHT, "device = 'dht11'\nchannel = 'temp'"), Ok(21.5));
        let humidity = read(&DHT, "device = 'dht11'\nchannel = 'humidityrelative'").unwrap();
        assert!((humidity - 48.3).abs() < 1e-9);
    }

    /// An MCP3422 as the kernel shows it: one scale for all voltages, an offset for one channel.
    #[test]
    fn raw_values_are_moved_and_then_scaled() {
        let files = [
            ("iio:device1/name", "mcp3422\n"),
            ("iio:device1/in_voltage0_raw", "1000\n"),
            ("iio:device1/in_voltage1_raw", "1000\n"),
            ("iio:device1/in_voltage1_offset", "-500\n"),
            ("iio:device1/in_voltage_scale", "0.5\n"),
        ];
        assert_eq!(read(&files, "device = 'mcp3422'\nchannel = 'voltage0'"), Ok(0.5));
        assert_eq!(read(&files, "device = 'mcp3422'\nchannel = 'voltage1'"), Ok(0.25));
    }

    #[test]
    fn says_what_is_there_instead() {
        for (options, part) in [
            ("device = 'bmp280'\nchannel = 'temp'", "there are: dht11"),
            ("device = 'dht11'\nchannel = 'pressure'", "it has humidityrelative, temp"),
        ] {
            let error = read(&DHT, options).unwrap_err();
            assert!(!error.is_transient() && error.to_string().contains(part), "{error}");
        }
        let nothing = read(&[], "device = 'a'\nchannel = 'temp'").unwrap_err();
        assert!(nothing.to_string().contains("overlay"), "{nothing}");
        let twins = [("iio:device0/name", "a"), ("iio:device1/name", "a")];
        let error = read(&twins, "device = 'a'\nchannel = 'temp'").unwrap_err();
        assert!(error.to_string().contains("several"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_file_content_panics(raw in "\\PC*", scale in "\\PC*") {
            let files =
                [("iio:device0/name", "a"), ("iio:device0/in_temp_raw", raw.as_str()),
                 ("iio:device0/in_temp_scale", scale.as_str())];
            let _ = read(&files, "device = 'a'\nchannel = 'temp'");
        }
    }
}
