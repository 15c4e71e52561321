//! `watchpost hosts`

use clap::{Args, Subcommand};

use super::{Format, help_after};

/// Show the hosts and which of them are up
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost hosts --json",
    "watchpost hosts add plex       make friends with a new host",
))]
pub struct HostsArgs {
    #[command(subcommand)]
    pub command: Option<HostsCommand>,

    #[command(flatten)]
    pub format: Format,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum HostsCommand {
    /// Show a host's fingerprint, install a restricted key and a sudoers line, test them
    #[command(after_help = help_after!("watchpost hosts add plex"))]
    Add(AddArgs),
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AddArgs {
    /// A host of the site file
    pub name: String,

    /// Do not ask: the fingerprint that the host shows is believed
    #[arg(long)]
    pub yes: bool,
}
