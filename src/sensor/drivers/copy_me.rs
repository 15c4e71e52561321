//! The driver to copy when you write one: returns the number that stands in the site file.
//!
//! Steps: copy this file under the name of your device; change the options, `unit` and `read`;
//! add a `mod` line and a row in `drivers/mod.rs`, and a line in the changelog. Write the
//! datasheet's address here and take test vectors out of it. A driver on an I2C bus finds a real
//! example in `mcp9808.rs`.

use serde::Deserialize;

use super::{DriverRow, SensorSettings};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "copy-me",
    summary: "a fixed number, to try scripts with and to copy for a driver of your own",
    options: &[("value", "the number; 0 unless said")],
    build,
};

/// The driver's own keys of the `[[sensor]]`. Unknown ones are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    value: f64,
}

struct CopyMe {
    value: f64,
}

/// Checks the options. A device would be opened by the first `read` and not here, so that the
/// agent starts, and says what is wrong, while a device is missing.
fn build(settings: &SensorSettings, _hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    if !options.value.is_finite() {
        return Err(OptionError::new("value", "`value` must be a finite number"));
    }
    Ok(Box::new(CopyMe { value: options.value }))
}

impl Driver for CopyMe {
    /// The owner may override it with `unit = "…"`.
    fn unit(&self) -> &str {
        ""
    }

    /// `scale`, `offset`, `smooth` and `range` are applied by the sampler. Errors say whether the
    /// next attempt can help: [`ReadError::Transient`] or [`ReadError::Permanent`].
    fn read(&mut self) -> Result<Value, ReadError> {
        Ok(Value::Number(self.value))
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

    #[test]
    fn returns_its_value() {
        let hal = Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| None));
        let mut settings = settings("fixed");
        settings.options = options("value = 21.5");
        let mut driver = build(&settings, &hal).unwrap();
        assert_eq!(driver.read(), Ok(Value::Number(21.5)));
    }
}
