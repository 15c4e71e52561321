//! `watchpost man`: for packages.

use std::{io, path::PathBuf};

use clap::{Args, CommandFactory};

use super::{Cli, help_after};

/// Write the manual pages, one for every verb, into a folder
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost man /usr/local/share/man/man1"))]
pub struct ManArgs {
    pub folder: PathBuf,
}

/// Writes `watchpost.1`, `watchpost-run.1` and so on.
///
/// # Errors
/// When the folder cannot be written.
pub fn man(args: &ManArgs) -> io::Result<()> {
    std::fs::create_dir_all(&args.folder)?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
}
