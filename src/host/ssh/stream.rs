//! A session that becomes a stream: to a command's input and output, or to a socket over there.

use std::{io, os::unix::net::UnixStream, path::Path};

use ssh2::{Channel, ExtendedData};

use super::{Deadline, SshSession, error, jump};
use crate::{
    host::outcome::Outcome,
    plan::{Failure, FailureKind},
};

impl SshSession {
    /// Runs a line that has nothing to read.
    ///
    /// # Errors
    /// When it could not be run; how it ended is the outcome's matter.
    pub fn ask(&self, line: &str, deadline: Deadline) -> Result<Outcome, Failure> {
        let channel = self.open_channel(deadline)?;
        let outcome = self.run(channel, line, &mut io::empty(), deadline);
        self.session.set_blocking(true);
        outcome
    }

    /// Whether a line ends with the code 0.
    ///
    /// # Errors
    /// Like [`SshSession::ask`].
    pub fn succeeds(&self, line: &str, deadline: Deadline) -> Result<bool, Failure> {
        self.ask(line, deadline).map(|outcome| outcome.succeeded())
    }

    /// A stream to a command, which has the session for itself from now on.
    ///
    /// # Errors
    /// When the server does not run it.
    pub fn into_command(self, line: &str, deadline: Deadline) -> Result<UnixStream, Failure> {
        let mut channel = self.open_channel(deadline)?;
        // What it complains of is no part of the stream; unread it would hide the stream's end.
        channel
            .handle_extended_data(ExtendedData::Ignore)
            .and_then(|()| channel.exec(line))
            .map_err(|error| error::failure(&self.host, "the command was not taken", &error))?;
        self.carry(channel)
    }

    /// A channel to a Unix socket over there (OpenSSH's PROTOCOL, 2.4).
    ///
    /// # Errors
    /// When the server, or the key that logged in, does not allow it, or nobody listens there.
    pub fn channel_to_socket(&self, path: &Path, deadline: Deadline) -> Result<Channel, Failure> {
        self.session.set_blocking(true);
        self.patience(deadline);
        let opened = self.session.channel_direct_streamlocal(&path.display().to_string(), None);
        opened.map_err(|error| {
            let what = format!("no stream to {}", path.display());
            error::failure(&self.host, &what, &error)
        })
    }

    /// Carries a channel of this session, which ends with it.
    ///
    /// # Errors
    /// When this system has no room for it.
    pub fn carry(self, channel: Channel) -> Result<UnixStream, Failure> {
        let host = self.host.clone();
        jump::carry(self, channel).map_err(|error| {
            Failure::new(FailureKind::Unreachable, format!("{host}: no channel: {error}"))
        })
    }
}
