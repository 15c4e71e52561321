//! Finds out why something does not work. Each subject looks, changes nothing, and says what it
//! found and what would mend it.

pub mod alexa;
pub mod gpio;
pub mod i2c;

use serde::Serialize;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub ok: bool,
    /// What was found, in one line.
    pub what: String,
    /// How to mend it; where nothing is wrong, what may be the reason all the same.
    pub advice: Option<String>,
}

impl Finding {
    pub fn good(what: impl Into<String>) -> Self {
        Finding { ok: true, what: what.into(), advice: None }
    }

    pub fn bad(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { ok: false, what: what.into(), advice: Some(advice.into()) }
    }

    /// Not wrong by itself, and perhaps the reason.
    pub fn note(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { ok: true, what: what.into(), advice: Some(advice.into()) }
    }
}
