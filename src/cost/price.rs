//! A price, or why there is none.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::format_duration;

/// The price of an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// In whatever currency the site's costs are given in.
    pub value: f64,
    /// When it was asked for, or measured.
    pub at: DateTime<Utc>,
    /// For people: `t4g.nano in eu-central-1a`.
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CostError {
    #[error("there is no [cost.{name}] in the site file")]
    Unknown { name: String, suggestion: Option<String> },
    #[error("the cost \"{name}\" has no price: {why}")]
    Nothing { name: String, why: String },
    #[error(
        "the price of \"{name}\" is {} old, and is believed for {} (`max_age`){}",
        format_duration(*age), format_duration(*max_age),
        if why.is_empty() { String::new() } else { format!(": {why}") }
    )]
    Stale { name: String, age: Duration, max_age: Duration, why: String },
}
