//! The kernel's hardware monitors: CPU, power supply, fans, and chips such as the LM75 when the
//! kernel drives them.
//!
//! <https://docs.kernel.org/hwmon/sysfs-interface.html>.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{DriverRow, SensorSettings, stand_in::stand_in};
use crate::{
    hal::{Files, Hal},
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "hwmon",
    summary: "a hardware monitor of the kernel, by its chip's name, in its usual unit",
    options: &[
        ("chip", "the chip's name, as its file `name` says: cpu_thermal, lm75, nct6775"),
        ("input", "which of its inputs: temp1, in0, fan2; its only one unless said"),
        ("label", "or its label, as the file `temp1_label` says: Tctl"),
    ],
    build,
};

pub(in crate::sensor) const DEVICES: &str = "/sys/class/hwmon";

/// A kind of input.
pub(in crate::sensor) struct Kind {
    /// What its files' names begin with.
    prefix: &'static str,
    /// From the kernel's unit to the usual one.
    pub factor: f64,
    pub unit: &'static str,
    /// For a sensor's name.
    pub quantity: &'static str,
}

const KINDS: [Kind; 7] = [
    Kind { prefix: "temp", factor: 0.001, unit: "°C", quantity: "temperature" },
    Kind { prefix: "in", factor: 0.001, unit: "V", quantity: "voltage" },
    Kind { prefix: "curr", factor: 0.001, unit: "A", quantity: "current" },
    Kind { prefix: "power", factor: 0.000_001, unit: "W", quantity: "power" },
    Kind { prefix: "energy", factor: 0.000_001, unit: "J", quantity: "energy" },
    Kind { prefix: "fan", factor: 1.0, unit: "rpm", quantity: "fan" },
    Kind { prefix: "humidity", factor: 0.001, unit: "%", quantity: "humidity" },
];

/// What `temp1` is.
pub(in crate::sensor) fn kind_of(input: &str) -> Option<&'static Kind> {
    let prefix = input.trim_end_matches(|c: char| c.is_ascii_digit());
    KINDS.iter().find(|kind| kind.prefix == prefix && prefix != input)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    chip: String,
    input: Option<String>,
    label: Option<String>,
}

enum Which {
    Only,
    Input(String),
    Label(String),
}

struct Hwmon {
    files: Files,
    chip: String,
    which: Which,
    /// Known from the start when the site file says which input.
    unit: &'static str,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { chip, input, label } = settings.options.read()?;
    let which = match (input, label) {
        (Some(_), Some(_)) => {
            return Err(OptionError::new("label", "`input` and `label` exclude each other"));
        }
        (Some(input), None) => Which::Input(input),
        (None, Some(label)) => Which::Label(label),
        (None, None) => Which::Only,
    };
    let unit = match &which {
        Which::Input(input) => {
            let message = format!("`{input}` is no input; one looks like `temp1` or `fan2`");
            kind_of(input).ok_or_else(|| OptionError::new("input", message))?.unit
        }
        // Most are temperatures. Where it is none, the owner's `unit` stands above this one.
        Which::Only | Which::Label(_) => "°C",
    };
    if let Some(driver) = stand_in(settings, hal, unit) {
        return Ok(driver);
    }
    Ok(Box::new(Hwmon { files: hal.files().clone(), chip, which, unit }))
}

impl Driver for Hwmon {
    fn unit(&self) -> &str {
        self.unit
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let folder = self.find_chip()?;
        let input = self.find_input(&folder)?;
        let read = |suffix: &str| self.files.read(&folder.join(format!("{input}{suffix}")));
        let title = format!("{input} of {}", self.chip);
        if read("_fault").is_ok_and(|text| text.trim() == "1") {
            return Err(ReadError::Permanent(format!(
                "{title} reports a fault: its probe is unplugged or broken"
            )));
        }
        let text = read("_input")
            .map_err(|error| ReadError::Transient(format!("{title} does not answer: {error}")))?;
        let word = text.trim();
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number
            .ok_or_else(|| ReadError::Transient(format!("{title}: `{word}` is no number")))?;
        Ok(Value::Number(number * kind_of(&input).map_or(1.0, |kind| kind.factor)))
    }
}

