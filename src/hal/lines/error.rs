//! What goes wrong on a line, and how to mend it.

/// Every variant says what the owner can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("permission denied on {path}: join the group gpio (`sudo usermod -aG gpio $USER`)")]
    Permission { path: String },
    #[error("there is no GPIO chip `{chip}`; there {}", there(.found))]
    NoChip { chip: String, found: Vec<String> },
    #[error("{chip} has no line {line}: its lines are 0 to {}", .lines.saturating_sub(1))]
    NoLine { chip: String, line: u32, lines: u32 },
    #[error("no GPIO chip has a line called `{0}`: `gpioinfo` lists them")]
    NoName(String),
    #[error("{line} is busy: {holder} holds it; stop that, or take another pin")]
    Busy { line: String, holder: String },
    #[error("{line} cannot do that: {what}")]
    Unsupported { line: String, what: String },
    #[error("{line} has gone: the chip was unplugged, or its driver unloaded")]
    Gone { line: String },
    #[error("{line} hangs: the chip behind it does not answer; switch it off and on again")]
    Hung { line: String },
    #[error("{path} is missing: enable PWM (`dtoverlay=pwm-2chan` in config.txt) and reboot")]
    NoPwm { path: String },
    #[error("{line}: {reason}")]
    Other { line: String, reason: String },
}

fn there(found: &[String]) -> String {
    match found {
        [] => "is none at all: is this the right board profile?".to_owned(),
        [only] => format!("is only {only}"),
        many => format!("are {}", many.join(", ")),
    }
}

impl LineError {
    /// Whether the same may work a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, LineError::Other { .. })
    }
}
