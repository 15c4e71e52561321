//! `watchpost resume`

use clap::Args;

use super::help_after;

/// Wake a watch that was paused, by you or by its own errors
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost resume power-check"))]
pub struct ResumeArgs {
    /// The watch, as the script names it
    pub name: String,
}
