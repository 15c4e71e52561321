//! What the kernel tells in `/proc/net`, read.

use std::net::Ipv4Addr;

/// Whether an interface is a member of the group, by `/proc/net/igmp`.
pub(super) fn has_joined(igmp: &str, interface: &str, group: Ipv4Addr) -> bool {
    let wanted = format!("{:08X}", group.to_bits().swap_bytes());
    let mut here = false;
    for line in igmp.lines().skip(1) {
        if line.starts_with(|letter: char| letter.is_ascii_digit()) {
            let name = line.split_whitespace().nth(1).unwrap_or_default();
            here = name.trim_end_matches(':') == interface;
        } else if here && line.split_whitespace().next() == Some(&wanted) {
            return true;
        }
    }
    false
}

/// The interfaces over which a packet to this address could leave, by `/proc/net/route`.
pub(super) fn routes_to(route: &str, to: Ipv4Addr) -> Vec<String> {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::swap_bytes);
    let lines = route.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, destination) = (words.next()?, number(words.next()?)?);
        let mask = number(words.nth(5)?)?;
        (to.to_bits() & mask == destination).then(|| name.to_owned())
    });
    lines.collect()
}

/// The inodes of the sockets on a port, by `/proc/net/udp` or `/proc/net/tcp`.
pub(super) fn sockets_on(table: &str, port: u16) -> Vec<u64> {
    let lines = table.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_, hex) = words.get(1)?.split_once(':')?;
        let is_there = u16::from_str_radix(hex, 16).ok()? == port;
        words.get(9).filter(|_| is_there)?.parse().ok()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_found_at_its_own_interface() {
        let igmp = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
                    1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
                    2\teth0      :     2      V3\n\t\t\t\tFAFFFFEF     1 0:00000000\t\t0\n";
        let group = Ipv4Addr::new(239, 255, 255, 250);
        assert!(has_joined(igmp, "eth0", group));
        assert!(!has_joined(igmp, "lo", group) && !has_joined(igmp, "eth1", group));
    }

    #[test]
    fn a_default_route_leads_everywhere_and_others_only_home() {
        let route = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     wlan0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(routes_to(route, Ipv4Addr::new(239, 255, 255, 250)), ["eth0"]);
        assert_eq!(routes_to(route, Ipv4Addr::new(192, 168, 1, 9)), ["eth0", "wlan0"]);
    }

    #[test]
    fn sockets_are_found_by_their_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     10: 00000000:076C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 0\n";
        assert_eq!(sockets_on(table, 1900), [4711]);
        assert!(sockets_on(table, 1901).is_empty());
    }
}
