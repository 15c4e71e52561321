//! Why there is no board profile.

/// Every variant says what to write into the site file instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    #[error("there is no board profile `{name}`{}; there are {known}", hint(.suggestion))]
    Unknown { name: String, suggestion: Option<String>, known: String },
    #[error(
        "this board is not known ({seen}): set `profile = \"generic-linux\"` in [board], which \
         serves every board with /dev/i2c-N"
    )]
    NotRecognised { seen: String },
    #[error("board profile `{name}`: {reason}")]
    Invalid { name: String, reason: String },
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
