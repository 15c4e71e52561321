//! `watchpost restore`

use std::path::PathBuf;

use clap::Args;

use super::help_after;

/// Bring back what `watchpost backup` wrote; the agent must not be running
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost restore closet-2026-11-22.backup"))]
pub struct RestoreArgs {
    /// A file that `watchpost backup` wrote
    pub file: PathBuf,

    /// Do not ask before what is there is replaced
    #[arg(long)]
    pub yes: bool,
}
