//! `watchpost rehearse`

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::{Format, help_after};

/// Run the scripts through days of virtual time in seconds, and print what would have happened
///
/// Nothing real is touched. The same days, start, seed and scripts print the same bytes.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost rehearse --days 7",
    "watchpost rehearse --start 2026-03-28 --days 2 scripts/closet-heat.rhai",
))]
pub struct RehearseArgs {
    /// How many days
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,

    /// Chooses the weather and the accidents
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// The first day, as YYYY-MM-DD; without it, today
    #[arg(long, value_name = "DATE")]
    pub start: Option<NaiveDate>,

    /// Only these scripts; without any, all of the site
    #[arg(value_name = "SCRIPT")]
    pub scripts: Vec<PathBuf>,

    #[command(flatten)]
    pub format: Format,
}
