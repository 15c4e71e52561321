//! Any kernel file with a number in it: thermal zones, hwmon, IIO, /proc.
//!
//! Where the kernel keeps them: <https://docs.kernel.org/admin-guide/abi.html>.

use std::{io::ErrorKind, path::PathBuf};

use serde::Deserialize;

use super::{DriverRow, SensorSettings};
use crate::{
    hal::{Files, Hal},
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "file",
    summary: "any kernel file with a number; bring it to its unit with `scale`",
    options: &[
        ("path", "the file, absolute"),
        ("line", "the line that holds the number, counted from 1; 1 unless said"),
        ("field", "the word of that line, counted from 1; 1 unless said"),
    ],
    build,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: PathBuf,
    #[serde(default = "first")]
    line: usize,
    #[serde(default = "first")]
    field: usize,
}

fn first() -> usize {
    1
}

struct NumberFile {
    files: Files,
    path: PathBuf,
    line: usize,
    field: usize,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { path, line, field } = settings.options.read()?;
    if !path.is_absolute() {
        return Err(OptionError::new("path", "`path` must be absolute, as in `/sys/class/…`"));
    }
    for (key, number) in [("line", line), ("field", field)] {
        if number == 0 {
            return Err(OptionError::new(key, format!("`{key}` is counted from 1")));
        }
    }
    Ok(Box::new(NumberFile { files: hal.files().clone(), path, line, field }))
}

impl Driver for NumberFile {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let path = self.path.display();
        let text = self.files.read(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => ReadError::Permanent(format!(
                "{path} is missing: the device is unplugged, or its kernel module is not loaded"
            )),
            ErrorKind::PermissionDenied => ReadError::Permanent(format!(
                "permission denied on {path}: let the agent's user read it"
            )),
            _ => ReadError::Transient(format!("cannot read {path}: {error}")),
        })?;
        number(&text, self.line, self.field)
            .map(Value::Number)
            .map_err(|reason| ReadError::Permanent(format!("{path}: {reason}")))
    }
}

/// The number at a line and a word, both counted from 1.
fn number(text: &str, line: usize, field: usize) -> Result<f64, String> {
    let words = text.lines().nth(line - 1).ok_or_else(|| match text.lines().count() {
        0 => "the file is empty".to_owned(),
        lines => format!("there is no line {line}, only {lines}"),
    })?;
    let word = words
        .split_whitespace()
        .nth(field - 1)
        .ok_or_else(|| format!("line {line} has no word {field}"))?;
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{word}` (line {line}, word {field}) is not a number")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hal::Board,
        sensor::testing::{options, settings},
    };

    #[test]
    fn reads_what_kernel_files_look_like() {
        assert_eq!(number("48312\n", 1, 1), Ok(48312.0));
        assert_eq!(number("0.06 0.13 0.20 1/181 4321\n", 1, 2), Ok(0.13));
        assert_eq!(number("MemTotal: 3884 kB\nMemFree:   1024 kB\n", 2, 2), Ok(1024.0));
        assert_eq!(number("-5500", 1, 1), Ok(-5500.0));
    }

    #[test]
    fn says_where_no_number_stands() {
        assert_eq!(number("", 1, 1), Err("the file is empty".into()));
        assert_eq!(number("1\n2\n", 3, 1), Err("there is no line 3, only 2".into()));
        assert_eq!(number("1\n", 1, 2), Err("line 1 has no word 2".into()));
        assert_eq!(number("N/A\n", 1, 1), Err("`N/A` (line 1, word 1) is not a number".into()));
        assert!(number("nan", 1, 1).is_err());
    }

    #[test]
    fn reads_a_file_and_misses_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("temp");
        let mut settings = settings("cpu/temperature");
        settings.options = options(&format!("path = '{}'", path.display()));
        let hal = Hal::real(&Board::named("simulated").unwrap());
        let mut driver = build(&settings, &hal).unwrap();

        assert!(!driver.read().unwrap_err().is_transient());
        std::fs::write(&path, "48312\n").unwrap();
        assert_eq!(driver.read(), Ok(Value::Number(48312.0)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", line in 1usize..5, field in 1usize..5) {
            if let Ok(number) = number(&text, line, field) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
