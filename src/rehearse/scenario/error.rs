//! What can be wrong with a scenario.

use std::path::{Path, PathBuf};

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("cannot read the scenario {}: {source}", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// Not TOML, an unknown key, or a value of the wrong kind; says the line itself.
    #[error("{0}")]
    Syntax(toml::de::Error),
    /// The parts do not fit together.
    #[error("{place}: {message}")]
    Wrong {
        /// The part of the file: `hosts plex`.
        place: String,
        message: String,
    },
    #[error("the scenario {}: {error}", file.display())]
    InFile { file: PathBuf, error: Box<ScenarioError> },
}

impl ScenarioError {
    pub(super) fn wrong(place: impl Into<String>, message: impl Into<String>) -> Self {
        ScenarioError::Wrong { place: place.into(), message: message.into() }
    }

    pub(super) fn in_file(self, file: &Path) -> Self {
        ScenarioError::InFile { file: file.to_owned(), error: Box::new(self) }
    }
}
