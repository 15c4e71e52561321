//! A port of the loopback address from which nothing ever comes, as from a machine that is off.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::fd::{AsRawFd, OwnedFd},
    time::Duration,
};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname, listen, socket,
};

/// A listener that nobody accepts from, and whose queue is full: the kernel drops whoever knocks.
pub struct Silent {
    listener: OwnedFd,
    _queue: Vec<TcpStream>,
}

impl Silent {
    pub fn start() -> Self {
        let listener =
            socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
        bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
        listen(&listener, Backlog::new(1).unwrap()).unwrap();
        let mut silent = Silent { listener, _queue: Vec::new() };
        let place = SocketAddr::from((Ipv4Addr::LOCALHOST, silent.port()));
        while let Ok(stream) = TcpStream::connect_timeout(&place, Duration::from_millis(300)) {
            silent._queue.push(stream);
        }
        silent
    }

    pub fn port(&self) -> u16 {
        getsockname::<SockaddrIn>(self.listener.as_raw_fd()).unwrap().port()
    }
}
