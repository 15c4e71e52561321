//! Why a verb could not do what it was asked.

use std::io;

use super::output::{ConfirmError, Exit, Palette};
use crate::{
    agent::{AloneError, StartError},
    control::ClientError,
    store::StoreError,
};

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Start(StartError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ask(#[from] ConfirmError),
    /// As people should read it: the agent's own words, or a verb's.
    #[error("{0}")]
    Refused(String),
    #[error("the answer cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Trouble {
    /// Says it on standard error.
    pub fn show(&self, palette: Palette) -> Exit {
        match self {
            Trouble::Start(error) => super::run::refused(error, palette),
            // Whoever reads has seen enough: `watchpost journal | head`.
            Trouble::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
            other => {
                eprintln!("watchpost: {}", other.to_string().trim_end());
                Exit::Failed
            }
        }
    }
}

impl From<StartError> for Trouble {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => Trouble::Store(error),
            other => Trouble::Start(other),
        }
    }
}

impl From<AloneError> for Trouble {
    fn from(error: AloneError) -> Self {
        match error {
            AloneError::Start(error) => error.into(),
            AloneError::Store(error) => error.into(),
            AloneError::Refused(why) => Trouble::Refused(why),
        }
    }
}
