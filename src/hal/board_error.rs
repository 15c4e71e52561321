//! Why there is no board profile.

/// Every variant says what to write into the site file instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    #[error("there is no board profile `{name}`{}; there are {known}", hint(.suggestion))]
    Unknown { name: String, suggestion: Option<String>, known: String },
    #[error("board profile `{name}`: {reason}")]
    Invalid { name: String, reason: String },
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
