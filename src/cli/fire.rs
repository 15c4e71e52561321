//! `watchpost fire`

use clap::Args;

use super::{Format, help_after};

/// Run one watch now, whatever it waits for
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost fire closet-heat --dry-run",
))]
pub struct FireArgs {
    /// The watch, as the script names it
    pub name: String,

    /// Ask real hosts, but only write down what would be done
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub format: Format,
}