impl Hwmon {
    /// By name: `hwmon0` is another chip after the next boot.
    fn find_chip(&self) -> Result<PathBuf, ReadError> {
        let chip = &self.chip;
        let folders = self.files.list(Path::new(DEVICES)).map_err(|_| {
            ReadError::Permanent(format!("the kernel has no hardware monitors ({DEVICES})"))
        })?;
        let mut found = Vec::new();
        let mut others = Vec::new();
        for folder in folders {
            let folder = Path::new(DEVICES).join(folder);
            match self.files.read(&folder.join("name")) {
                Ok(name) if name.trim() == chip => found.push(folder),
                Ok(name) => others.push(name.trim().to_owned()),
                Err(_nameless) => {}
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(folder), true) => Ok(folder),
            (Some(_), false) => Err(ReadError::Permanent(format!(
                "several chips are called {chip}: use the driver `file` with the path of one"
            ))),
            (None, _) => Err(ReadError::Permanent(format!(
                "no hardware monitor is called {chip}; there are: {}",
                others.join(", ")
            ))),
        }
    }

    fn find_input(&self, folder: &Path) -> Result<String, ReadError> {
        if let Which::Input(input) = &self.which {
            return Ok(input.clone());
        }
        let files = self.files.list(folder).unwrap_or_default();
        let mut inputs: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_suffix("_input"))
            .filter(|input| kind_of(input).is_some())
            .collect();
        if let Which::Label(label) = &self.which {
            inputs.retain(|input| {
                let text = self.files.read(&folder.join(format!("{input}_label")));
                text.is_ok_and(|text| text.trim() == label)
            });
        }
        match (&self.which, inputs[..].iter().as_slice()) {
            (_, [input]) => Ok((*input).to_owned()),
            (Which::Label(label), []) => Err(ReadError::Permanent(format!(
                "{} has no input labelled `{label}`; `watchpost sensors --scan` lists them",
                self.chip
            ))),
            (_, inputs) => Err(ReadError::Permanent(format!(
                "{} has {} inputs ({}): say which with `input`",
                self.chip,
                inputs.len(),
                inputs.join(", ")
            ))),
        }
    }
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
            let path = root.path().join("sys/class/hwmon").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let hal = Hal::real(&Board::named("generic-linux").unwrap()).with_root(root.path());
        driver(&hal, "hwmon", options).unwrap().read().map(Value::as_f64)
    }

    const FILES: [(&str, &str); 8] = [
        ("hwmon0/name", "cpu_thermal\n"),
        ("hwmon0/temp1_input", "48312\n"),
        ("hwmon1/name", "k10temp\n"),
        ("hwmon1/temp1_input", "50125\n"),
        ("hwmon1/temp1_label", "Tctl\n"),
        ("hwmon1/temp3_input", "44000\n"),
        ("hwmon1/temp3_label", "Tccd1\n"),
        ("hwmon1/temp3_fault", "1\n"),
    ];

    #[test]
    fn finds_inputs_by_name_and_label() {
        for (options, number) in [
            ("chip = 'cpu_thermal'", 48.312),
            ("chip = 'k10temp'\ninput = 'temp1'", 50.125),
            ("chip = 'k10temp'\nlabel = 'Tctl'", 50.125),
        ] {
            assert_eq!(read(&FILES, options), Ok(number), "{options}");
        }
    }

    #[test]
    fn says_what_is_there_instead() {
        for (options, part) in [
            ("chip = 'lm75'", "there are: cpu_thermal, k10temp"),
            ("chip = 'k10temp'", "2 inputs (temp1, temp3)"),
            ("chip = 'k10temp'\nlabel = 'Tdie'", "no input labelled"),
            ("chip = 'k10temp'\ninput = 'temp3'", "reports a fault"),
            ("chip = 'k10temp'\ninput = 'temp9'", "does not answer"),
        ] {
            let error = read(&FILES, options).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_file_content_panics(name in "\\PC*", text in "\\PC*") {
            let files = [("hwmon0/name", name.as_str()), ("hwmon0/temp1_input", text.as_str())];
            let _ = read(&files, "chip = 'a'");
            let files = [("hwmon0/name", "a"), ("hwmon0/temp1_input", text.as_str())];
            let _ = read(&files, "chip = 'a'");
        }
    }
}
