//! Wake-on-LAN: the magic packet, sent into every network that this board is in.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
};

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};

/// The discard port; the sleeping card looks at the payload only.
const PORT: u16 = 9;

/// Six bytes 0xFF, then the card's address sixteen times (AMD, "Magic Packet Technology", 1995).
pub fn magic_packet(mac: [u8; 6]) -> [u8; 102] {
    let mut packet = [0xff; 102];
    for place in packet[6..].chunks_exact_mut(6) {
        place.copy_from_slice(&mac);
    }
    packet
}

/// Sends the packet to the broadcast address of each IPv4 network of this board, since
/// 255.255.255.255 would leave by the default route's interface alone. Says where it went.
///
/// # Errors
/// When it could be sent into no network at all: the last reason.
pub fn wake(mac: [u8; 6]) -> io::Result<Vec<Ipv4Addr>> {
    let mut reached = Vec::new();
    let mut trouble = io::Error::new(
        io::ErrorKind::NetworkUnreachable,
        "no network interface with an IPv4 broadcast address is up",
    );
    for (own, broadcast) in networks()? {
        match send(own, SocketAddrV4::new(broadcast, PORT), &magic_packet(mac)) {
            Ok(()) => reached.push(broadcast),
            Err(error) => trouble = error,
        }
    }
    if reached.is_empty() { Err(trouble) } else { Ok(reached) }
}

/// This board's own address and the broadcast address, for each network that is up.
fn networks() -> io::Result<Vec<(Ipv4Addr, Ipv4Addr)>> {
    let wanted = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_BROADCAST;
    let mut networks: Vec<_> = getifaddrs()?
        .filter(|each| each.flags.contains(wanted))
        .filter(|each| !each.flags.contains(InterfaceFlags::IFF_LOOPBACK))
        .filter_map(|each| {
            let own = each.address?.as_sockaddr_in()?.ip();
            let broadcast = each.broadcast?.as_sockaddr_in()?.ip();
            Some((own, broadcast))
        })
        .collect();
    networks.dedup();
    Ok(networks)
}

/// Sends from the interface that has the address `own`.
fn send(own: Ipv4Addr, to: SocketAddrV4, packet: &[u8]) -> io::Result<()> {
    let socket = UdpSocket::bind((own, 0))?;
    socket.set_broadcast(true)?;
    socket.send_to(packet, to).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];

    #[test]
    fn the_packet_is_six_ff_and_sixteen_times_the_address() {
        let packet = magic_packet(MAC);
        assert_eq!(packet[..6], [0xff; 6]);
        assert_eq!(packet[6..], MAC.repeat(16));
    }

    #[test]
    fn loopback_is_no_network() {
        let networks = networks().expect("the interfaces are listed");
        assert!(networks.iter().all(|(own, _)| !own.is_loopback()), "{networks:?}");
    }

    #[test]
    fn what_is_sent_arrives() {
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        send(Ipv4Addr::LOCALHOST, to, &magic_packet(MAC)).expect("sent");
        let mut buffer = [0; 200];
        let length = listener.recv(&mut buffer).expect("received");
        assert_eq!(buffer[..length], magic_packet(MAC));
    }
}
