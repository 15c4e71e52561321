//! The command `watchpost`.

use std::process::ExitCode;

fn main() -> ExitCode {
    watchpost::cli::main(watchpost::cli::Cli::from_command_line()).into()
}
