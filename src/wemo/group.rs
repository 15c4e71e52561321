//! The multicast group on one interface: a socket that shares port 1900 with whoever else is there.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;

use super::{
    interfaces::Interface,
    ssdp::{GROUP, PORT},
};

/// Hops of an announcement; UPnP's usual number.
const TTL: u32 = 2;

/// A socket that hears the group on one interface, and only there.
#[derive(Debug)]
pub struct Group {
    pub interface: Interface,
    socket: UdpSocket,
}

impl Group {
    /// # Errors
    /// When somebody has the port for himself, or the interface has gone.
    pub fn join(interface: Interface) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        // What other sockets have joined elsewhere must not come in here: the interface tells which
        // of our addresses the asker can reach. Bound to it, the answers stay on it as well; older
        // kernels let only root do that, and then the group is told to be this socket's own.
        if let Err(error) = socket.bind_device(Some(interface.name.as_bytes())) {
            tracing::debug!("the socket on {} is not bound to it: {error}", interface.name);
            socket.set_multicast_all_v4(false)?;
        }
        socket.bind(&SocketAddr::from((GROUP, PORT)).into())?;
        let index = InterfaceIndexOrAddress::Index(interface.index);
        socket.join_multicast_v4_n(&GROUP, &index)?;
        socket.set_multicast_ttl_v4(TTL)?;
        let address = interface.addresses.first().map_or(Ipv4Addr::UNSPECIFIED, |(ip, _)| *ip);
        socket.set_multicast_if_v4(&address)?;
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Group { interface, socket })
    }

    /// The next datagram, and its sender.
    ///
    /// # Errors
    /// When the interface has gone.
    pub async fn hear(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddrV4)> {
        loop {
            if let (length, SocketAddr::V4(from)) = self.socket.recv_from(buffer).await? {
                return Ok((length, from));
            }
        }
    }

    /// # Errors
    /// When it cannot be sent; what is lost on the way nobody knows.
    pub async fn answer(&self, text: &str, to: SocketAddrV4) -> io::Result<()> {
        self.socket.send_to(text.as_bytes(), SocketAddr::V4(to)).await.map(drop)
    }

    /// To all who listen on this interface.
    ///
    /// # Errors
    /// Like [`Group::answer`].
    pub async fn announce(&self, text: &str) -> io::Result<()> {
        self.answer(text, SocketAddrV4::new(GROUP, PORT)).await
    }

    /// Whether the socket still hears: it does not when its interface was taken away and came back.
    pub fn is_of(&self, interface: &Interface) -> bool {
        self.interface == *interface && matches!(SockRef::from(&self.socket).take_error(), Ok(None))
    }
}
