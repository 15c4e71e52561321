//! Why a rehearsal cannot be held.

use std::path::PathBuf;

use crate::{config::Diagnostic, hal::BoardError, script::ScriptError, store::StoreError};

use super::ScenarioError;

#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    #[error("the scripts have mistakes")]
    Scripts(Vec<ScriptError>),
    #[error("the site file has mistakes")]
    Sensors(Vec<Diagnostic>),
    #[error("the scripts cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("the recording {} cannot be read: {source}", file.display())]
    NoRecording { file: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error("the rehearsal's thread could not be started: {0}")]
    Thread(std::io::Error),
    #[error("the rehearsal itself failed: {0}; please report it with the scripts")]
    Panicked(String),
    #[error("{0}")]
    Recording(String),
    #[error("what would have happened could not be written down: {0}")]
    Output(std::io::Error),
}
