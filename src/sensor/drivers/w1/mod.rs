//! DS18B20 and its family (DS18S20, DS1822, DS1825) through the kernel's 1-Wire files, ±0.5 °C.
//!
//! Datasheet DS18B20: <https://www.analog.com/media/en/technical-documentation/data-sheets/ds18b20.pdf>;
//! files: <https://docs.kernel.org/w1/slaves/w1_therm.html>.

mod identity;
mod sample;

use std::{io::ErrorKind, path::Path, time::Duration};

use serde::Deserialize;

pub(in crate::sensor) use self::identity::Identity;
use self::sample::{Sample, Unusable};
use super::{DriverRow, SensorSettings, stand_in::stand_in};
use crate::{
    hal::{Files, Hal},
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "w1",
    summary: "DS18B20 thermometer on the kernel's 1-Wire bus, °C",
    options: &[("id", "28-00000d1efbf6, its folder's name; may be left out if there is only one")],
    build,
};

/// Where the kernel shows what hangs on its 1-Wire buses.
pub(in crate::sensor) const DEVICES: &str = "/sys/bus/w1/devices";

/// The kernel converts one thermometer after the other, almost a second each.
const LIMIT: Duration = Duration::from_secs(30);

/// `features`: the kernel itself rejects what a thermometer says that has not measured.
const CHECK_CONVERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    id: Option<Identity>,
}

struct OneWire {
    files: Files,
    id: Option<Identity>,
    /// The thermometer whose rejection bit has been set.
    prepared: Option<Identity>,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { id } = settings.options.read()?;
    if let Some(driver) = stand_in(settings, hal, "°C") {
        return Ok(driver);
    }
    Ok(Box::new(OneWire { files: hal.files().clone(), id, prepared: None }))
}

impl Driver for OneWire {
    fn unit(&self) -> &str {
        "°C"
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let id = self.find()?;
        if self.prepared.as_ref() != Some(&id) {
            self.prepare(&id);
            self.prepared = Some(id.clone());
        }
        let celsius = self.sample(&id);
        if celsius.is_err() {
            // It may be plugged in again, with its features as at the factory.
            self.prepared = None;
        }
        celsius.map(Value::Number)
    }

    fn limit(&self) -> Duration {
        LIMIT
    }
}

impl OneWire {
    /// The one of the site file, or the only one there is.
    fn find(&self) -> Result<Identity, ReadError> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let names = self.files.list(Path::new(DEVICES)).map_err(|_| missing_bus())?;
        let mut found = names.iter().filter_map(|name| name.parse::<Identity>().ok());
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(ReadError::Permanent(format!(
                "no thermometer on the 1-Wire bus ({DEVICES}): check the wiring and the pull-up \
                 of 4.7 kΩ"
            ))),
            (Some(one), Some(other)) => Err(ReadError::Permanent(format!(
                "there are several thermometers, {one} and {other} among them: say which with \
                 `id = \"{one}\"`"
            ))),
        }
    }

    /// Tells the kernel to reject what has not been measured. It makes the check below twice as
    /// sure; where it may not be set (the file belongs to root), that one stands alone.
    fn prepare(&self, id: &Identity) {
        let file = Path::new(DEVICES).join(id.as_str()).join("features");
        let Ok(text) = self.files.read(&file) else { return };
        let features: u32 = text.trim().parse().unwrap_or_default();
        if features & CHECK_CONVERSION == 0
            && let Err(error) =
                self.files.write(&file, &format!("{}\n", features | CHECK_CONVERSION))
        {
            tracing::debug!("{}: {error}", file.display());
        }
    }

    fn sample(&self, id: &Identity) -> Result<f64, ReadError> {
        let file = Path::new(DEVICES).join(id.as_str()).join("w1_slave");
        let text = self.files.read(&file).map_err(|error| match error.kind() {
            ErrorKind::NotFound => match self.files.list(Path::new(DEVICES)) {
                Ok(_) => ReadError::Permanent(format!(
                    "{id} is not on the 1-Wire bus: unplugged, or its `id` is another; \
                     `watchpost sensors --scan` lists what is there"
                )),
                Err(_) => missing_bus(),
            },
            ErrorKind::PermissionDenied => {
                ReadError::Permanent(format!("permission denied on {}", file.display()))
            }
            // So the kernel says that the conversion failed or that nobody answered.
            _ => ReadError::Transient(format!(
                "{id} does not answer ({error}): check its plug, its power and the pull-up"
            )),
        })?;
        let unusable = |why: Unusable| {
            let hint = if id.may_be_a_clone() { id.clone_hint() } else { "" };
            ReadError::Transient(format!("{id}: {why}{hint}"))
        };
        Sample::parse(&text).and_then(|sample| sample.celsius()).map_err(unusable)
    }
}

fn missing_bus() -> ReadError {
    ReadError::Permanent(format!(
        "there is no 1-Wire bus ({DEVICES}): add `dtoverlay=w1-gpio` to the boot configuration \
         (`raspi-config` does) and reboot"
    ))
}

#[cfg(test)]
mod tests;
