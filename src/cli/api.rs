//! `watchpost api`

use clap::Args;

use super::{Format, help_after};

/// Print the scripts' vocabulary: every function with its meaning and an example
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost api > vocabulary.md",
    "watchpost api --json           for editors",
))]
pub struct ApiArgs {
    #[command(flatten)]
    pub format: Format,
}
