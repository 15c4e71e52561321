//! A sensor as it is listed: its last believed reading, and whether it still holds.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Fault, Reading};

/// Everything known about one sensor at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorStatus {
    pub name: Arc<str>,
    /// As people write it; empty until the driver is known, and for sensors without one.
    pub unit: Arc<str>,
    /// The last reading that was believed, however old.
    pub reading: Option<Reading>,
    /// Time since that reading; `age_s`, in seconds, for programs.
    #[serde(rename = "age_s", serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub age: Option<Duration>,
    /// Why the sensor has no value now; `None` when it has one.
    pub fault: Option<Fault>,
    pub quality: Quality,
}

fn as_seconds<S: Serializer>(age: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    age.map(|age| age.as_secs_f64()).serialize(serializer)
}

fn from_seconds<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
}

/// A [`Fault`] in one word, for tables and scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    Good,
    Nothing,
    Stale,
    Failing,
    Implausible,
}

impl Quality {
    pub fn of(fault: Option<&Fault>) -> Self {
        match fault {
            None => Quality::Good,
            Some(Fault::Nothing) => Quality::Nothing,
            Some(Fault::Stale { .. }) => Quality::Stale,
            Some(Fault::Failing { .. }) => Quality::Failing,
            Some(Fault::Implausible { .. }) => Quality::Implausible,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Nothing => "nothing",
            Quality::Stale => "stale",
            Quality::Failing => "failing",
            Quality::Implausible => "implausible",
        }
    }
}
