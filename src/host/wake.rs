//! Wake-on-LAN: the magic packet, sent into every network that this board is in, or into one.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
};

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};
use socket2::{Domain, Protocol, Socket, Type};

/// The discard port; the sleeping card looks at the payload only.
pub const PORT: u16 = 9;

/// What a network card wakes up for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MagicPacket {
    bytes: Vec<u8>,
}

impl MagicPacket {
    /// Six bytes 0xFF, then the card's address sixteen times (AMD, "Magic Packet Technology",
    /// 1995), then the SecureOn password, where the card has one: 102 or 108 bytes.
    pub fn new(mac: [u8; 6], password: Option<[u8; 6]>) -> Self {
        let mut bytes = vec![0xff; 6];
        bytes.extend(mac.repeat(16));
        bytes.extend(password.into_iter().flatten());
        MagicPacket { bytes }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A SecureOn password as `ethtool` takes it: `52:54:00:12:34:56`, with `:` or `-`.
pub fn read_password(text: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> = text
        .trim()
        .split([':', '-'])
        .map(|pair| {
            let is_pair = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_pair.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// A way for the packet: out of this interface, to this address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub interface: String,
    /// This board's own address there.
    own: Ipv4Addr,
    pub broadcast: Ipv4Addr,
}

/// Sends the packet to the broadcast address of each IPv4 network of this board (or of one
/// interface), since 255.255.255.255 would leave by the default route's interface alone. Says where
/// it went.
///
/// # Errors
/// When it could be sent into no network at all: the last reason.
pub fn wake(packet: &MagicPacket, interface: Option<&str>, port: u16) -> io::Result<Vec<Way>> {
    let mut reached = Vec::new();
    let mut trouble = None;
    for way in ways(interface)? {
        match send(&way, port, packet.bytes()) {
            Ok(()) => reached.push(way),
            Err(error) => {
                let why = format!("{} (by {})", error, way.interface);
                trouble = Some(io::Error::new(error.kind(), why));
            }
        }
    }
    match trouble {
        _ if !reached.is_empty() => Ok(reached),
        Some(error) => Err(error),
        None => {
            let no_way = match interface {
                Some(name) => format!(
                    "the interface {name} is not there, is down, or has no IPv4 network with a \
                     broadcast address"
                ),
                None => "no network interface with an IPv4 broadcast address is up".to_owned(),
            };
            Err(io::Error::new(io::ErrorKind::NetworkUnreachable, no_way))
        }
    }
}

/// The networks that are up, each once.
fn ways(interface: Option<&str>) -> io::Result<Vec<Way>> {
    let wanted = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_BROADCAST;
    let mut ways: Vec<Way> = Vec::new();
    for each in getifaddrs()? {
        let is_wanted = each.flags.contains(wanted)
            && !each.flags.contains(InterfaceFlags::IFF_LOOPBACK)
            && interface.is_none_or(|name| name == each.interface_name);
        let own = each.address.as_ref().and_then(|address| address.as_sockaddr_in());
        let broadcast = each.broadcast.as_ref().and_then(|address| address.as_sockaddr_in());
        let mask = each.netmask.as_ref().and_then(|address| address.as_sockaddr_in());
        let (true, Some(own)) = (is_wanted, own) else { continue };
        let own = own.ip();
        // An address that was set without one is its own broadcast address, says getifaddrs(3).
        let said = broadcast.map(|address| address.ip()).filter(|broadcast| *broadcast != own);
        let Some(broadcast) = said.or_else(|| last_of(own, mask?.ip())) else { continue };
        // Several addresses of one network are one network.
        let is_known =
            |way: &Way| way.interface == each.interface_name && way.broadcast == broadcast;
        if !ways.iter().any(is_known) {
            ways.push(Way { interface: each.interface_name, own, broadcast });
        }
    }
    Ok(ways)
}

/// The last address of the network around one; networks of one or two addresses have none to spare.
fn last_of(own: Ipv4Addr, mask: Ipv4Addr) -> Option<Ipv4Addr> {
    (mask.to_bits().leading_ones() < 31).then(|| own | !mask)
}

/// Sends by this interface and no other: two interfaces may be in networks of the same numbers.
fn send(way: &Way, port: u16, packet: &[u8]) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    match socket.bind_device(Some(way.interface.as_bytes())) {
        // Kernels before 5.7 want root for it; the routing table is nearly always of the same mind.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        bound => bound?,
    }
    socket.bind(&SocketAddrV4::new(way.own, 0).into())?;
    socket.send_to(packet, &SocketAddrV4::new(way.broadcast, port).into()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];

    #[test]
    fn the_packet_is_six_ff_and_sixteen_times_the_address() {
        let packet = MagicPacket::new(MAC, None);
        assert_eq!(packet.bytes().len(), 102);
        assert_eq!(packet.bytes()[..6], [0xff; 6]);
        assert_eq!(packet.bytes()[6..], MAC.repeat(16));
        let secured = MagicPacket::new(MAC, Some([1, 2, 3, 4, 5, 6]));
        assert_eq!(secured.bytes(), [packet.bytes(), &[1, 2, 3, 4, 5, 6]].concat());
    }

    #[test]
    fn a_password_is_six_bytes() {
        assert_eq!(read_password("00:ff:10-aB:00:01\n"), Some([0, 0xff, 0x10, 0xab, 0, 1]));
        for text in ["", "00:ff:10:ab:00", "00:ff:10:ab:00:01:02", "0:ff:10:ab:00:01", "secret"] {
            assert_eq!(read_password(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_is_no_network() {
        let ways = ways(None).expect("the interfaces are listed");
        assert!(ways.iter().all(|way| !way.own.is_loopback()), "{ways:?}");
    }

    #[test]
    fn the_last_address_of_a_network_is_for_all() {
        let last = |mask: [u8; 4]| last_of([10, 77, 3, 1].into(), mask.into());
        assert_eq!(last([255, 255, 255, 0]), Some([10, 77, 3, 255].into()));
        assert_eq!(last([255, 255, 0, 0]), Some([10, 77, 255, 255].into()));
        assert_eq!((last([255, 255, 255, 254]), last([255; 4])), (None, None));
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let packet = MagicPacket::new(MAC, None);
        let error = wake(&packet, Some("no-such-wire"), PORT).unwrap_err().to_string();
        assert!(error.contains("no-such-wire is not there"), "{error}");
    }
}
