//! Why a question about a sensor has no answer.

use std::{sync::Arc, time::Duration};

use super::Fault;

/// Every variant names the sensor; none of them is ever turned into a default value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensorError {
    /// The site file has no such sensor.
    #[error("no sensor is called `{name}`{}", hint(.suggestion.as_deref()))]
    Unknown { name: String, suggestion: Option<Arc<str>> },
    /// The sensor exists, but its value cannot be believed now.
    #[error("`{sensor}` has no value: {fault}")]
    Fault { sensor: Arc<str>, fault: Fault },
    /// The sensor exists, but nothing believable was read in the window.
    #[error("`{sensor}` has no reading in the last {} s", .window.as_secs())]
    NoReadings { sensor: Arc<str>, window: Duration },
    /// A rate needs two readings at different times.
    #[error("`{sensor}` has a single reading in the last {} s; a rate needs two", .window.as_secs())]
    SingleReading { sensor: Arc<str>, window: Duration },
}

impl SensorError {
    /// The reason alone, for a sentence that has named the sensor.
    pub fn why(&self) -> String {
        match self {
            SensorError::Fault { fault, .. } => fault.to_string(),
            SensorError::NoReadings { window, .. } => {
                format!("no reading in the last {} s", window.as_secs())
            }
            SensorError::Unknown { .. } | SensorError::SingleReading { .. } => self.to_string(),
        }
    }
}

fn hint(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `watchpost sensors` lists them".to_owned(),
    }
}
