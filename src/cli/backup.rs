//! `watchpost backup`

use std::path::PathBuf;

use clap::Args;

use super::help_after;

/// Write everything that matters into one file, while the agent runs or not
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost backup closet-2026-11-22.backup"))]
pub struct BackupArgs {
    /// A file that does not exist yet
    pub file: PathBuf,
}
