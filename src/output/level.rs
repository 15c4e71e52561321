//! How far an output is on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// On, off, or a share of full.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Level {
    Switch(bool),
    /// 0 to 1, for PWM.
    Share(f64),
}

impl Level {
    pub const OFF: Level = Level::Switch(false);
    pub const ON: Level = Level::Switch(true);

    /// 0 to 1.
    pub fn share(self) -> f64 {
        match self {
            Level::Switch(on) => f64::from(u8::from(on)),
            Level::Share(share) => share,
        }
    }

    /// `true`, `false`, or the share.
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Level::Switch(on) => on.into(),
            Level::Share(share) => share.into(),
        }
    }

    /// Anything but off.
    pub fn is_on(self) -> bool {
        self.share() > 0.0
    }
}

/// As people say it: `on`, `off`, `40 %`.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Switch(true) => f.write_str("on"),
            Level::Switch(false) => f.write_str("off"),
            Level::Share(share) => write!(f, "{} %", (share * 1000.0).round() / 10.0),
        }
    }
}
