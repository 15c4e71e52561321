//! `watchpost sensors`

use clap::Args;

use super::{Format, help_after};

/// Read every sensor once and show what it says
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost sensors",
    "watchpost sensors --scan       what answers on the buses, known or not",
))]
pub struct SensorsArgs {
    /// Look for devices on the buses instead
    #[arg(long)]
    pub scan: bool,

    #[command(flatten)]
    pub format: Format,
}
