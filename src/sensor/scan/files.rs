//! Finds the kernel's own sensors: thermal zones and hwmon.
//!
//! <https://docs.kernel.org/driver-api/thermal/sysfs-api.html>,
//! <https://docs.kernel.org/hwmon/sysfs-interface.html>.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Found, Scan};

/// Beginnings of hwmon's file names, the factor to the unit, the unit, the quantity.
const HWMON: [(&str, f64, &str, &str); 6] = [
    ("temp", 0.001, "°C", "temperature"),
    ("in", 0.001, "V", "voltage"),
    ("curr", 0.001, "A", "current"),
    ("power", 0.000_001, "W", "power"),
    ("fan", 1.0, "rpm", "fan"),
    ("humidity", 0.001, "%", "humidity"),
];

/// `class` is `/sys/class` of the machine.
pub(super) fn scan(class: &Path, scan: &mut Scan) {
    for zone in folders(&class.join("thermal"), "thermal_zone", scan) {
        let file = zone.join("temp");
        // A zone whose sensor sleeps has a file that cannot be read.
        if fs::read_to_string(&file).is_ok() {
            let title = title(&zone.join("type"), "thermal zone");
            scan.found.push(found(&file, &title, 0.001, "°C", "temperature"));
        }
    }
    for device in folders(&class.join("hwmon"), "hwmon", scan) {
        let title = title(&device.join("name"), "hwmon");
        for file in folders(&device, "", scan) {
            if let Some((scale, unit, quantity)) = hwmon_input(&file) {
                scan.found.push(found(&file, &title, scale, unit, quantity));
            }
        }
    }
}

fn hwmon_input(file: &Path) -> Option<(f64, &'static str, &'static str)> {
    let stem = file.file_name()?.to_str()?.strip_suffix("_input")?;
    let kind = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    HWMON
        .iter()
        .find(|(name, ..)| *name == kind)
        .map(|(_, scale, unit, quantity)| (*scale, *unit, *quantity))
}

/// The entries whose name begins so, in order; none when there is no such folder.
fn folders(parent: &Path, begin: &str, scan: &mut Scan) -> Vec<PathBuf> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            scan.problems.push(format!("{}: {error}", parent.display()));
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(begin))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

fn title(file: &Path, otherwise: &str) -> String {
    match fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => otherwise.to_owned(),
    }
}

fn found(file: &Path, title: &str, scale: f64, unit: &str, quantity: &str) -> Found {
    let path = file.display().to_string();
    // The file's number keeps the names of one device's sensors apart.
    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    let number: String = stem.chars().filter(char::is_ascii_digit).collect();
    let name = toml::Value::from(format!("{title}/{quantity}{number}"));
    let mut lines = format!(
        "[[sensor]]\nname = {name}\ndriver = \"file\"\npath = {}\nunit = \"{unit}\"\n",
        toml::Value::from(path.as_str())
    );
    if scale != 1.0 {
        lines.push_str(&format!("scale = {scale}\n"));
    }
    Found { place: path, title: format!("{title} {quantity}"), lines: Some(lines) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_thermal_zones_and_hwmon() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("thermal/thermal_zone0/type", "cpu-thermal\n");
        write("thermal/thermal_zone0/temp", "48312\n");
        write("thermal/cooling_device0/type", "fan\n");
        write("hwmon/hwmon1/name", "rpi_volt\n");
        write("hwmon/hwmon1/in0_input", "5000\n");
        write("hwmon/hwmon1/in0_lcrit_alarm", "0\n");
        write("hwmon/hwmon1/fan1_input", "1200\n");

        let mut scan = Scan::default();
        super::scan(root.path(), &mut scan);
        assert_eq!(scan.problems, [""; 0]);
        let titles: Vec<_> = scan.found.iter().map(|each| each.title.as_str()).collect();
        assert_eq!(titles, ["cpu-thermal temperature", "rpi_volt fan", "rpi_volt voltage"]);
        let site: toml::Table = toml::from_str(scan.found[0].lines.as_ref().unwrap()).unwrap();
        let sensor = &site["sensor"][0];
        assert_eq!(sensor["name"].as_str(), Some("cpu-thermal/temperature"));
        assert_eq!(sensor["scale"].as_float(), Some(0.001));
        assert_eq!(sensor["path"].as_str(), Some(&*scan.found[0].place));
    }

    #[test]
    fn a_machine_without_sensors_is_no_problem() {
        let mut scan = Scan::default();
        super::scan(Path::new("/nowhere"), &mut scan);
        assert_eq!(scan, Scan::default());
    }
}
