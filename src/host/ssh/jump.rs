//! The way through another host: a channel of its session, carried over a socket pair, so that a
//! second session can run inside it.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::{fd::AsFd, unix::net::UnixStream},
    time::Duration,
};

use nix::poll::{PollFd, PollFlags, poll};
use ssh2::{BlockDirections, Channel};

use super::{Deadline, SecretResolver, SshSession, Target, error, session, wire};
use crate::plan::{Failure, FailureKind};

/// Opens a stream from `gate` to the target's SSH port. `None` when the gate is fine and says
/// that it cannot get there.
///
/// # Errors
/// Whatever keeps us from `gate` itself.
pub fn reach(
    gate: &Target,
    target: &Target,
    secrets: &SecretResolver,
    deadline: Deadline,
) -> Result<Option<UnixStream>, Failure> {
    let through = |failure: Failure| Failure {
        message: format!("{}: through {}", target.name, failure.message),
        ..failure
    };
    let session = session::connect(gate, secrets, deadline).map_err(through)?;
    session.patience(deadline);
    let opened = session.session.channel_direct_tcpip(&target.address, target.port, None);
    let channel = match opened {
        Ok(channel) => channel,
        Err(error) if error::is_channel_refused(&error) || error::is_timeout(&error) => {
            return Ok(None);
        }
        Err(error) => return Err(through(error::failure(&gate.name, "no channel", &error))),
    };
    carry(session, channel).map(Some).map_err(|error| {
        let message = format!("{}: no channel: {error}", gate.name);
        through(Failure::new(FailureKind::Unreachable, message))
    })
}

/// Starts the thread that carries bytes between the channel and the stream that is returned, until
/// either ends. It owns the session, which must not block: a blocked read would hold the session's
/// lock against every write.
pub(super) fn carry(session: SshSession, channel: Channel) -> io::Result<UnixStream> {
    let (near, far) = UnixStream::pair()?;
    near.set_nonblocking(true)?;
    session.session.set_blocking(false);
    let carrier = Carrier { near, channel, session, up: Vec::new(), down: Vec::new() };
    std::thread::Builder::new().name("ssh jump".to_owned()).spawn(move || carrier.run())?;
    Ok(far)
}

struct Carrier {
    near: UnixStream,
    channel: Channel,
    session: SshSession,
    /// Bytes on their way to the host, and from it.
    up: Vec<u8>,
    down: Vec<u8>,
}

/// One side has ended, well or badly; either way the other learns it by its own stream's end.
struct Ended;

impl Carrier {
    fn run(mut self) {
        while let Ok(moved) = self.turn() {
            if !moved {
                self.wait();
            }
        }
        self.session.session.set_blocking(true);
        self.session.session.set_timeout(1000);
        // Both may be closed already.
        let _ = self.channel.close();
        let _ = self.near.shutdown(Shutdown::Both);
    }

    /// Moves what can be moved and says whether anything was.
    fn turn(&mut self) -> Result<bool, Ended> {
        let mut moved = false;
        if self.down.is_empty() {
            let read = take(&mut self.channel, &mut self.down)?;
            if !read && self.channel.eof() {
                return Err(Ended);
            }
            moved |= read;
        }
        if self.up.is_empty() {
            moved |= take(&mut self.near, &mut self.up)?;
        }
        moved |= give(&mut self.near, &mut self.down)?;
        moved |= give(&mut self.channel, &mut self.up)?;
        Ok(moved)
    }

    fn wait(&self) {
        let mut remote = PollFlags::POLLIN;
        let direction = self.session.session.block_directions();
        if matches!(direction, BlockDirections::Outbound | BlockDirections::Both) {
            remote |= PollFlags::POLLOUT;
        }
        let mut local = PollFlags::empty();
        local.set(PollFlags::POLLIN, self.up.is_empty());
        local.set(PollFlags::POLLOUT, !self.down.is_empty());
        let mut both =
            [PollFd::new(self.session.wire.as_fd(), remote), PollFd::new(self.near.as_fd(), local)];
        let pause = Duration::from_secs(u64::from(session::KEEPALIVE));
        // Woken early, the next turn finds nothing to move and waits again.
        let _ = poll(&mut both, wire::timeout(pause));
        // A connection that is lost shows in the next turn.
        let _ = self.session.session.keepalive_send();
    }
}

/// Reads once into an empty buffer; false when there is nothing yet.
fn take(from: &mut impl Read, buffer: &mut Vec<u8>) -> Result<bool, Ended> {
    let mut room = [0; 32 * 1024];
    match from.read(&mut room) {
        Ok(length) => {
            buffer.extend_from_slice(&room[..length]);
            Ok(length > 0)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(_) => Err(Ended),
    }
}

/// Writes once what the buffer holds; false when nothing could be written now.
fn give(to: &mut impl Write, buffer: &mut Vec<u8>) -> Result<bool, Ended> {
    if buffer.is_empty() {
        return Ok(false);
    }
    match to.write(buffer) {
        Ok(length) => {
            buffer.drain(..length);
            Ok(length > 0)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(_) => Err(Ended),
    }
}
