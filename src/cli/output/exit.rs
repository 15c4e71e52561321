//! How the process ends.

use std::process::ExitCode;

/// The exit codes, which scripts may rely on. Wrong usage (2) is clap's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Fine,
    /// A check or a run failed, or the verb could not do what it was asked.
    Failed,
    /// What was asked makes no sense, which only became clear after the arguments were read.
    WrongUsage,
}

impl Exit {
    pub fn from_ok(ok: bool) -> Self {
        if ok { Exit::Fine } else { Exit::Failed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => ExitCode::from(0),
            Exit::Failed => ExitCode::from(1),
            Exit::WrongUsage => ExitCode::from(2),
        }
    }
}
