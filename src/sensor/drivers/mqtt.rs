//! A value that comes over the broker of `[mqtt]`: another Watchpost's, Zigbee2MQTT's, Tasmota's,
//! ESPHome's. Nothing is read here; the agent listens, and publishes what it hears.

use serde::Deserialize;

use super::{DriverRow, SensorSettings};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

/// What `driver = "…"` says.
pub const NAME: &str = "mqtt";

pub(super) const ROW: DriverRow = DriverRow {
    name: NAME,
    summary: "a value that comes over MQTT, from whatever device or program",
    options: &[
        ("topic", "where it comes, without wildcards"),
        (
            "pointer",
            "where in its JSON it stands, as in `/temperature`; the whole of it unless said",
        ),
    ],
    build,
};

/// Where a sensor's value comes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub topic: String,
    /// RFC 6901.
    #[serde(default)]
    pub pointer: String,
}

impl Source {
    /// # Errors
    /// A mistake in the site file.
    pub fn of(settings: &SensorSettings) -> Result<Source, OptionError> {
        let source: Source = settings.options.read()?;
        if source.topic.is_empty() || source.topic.contains(['+', '#', '\0']) {
            let message = "`topic` is one topic, without `+` and `#`: each sensor has its own";
            return Err(OptionError::new("topic", message));
        }
        if !source.pointer.is_empty() && !source.pointer.starts_with('/') {
            let message = format!("`pointer` begins with a slash: \"/{}\"", source.pointer);
            return Err(OptionError::new("pointer", message));
        }
        Ok(source)
    }
}

struct Elsewhere {
    topic: String,
}

fn build(settings: &SensorSettings, _: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    Ok(Box::new(Elsewhere { topic: Source::of(settings)?.topic }))
}

impl Driver for Elsewhere {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        Err(ReadError::Permanent(format!(
            "only the running agent hears what comes on {}",
            self.topic
        )))
    }
}
