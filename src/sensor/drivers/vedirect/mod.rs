//! Victron solar chargers, battery monitors and inverters on a serial line, by the VE.Direct text
//! protocol.
//!
//! "VE.Direct Protocol", version 3.33: <https://www.victronenergy.com/support-and-downloads/technical-information>.

mod fields;
mod frame;
mod line;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;

use self::{
    fields::{Field, field},
    line::Line,
};
use super::{DriverRow, SensorSettings, stand_in::stand_in};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "vedirect",
    summary: "Victron charger, battery monitor or inverter on a serial line (VE.Direct)",
    options: &[
        ("device", "the serial line: /dev/ttyUSB0, better /dev/serial/by-id/…"),
        ("field", "PPV (panel power), VPV, V, I, H20 (yield today), SOC …; PPV unless said"),
    ],
    build,
};

/// Several sensors of one line may wait for each other.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    device: PathBuf,
    #[serde(default = "panel_power")]
    field: String,
}

fn panel_power() -> String {
    "PPV".to_owned()
}

struct VeDirect {
    line: Arc<Mutex<Line>>,
    title: String,
    field: &'static Field,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    if !options.device.is_absolute() {
        return Err(OptionError::new("device", "`device` must be absolute, as in `/dev/ttyUSB0`"));
    }
    let field = field(&options.field).map_err(|message| OptionError::new("field", message))?;
    if let Some(driver) = stand_in(settings, hal, field.unit) {
        return Ok(driver);
    }
    let title = options.device.display().to_string();
    let line = hal.shared(&title, || Line::new(options.device));
    Ok(Box::new(VeDirect { line, title, field }))
}

impl Driver for VeDirect {
    fn unit(&self) -> &str {
        self.field.unit
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let text = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.latest(self.field.label)?
        };
        self.field.value(&text).ok_or_else(|| {
            let label = self.field.label;
            ReadError::Transient(format!("{}: {label} says `{text}`, no number", self.title))
        })
    }

    fn limit(&self) -> Duration {
        LIMIT
    }
}

#[cfg(test)]
mod tests;
