//! `watchpost check`

use std::path::PathBuf;

use clap::Args;

use super::{Format, help_after};

/// Check the site file, the board and the scripts without doing anything
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost check                everything",
    "watchpost check scripts/closet-heat.rhai",
))]
pub struct CheckArgs {
    /// Scripts or site files; without any, the whole site
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub format: Format,
}
