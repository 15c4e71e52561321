//! `watchpost pause`

use clap::Args;

use super::help_after;

/// Mute a watch until `watchpost resume`; a critical watch cannot be muted
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost pause power-check"))]
pub struct PauseArgs {
    /// The watch, as the script names it
    pub name: String,
}
