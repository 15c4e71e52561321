//! Finds what the kernel shows as files: 1-Wire, IIO, hwmon, thermal zones, serial lines.

use std::{io, path::Path};

use super::{Found, Scan};
use crate::{
    hal::Files,
    sensor::drivers::{hwmon, iio, w1},
};

const THERMAL: &str = "/sys/class/thermal";
/// Names that stay the same when a cable is plugged into another socket.
const SERIAL: &str = "/dev/serial/by-id";

pub(super) fn scan(files: &Files, scan: &mut Scan) {
    one_wire(files, scan);
    industrial(files, scan);
    monitors(files, scan);
    thermal_zones(files, scan);
    serial_lines(files, scan);
}

fn one_wire(files: &Files, scan: &mut Scan) {
    for name in names(files, w1::DEVICES, scan) {
        let Ok(id) = name.parse::<w1::Identity>() else { continue };
        let doubt = if id.may_be_a_clone() { ", perhaps a copy of one" } else { "" };
        let tail = &id.as_str()[id.as_str().len() - 4..];
        scan.found.push(Found {
            place: format!("{}/{id}", w1::DEVICES),
            title: format!("{} thermometer{doubt}", id.part()),
            lines: Some(sensor(&format!("temperature-{tail}"), "w1", &[("id", id.as_str())])),
        });
    }
}

fn industrial(files: &Files, scan: &mut Scan) {
    for folder in names(files, iio::DEVICES, scan) {
        let place = format!("{}/{folder}", iio::DEVICES);
        let Some(device) = text(files, &format!("{place}/name")) else { continue };
        let mut channels: Vec<_> = names(files, &place, scan)
            .iter()
            .filter_map(|file| iio::channel_of(file).map(str::to_owned))
            .collect();
        channels.sort();
        channels.dedup();
        for channel in channels {
            let keys = [("device", device.as_str()), ("channel", channel.as_str())];
            scan.found.push(Found {
                place: format!("{place} {channel}"),
                title: format!("{device} {channel}"),
                lines: Some(sensor(&format!("{device}/{channel}"), "iio", &keys)),
            });
        }
    }
}

fn monitors(files: &Files, scan: &mut Scan) {
    for folder in names(files, hwmon::DEVICES, scan) {
        let place = format!("{}/{folder}", hwmon::DEVICES);
        let Some(chip) = text(files, &format!("{place}/name")) else { continue };
        for file in names(files, &place, scan) {
            let Some(input) = file.strip_suffix("_input") else { continue };
            let Some(kind) = hwmon::kind_of(input) else { continue };
            let label = text(files, &format!("{place}/{input}_label"));
            let label = label.map(|label| format!(" ({label})")).unwrap_or_default();
            let number = input.trim_start_matches(|c: char| !c.is_ascii_digit());
            let name = format!("{chip}/{}{number}", kind.quantity);
            let keys = [("chip", chip.as_str()), ("input", input)];
            scan.found.push(Found {
                place: format!("{place} {input}"),
                title: format!("{chip} {}{label}", kind.quantity),
                lines: Some(sensor(&name, "hwmon", &keys)),
            });
        }
    }
}

fn thermal_zones(files: &Files, scan: &mut Scan) {
    for zone in names(files, THERMAL, scan) {
        let file = format!("{THERMAL}/{zone}/temp");
        // A zone whose sensor sleeps has a file that cannot be read.
        let is_readable = zone.starts_with("thermal_zone") && text(files, &file).is_some();
        if is_readable {
            let title = text(files, &format!("{THERMAL}/{zone}/type"));
            let title = title.unwrap_or_else(|| "thermal zone".to_owned());
            let mut lines = sensor(&format!("{title}/temperature"), "file", &[("path", &file)]);
            lines.push_str("scale = 0.001\nunit = \"°C\"\n");
            let title = format!("{title} temperature");
            scan.found.push(Found { place: file, title, lines: Some(lines) });
        }
    }
}

