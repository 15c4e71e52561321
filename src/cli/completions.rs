//! `watchpost completions`: for packages and shell start-up files.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, help_after};

/// Print the shell's completions of this command line
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost completions bash > /etc/bash_completion.d/watchpost"))]
pub struct CompletionsArgs {
    pub shell: Shell,
}

/// Writes the completions for a shell.
pub fn completions(args: &CompletionsArgs, out: &mut impl Write) {
    clap_complete::generate(args.shell, &mut Cli::command(), "watchpost", out);
}
