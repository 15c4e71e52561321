//! Settings for tests.

use std::time::Duration;

use crate::config::{DriverOptions, FilterSettings, SensorSettings};

/// A sensor that is read every ten seconds by `copy-me`, with nothing else set.
pub(crate) fn settings(name: &str) -> SensorSettings {
    SensorSettings {
        name: name.into(),
        driver: "copy-me".into(),
        every: Duration::from_secs(10),
        max_age: Duration::from_secs(60),
        range: None,
        smooth: None,
        scale: 1.0,
        offset: 0.0,
        filters: FilterSettings::default(),
        unit: None,
        options: DriverOptions::default(),
    }
}

/// A driver's options as they stand in the site file.
pub(crate) fn options(text: &str) -> DriverOptions {
    let table: toml::Table = toml::from_str(text).expect("a test's own options");
    table.into_iter().collect()
}
