//! A contact on a GPIO line: a button, a door, a leak probe, a float switch.
//!
//! Pull, debouncing and edges are the kernel's:
//! <https://docs.kernel.org/userspace-api/gpio/chardev.html>.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::{DriverRow, SensorSettings};
use crate::{
    clock::parse_duration,
    hal::{
        Hal,
        lines::{Input, InputSettings, LineError, PinError, Pull},
    },
    sensor::{Driver, Heard, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "gpio",
    summary: "a contact on a GPIO line, true or false; every edge is told at once",
    options: &[
        ("pin", "the board's name for it (\"GPIO27\"), or \"gpiochip0/27\""),
        ("pull", "\"up\", \"down\" or \"none\"; none unless said"),
        ("active_low", "true: a low voltage means true; false unless said"),
        ("debounce", "how long a level must stand, as \"20ms\"; nothing unless said"),
    ],
    build,
};

/// The kernel counts in microseconds, in 32 bits; longer than this is a job for `lasting`.
const LONGEST_DEBOUNCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    pin: String,
    #[serde(default)]
    pull: Pull,
    #[serde(default)]
    active_low: bool,
    debounce: Option<String>,
}

struct Contact {
    input: Input,
    pin: String,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { pin, pull, active_low, debounce } = settings.options.read()?;
    let debounce = debounce_of(debounce.as_deref())?;
    let wiring = InputSettings { pull, active_low, debounce, only_rising: false };
    let input = hal.lines().input(&pin, wiring).map_err(wrong_pin)?;
    Ok(Box::new(Contact { input, pin }))
}

/// Reads `debounce = "20ms"`.
pub(super) fn debounce_of(text: Option<&str>) -> Result<Duration, OptionError> {
    let Some(text) = text else { return Ok(Duration::ZERO) };
    match parse_duration(text) {
        Ok(debounce) if debounce <= LONGEST_DEBOUNCE => Ok(debounce),
        Ok(_) => Err(OptionError::new("debounce", "`debounce` is at most 1m")),
        Err(error) => Err(OptionError::new("debounce", error.to_string())),
    }
}

pub(super) fn wrong_pin(error: PinError) -> OptionError {
    OptionError::new("pin", error.to_string())
}

/// A line's error as a sensor's.
pub(super) fn explain(pin: &str, error: &LineError) -> ReadError {
    let message = format!("{pin}: {error}");
    match error.is_transient() {
        true => ReadError::Transient(message),
        false => ReadError::Permanent(message),
    }
}

impl Driver for Contact {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        self.input.level().map(Value::Switch).map_err(|error| explain(&self.pin, &error))
    }

    fn listen(&mut self) -> Option<Heard> {
        let edges = stream::unfold(self.input.edges(), |mut edges| async {
            loop {
                match edges.recv().await {
                    Ok(edge) => return Some((Value::Switch(edge.level), edges)),
                    // A line that chatters; where it ends is still to come.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        });
        Some(edges.boxed())
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

    #[tokio::test]
    async fn a_contact_is_read_and_heard() {
        let board = Board::named("simulated").unwrap();
        let hal = Hal::simulated(&board, Arc::new(|name: &str| (name == "GPIO27").then_some(1.0)));
        let mut settings = settings("leak-probe");
        settings.options = options("pin = 'GPIO27'\npull = 'up'\ndebounce = '20ms'");
        let mut probe = build(&settings, &hal).unwrap();
        assert_eq!(probe.read(), Ok(Value::Switch(true)), "what the environment says");

        let mut heard = probe.listen().unwrap();
        let lines = hal.lines().simulation().unwrap();
        for level in [false, false, true] {
            lines.pull("GPIO27", level);
        }
        assert_eq!(heard.next().await, Some(Value::Switch(false)));
        assert_eq!(heard.next().await, Some(Value::Switch(true)), "no edge is told twice");
        assert_eq!(probe.read(), Ok(Value::Switch(true)));
    }
}
