//! The board's network interfaces: where searches come in, and who is near.

use std::net::Ipv4Addr;

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};

use crate::subnet::Subnet;

/// One interface that can multicast, with its IPv4 addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub index: u32,
    pub addresses: Vec<(Ipv4Addr, Subnet)>,
}

impl Interface {
    /// The address under which the asker can reach us: the one in its own subnet.
    pub fn address_for(&self, asker: Ipv4Addr) -> Option<Ipv4Addr> {
        let beside = self.addresses.iter().find(|(_, subnet)| subnet.contains(asker));
        beside.or(self.addresses.first()).map(|(address, _)| *address)
    }

    pub fn is_near(&self, address: Ipv4Addr) -> bool {
        self.addresses.iter().any(|(_, subnet)| subnet.contains(address))
    }
}

/// The interfaces as they are now; `only` those named, or without names all but the loopback.
///
/// # Errors
/// When the kernel does not tell.
pub fn now(only: &[String]) -> std::io::Result<Vec<Interface>> {
    let mut interfaces: Vec<Interface> = Vec::new();
    for each in getifaddrs()? {
        let is_meant = match only {
            [] => !each.flags.contains(InterfaceFlags::IFF_LOOPBACK),
            names => names.contains(&each.interface_name),
        };
        let can = each.flags.contains(InterfaceFlags::IFF_UP)
            && (each.flags.contains(InterfaceFlags::IFF_MULTICAST) || !only.is_empty());
        let address = each.address.as_ref().and_then(|address| address.as_sockaddr_in());
        let (true, true, Some(address)) = (is_meant, can, address) else { continue };
        let mask = each.netmask.as_ref().and_then(|mask| mask.as_sockaddr_in());
        let mask = mask.map_or(Ipv4Addr::BROADCAST, |mask| mask.ip());
        let at = (address.ip(), Subnet::of(address.ip(), mask));
        match interfaces.iter_mut().find(|known| known.name == each.interface_name) {
            Some(known) => known.addresses.push(at),
            None => {
                let index = nix::net::if_::if_nametoindex(each.interface_name.as_str())?;
                interfaces.push(Interface {
                    name: each.interface_name,
                    index,
                    addresses: vec![at],
                });
            }
        }
    }
    Ok(interfaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p20_an_asker_is_given_the_address_of_its_own_subnet() {
        let at = |address: &str, subnet: &str| (address.parse().unwrap(), subnet.parse().unwrap());
        let interface = Interface {
            name: "eth0".into(),
            index: 2,
            addresses: vec![at("192.168.1.4", "192.168.1.0/24"), at("10.0.0.4", "10.0.0.0/8")],
        };
        let asked = |asker: [u8; 4]| interface.address_for(asker.into()).unwrap().octets();
        assert_eq!(asked([10, 7, 7, 7]), [10, 0, 0, 4]);
        assert_eq!(asked([192, 168, 1, 9]), [192, 168, 1, 4]);
        assert_eq!(asked([172, 16, 0, 1]), [192, 168, 1, 4]);
        assert!(!interface.is_near(Ipv4Addr::new(172, 16, 0, 1)));
    }

    #[test]
    fn the_loopback_is_there_when_it_is_named_and_else_not() {
        let named = now(&["lo".into()]).unwrap();
        assert_eq!(named[0].addresses[0].0, Ipv4Addr::LOCALHOST);
        assert!(now(&[]).unwrap().iter().all(|each| each.name != "lo"));
    }
}
