//! `watchpost run`

use clap::Args;

use super::help_after;

/// Run the agent until Ctrl-C or SIGTERM; SIGHUP reloads the site file and the scripts
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost run --config /etc/watchpost/watchpost.toml",
    "watchpost run --dry-run        sensors are real, acts are only written down",
    "watchpost run --simulated      the simulated closet, on a real board too",
))]
pub struct RunArgs {
    /// Read real sensors and ask real hosts, but only write down what would be done
    #[arg(long)]
    pub dry_run: bool,

    /// Run the simulated closet, whatever the board and the site file
    #[arg(long)]
    pub simulated: bool,
}