/// They are listed and not opened: that would reset some devices.
fn serial_lines(files: &Files, scan: &mut Scan) {
    for name in names(files, SERIAL, scan) {
        let device = format!("{SERIAL}/{name}");
        let title = if name.contains("VictronEnergy") {
            "VE.Direct cable"
        } else {
            "serial line; the lines are right if a Victron device hangs on it"
        };
        let lines = sensor("solar/power", "vedirect", &[("device", &device), ("field", "PPV")]);
        scan.found.push(Found { place: device, title: title.to_owned(), lines: Some(lines) });
    }
}

/// The entries of a folder; none when there is no such folder.
fn names(files: &Files, folder: &str, scan: &mut Scan) -> Vec<String> {
    match files.list(Path::new(folder)) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            scan.problems.push(format!("{folder}: {error}"));
            Vec::new()
        }
    }
}

/// A file's text, if there is any.
fn text(files: &Files, file: &str) -> Option<String> {
    let text = files.read(Path::new(file)).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn sensor(name: &str, driver: &str, keys: &[(&str, &str)]) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    // What the kernel calls its devices may hold letters that a sensor's name may not.
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    let name: String = name.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    let mut lines = format!("[[sensor]]\nname = {}\ndriver = \"{driver}\"\n", quoted(&name));
    for (key, value) in keys {
        lines.push_str(&format!("{key} = {}\n", quoted(value)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        hal::{Board, Hal},
        sensor::drivers,
    };

    #[test]
    fn finds_what_the_kernel_shows_with_lines_that_can_be_pasted() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("sys/bus/w1/devices/w1_bus_master1/name", "w1"),
            ("sys/bus/w1/devices/28-00000d1efbf6/name", "28-00000d1efbf6\n"),
            ("sys/bus/w1/devices/28-0b2357b2fae4/name", "28-0b2357b2fae4\n"),
            ("sys/bus/iio/devices/iio:device0/name", "dht11\n"),
            ("sys/bus/iio/devices/iio:device0/in_temp_input", "21500\n"),
            ("sys/bus/iio/devices/iio:device0/in_humidityrelative_input", "48000\n"),
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "48312\n"),
            ("sys/class/thermal/cooling_device0/type", "fan\n"),
            ("sys/class/hwmon/hwmon1/name", "rpi_volt\n"),
            ("sys/class/hwmon/hwmon1/in0_input", "5000\n"),
            ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n"),
            ("sys/class/hwmon/hwmon1/temp1_label", "SoC\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "50000\n"),
            ("dev/serial/by-id/usb-VictronEnergy_BV_VE_Direct_cable_VE4-if00-port0", ""),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let hal = Hal::real(&Board::named("generic-linux").unwrap()).with_root(root.path());
        let mut scan = Scan::default();
        super::scan(hal.files(), &mut scan);
        assert_eq!(scan.problems, [""; 0]);
        let titles: Vec<_> = scan.found.iter().map(|each| each.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "DS18B20 thermometer",
                "DS18B20 thermometer, perhaps a copy of one",
                "dht11 humidityrelative",
                "dht11 temp",
                "rpi_volt voltage",
                "rpi_volt temperature (SoC)",
                "cpu-thermal temperature",
                "VE.Direct cable",
            ]
        );
        for each in scan.found {
            let site: toml::Table = toml::from_str(&each.lines.unwrap()).unwrap();
            let mut sensor = site["sensor"][0].as_table().unwrap().clone();
            let mut settings = crate::sensor::testing::settings("x");
            settings.driver = sensor["driver"].as_str().unwrap().into();
            for common in ["name", "driver", "scale", "unit"] {
                sensor.remove(common);
            }
            settings.options = sensor.into_iter().collect();
            drivers::build(&settings, &hal).unwrap();
        }
    }

    #[test]
    fn a_machine_without_sensors_is_no_problem() {
        let mut scan = Scan::default();
        super::scan(&Files::Real { root: "/nowhere".into() }, &mut scan);
        assert_eq!(scan, Scan::default());
    }
}
