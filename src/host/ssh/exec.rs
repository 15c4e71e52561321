//! One command in a session.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use ssh2::Channel;

use super::{Deadline, SshSession, error, session::KEEPALIVE};
use crate::{
    host::outcome::{Ending, Outcome, Tail, joined},
    plan::Failure,
};

const CHUNK: usize = 32 * 1024;

impl SshSession {
    /// # Errors
    /// When the connection is dead: nothing has been run yet, so it is safe to try another.
    pub fn open_channel(&self, deadline: Deadline) -> Result<Channel, Failure> {
        self.session.set_blocking(true);
        self.patience(deadline);
        let opened = self.session.channel_session();
        opened.map_err(|error| error::failure(&self.host, "no channel for a command", &error))
    }

    /// Runs a line in the login shell of the user, with `input` as its standard input; `kept` bytes
    /// of each output are kept.
    ///
    /// # Errors
    /// When the server would not run anything; how the command ended is the outcome's matter.
    pub fn run(
        &self,
        mut channel: Channel,
        line: &str,
        input: &mut dyn Read,
        kept: usize,
        deadline: Deadline,
    ) -> Result<Outcome, Failure> {
        self.patience(deadline);
        channel
            .exec(line)
            .map_err(|error| error::failure(&self.host, "the command was not taken", &error))?;
        self.session.set_blocking(false);
        let (mut standard, mut error) = (Tail::of(kept), Tail::of(kept));
        let ended = self.attend(&mut channel, &mut standard, &mut error, input, deadline);
        let ending = match ended {
            Ok(()) => self.ending(&mut channel, deadline),
            Err(ending) => ending,
        };
        Ok(Outcome { ending, output: joined(standard, error) })
    }

    /// Feeds and reads until the command closes its outputs. Never blocks on one of the streams
    /// while another has something.
    fn attend(
        &self,
        channel: &mut Channel,
        standard: &mut Tail,
        error: &mut Tail,
        input: &mut dyn Read,
        deadline: Deadline,
    ) -> Result<(), Ending> {
        let mut feed = Feed::new(input);
        loop {
            let moved = read(channel, standard)?
                | read(&mut channel.stderr(), error)?
                | feed.step(channel)?;
            if moved {
                continue;
            }
            if channel.eof() {
                return Ok(());
            }
            if deadline.has_passed() {
                return Err(Ending::TimedOut);
            }
            let pause = Duration::from_secs(u64::from(KEEPALIVE));
            self.wire.wait(&self.session, deadline.left().min(pause));
            match self.session.keepalive_send() {
                Err(error) if !would_block(&error) => return Err(Ending::HungUp),
                _ => {}
            }
        }
    }

    fn ending(&self, channel: &mut Channel, deadline: Deadline) -> Ending {
        self.session.set_blocking(true);
        self.patience(deadline);
        match channel.wait_close() {
            Ok(()) => {}
            Err(error) if error::is_timeout(&error) => return Ending::TimedOut,
            Err(_) => return Ending::HungUp,
        }
        let signal = channel.exit_signal().ok().and_then(|signal| signal.exit_signal);
        match (signal, channel.exit_status()) {
            (Some(signal), _) => Ending::Killed(signal),
            (None, Ok(code)) => Ending::Exited(code),
            (None, Err(_)) => Ending::HungUp,
        }
    }
}

/// Reads once; whether there was anything.
fn read(stream: &mut impl Read, tail: &mut Tail) -> Result<bool, Ending> {
    let mut chunk = [0; CHUNK];
    match stream.read(&mut chunk) {
        Ok(length) => {
            tail.push(&chunk[..length]);
            Ok(length > 0)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(_) => Err(Ending::HungUp),
    }
}

fn would_block(error: &ssh2::Error) -> bool {
    // LIBSSH2_ERROR_EAGAIN
    error.code() == ssh2::ErrorCode::Session(-37)
}

/// A command's standard input on its way there.
struct Feed<'a> {
    source: &'a mut dyn Read,
    pending: Vec<u8>,
    state: FeedState,
}

#[derive(PartialEq)]
enum FeedState {
    Flowing,
    /// All is sent but the end itself.
    Ending,
    Ended,
}

impl<'a> Feed<'a> {
    fn new(source: &'a mut dyn Read) -> Self {
        Feed { source, pending: Vec::new(), state: FeedState::Flowing }
    }

    /// Sends what the channel takes; whether it took anything.
    fn step(&mut self, channel: &mut Channel) -> Result<bool, Ending> {
        if self.state == FeedState::Flowing && self.pending.is_empty() {
            let mut chunk = [0; CHUNK];
            // An input that breaks off is an input that ends: its reader checks its length.
            let length = self.source.read(&mut chunk).unwrap_or(0);
            self.pending.extend_from_slice(&chunk[..length]);
            if length == 0 {
                self.state = FeedState::Ending;
            }
        }
        match self.state {
            FeedState::Flowing => match channel.write(&self.pending) {
                Ok(length) => {
                    self.pending.drain(..length);
                    Ok(length > 0)
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
                Err(_) if channel.eof() => {
                    self.state = FeedState::Ended;
                    Ok(false)
                }
                Err(_) => Err(Ending::HungUp),
            },
            FeedState::Ending => match channel.send_eof() {
                Err(error) if would_block(&error) => Ok(false),
                // A command that has ended already takes no end of its input; that is no matter.
                _ => {
                    self.state = FeedState::Ended;
                    Ok(true)
                }
            },
            FeedState::Ended => Ok(false),
        }
    }
}
