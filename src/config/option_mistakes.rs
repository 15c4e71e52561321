//! Why a driver cannot take what its `[[sensor]]` says.

use std::fmt;

use crate::suggest::{did_you_mean_or_all, nearest};

/// The keys of a `[[sensor]]` that are not its driver's.
const COMMON_KEYS: [&str; 16] = [
    "name",
    "driver",
    "every",
    "max_age",
    "unit",
    "multiply",
    "scale",
    "offset",
    "calibrate",
    "range",
    "median",
    "smooth",
    "slope_limit",
    "round",
    "delta",
    "heartbeat",
];

/// At least one mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionMistakes(pub Vec<OptionMistake>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionMistake {
    /// The key that is wrong; `None` when one is missing.
    pub key: Option<String>,
    /// The key itself is wrong, not its value.
    pub is_unknown: bool,
    pub message: String,
    /// What is said at the place itself; may be empty.
    pub label: String,
    pub help: Option<String>,
}

impl OptionMistakes {
    /// One mistake, in the value of `key`.
    pub fn new(key: &str, message: impl Into<String>) -> Self {
        OptionMistakes(vec![OptionMistake {
            key: Some(key.to_owned()),
            is_unknown: false,
            message: message.into(),
            label: String::new(),
            help: None,
        }])
    }
}

impl OptionMistake {
    pub(super) fn unknown(key: &str, known: &[&str]) -> Self {
        OptionMistake {
            key: Some(key.to_owned()),
            is_unknown: true,
            message: format!("unknown key `{key}`"),
            label: "neither a key of every sensor nor of this driver".into(),
            help: match nearest(key, COMMON_KEYS) {
                Some(meant) if nearest(key, known.iter().copied()).is_none() => {
                    Some(format!("did you mean `{meant}`?"))
                }
                _ => did_you_mean_or_all(key, known),
            },
        }
    }

    pub(super) fn wrong(key: &str, message: &str) -> Self {
        OptionMistake {
            key: Some(key.to_owned()),
            is_unknown: false,
            message: format!("`{key}` does not suit the driver"),
            label: message.to_owned(),
            help: None,
        }
    }

    pub(super) fn missing(message: &str) -> Self {
        OptionMistake {
            key: None,
            is_unknown: false,
            message: format!("the driver lacks something: {message}"),
            label: "of this driver".into(),
            help: None,
        }
    }
}

impl fmt::Display for OptionMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, OptionMistake { message, label, help, .. }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{message}")?;
            if !label.is_empty() {
                write!(f, " ({label})")?;
            }
            if let Some(help) = help {
                write!(f, ", {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for OptionMistakes {}
