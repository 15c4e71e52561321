//! Why an output was not switched.

use std::time::Duration;

use crate::{
    clock::format_duration,
    hal::lines::LineError,
    plan::{Failure, FailureKind},
};

/// Every variant names the output, and says what to do where something can be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OutputError {
    #[error("there is no output \"{name}\"{}", hint(.suggestion))]
    Unknown { name: String, suggestion: Option<String> },
    #[error("{name} is a relay: it is on or off, and nothing between (`pwm` can do {level})")]
    NoShare { name: String, level: f64 },
    #[error("{name} takes 0 to 1, and got {level}")]
    OutOfRange { name: String, level: f64 },
    #[error("{name} stays off: {other} is on, and the two must never be on together (`interlock`)")]
    Interlocked { name: String, other: String },
    #[error(
        "{name} stays as it is for another {}: it was switched a moment ago (`min_switch`)",
        format_duration(*.wait)
    )]
    TooSoon { name: String, wait: Duration },
    #[error(
        "{name} stays as it is: no agent runs that would make it safe again; \
         start `watchpost run` first"
    )]
    Unattended { name: String },
    #[error("{name}: {error}")]
    Line { name: String, error: LineError },
    #[error("{name} hangs: the chip behind it does not answer; switch it off and on again")]
    Hung { name: String },
    #[error("{name} stays off, because its `max_on` could not be written down: {reason}")]
    NotKept { name: String, reason: String },
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!(", did you mean \"{name}\"?")).unwrap_or_default()
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Failure {
        let kind = match &error {
            OutputError::Unknown { .. }
            | OutputError::NoShare { .. }
            | OutputError::OutOfRange { .. } => FailureKind::NotConfigured,
            OutputError::Interlocked { .. }
            | OutputError::TooSoon { .. }
            | OutputError::Unattended { .. }
            | OutputError::NotKept { .. } => FailureKind::Refused,
            OutputError::Line { .. } => FailureKind::Unreachable,
            OutputError::Hung { .. } => FailureKind::TimedOut,
        };
        Failure::new(kind, error.to_string())
    }
}
