//! What a session runs over: a TCP connection, or a stream through a jump host.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::net::UnixStream,
    },
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{MsgFlags, recv},
};
use ssh2::{BlockDirections, Session};

use super::{Deadline, Target};
use crate::plan::{Failure, FailureKind};

#[derive(Debug)]
pub enum Wire {
    Tcp(TcpStream),
    Jump(UnixStream),
}

impl Wire {
    /// Connects to the first of the target's addresses that answers.
    pub fn dial(target: &Target, deadline: Deadline) -> Result<Self, Failure> {
        let Target { name, address, port, .. } = target;
        let unreachable = |text| Failure::new(FailureKind::Unreachable, text);
        let places = (address.as_str(), *port).to_socket_addrs().map_err(|error| {
            unreachable(format!("{name}: the address `{address}` cannot be resolved: {error}"))
        })?;
        let mut trouble = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for place in places {
            let left = deadline.left().max(Duration::from_millis(1));
            let connected = TcpStream::connect_timeout(&place, left);
            match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
                Ok(stream) => return Ok(Wire::Tcp(stream)),
                Err(error) => trouble = error,
            }
        }
        Err(unreachable(format!("{name}: no connection to {address} port {port}: {trouble}")))
    }

    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Wire::Tcp(stream) => Wire::Tcp(stream.try_clone()?),
            Wire::Jump(stream) => Wire::Jump(stream.try_clone()?),
        })
    }

    pub fn attach_to(self, session: &mut Session) {
        match self {
            Wire::Tcp(stream) => session.set_tcp_stream(stream),
            Wire::Jump(stream) => session.set_tcp_stream(stream),
        }
    }

    /// Whether the other side has hung up while nobody looked.
    pub fn is_dead(&self) -> bool {
        let peek = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        let raw = match self {
            Wire::Tcp(stream) => stream.as_raw_fd(),
            Wire::Jump(stream) => stream.as_raw_fd(),
        };
        match recv(raw, &mut [0], peek) {
            Ok(length) => length == 0,
            Err(error) => error != nix::errno::Errno::EAGAIN,
        }
    }

    /// Waits until the session can go on, or `longest` has passed. Waking early does no harm:
    /// the caller tries again.
    pub fn wait(&self, session: &Session, longest: Duration) {
        let events = match session.block_directions() {
            BlockDirections::Outbound | BlockDirections::Both => {
                PollFlags::POLLIN | PollFlags::POLLOUT
            }
            _ => PollFlags::POLLIN,
        };
        let _ = poll(&mut [PollFd::new(self.as_fd(), events)], timeout(longest));
    }
}

/// For poll: rounded up, so that nobody spins through the last millisecond.
pub fn timeout(time: Duration) -> PollTimeout {
    PollTimeout::try_from(time + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Wire::Tcp(stream) => stream.as_fd(),
            Wire::Jump(stream) => stream.as_fd(),
        }
    }
}
