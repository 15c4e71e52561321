//! What usually listens where, by the names of IANA's registry of service names and port numbers;
//! where the registry knows another name than everybody, everybody's.

const SERVICES: &[(u16, &str)] = &[
    (7, "echo"),
    (9, "discard"),
    (13, "daytime"),
    (20, "ftp-data"),
    (21, "ftp"),
    (22, "ssh"),
    (23, "telnet"),
    (25, "smtp"),
    (37, "time"),
    (43, "whois"),
    (53, "domain"),
    (67, "bootps"),
    (69, "tftp"),
    (70, "gopher"),
    (79, "finger"),
    (80, "http"),
    (88, "kerberos"),
    (110, "pop3"),
    (111, "sunrpc"),
    (113, "ident"),
    (119, "nntp"),
    (123, "ntp"),
    (135, "msrpc"),
    (139, "netbios-ssn"),
    (143, "imap"),
    (161, "snmp"),
    (179, "bgp"),
    (389, "ldap"),
    (427, "svrloc"),
    (443, "https"),
    (445, "microsoft-ds"),
    (465, "submissions"),
    (502, "mbap"),
    (512, "exec"),
    (513, "login"),
    (514, "shell"),
    (515, "printer"),
    (548, "afp"),
    (554, "rtsp"),
    (587, "submission"),
    (623, "asf-rmcp"),
    (631, "ipp"),
    (636, "ldaps"),
    (853, "domain-s"),
    (873, "rsync"),
    (902, "vmware"),
    (990, "ftps"),
    (993, "imaps"),
    (995, "pop3s"),
    (1080, "socks"),
    (1194, "openvpn"),
    (1433, "ms-sql-s"),
    (1521, "oracle"),
    (1723, "pptp"),
    (1883, "mqtt"),
    (1900, "ssdp"),
    (2049, "nfs"),
    (2222, "ssh-alt"),
    (2375, "docker"),
    (2376, "docker-s"),
    (3000, "http-dev"),
    (3128, "squid-http"),
    (3260, "iscsi-target"),
    (3306, "mysql"),
    (3389, "ms-wbt-server"),
    (3493, "nut"),
    (3689, "daap"),
    (4444, "krb524"),
    (5000, "upnp"),
    (5060, "sip"),
    (5222, "xmpp-client"),
    (5353, "mdns"),
    (5432, "postgresql"),
    (5555, "adb"),
    (5672, "amqp"),
    (5900, "vnc"),
    (5901, "vnc-1"),
    (5984, "couchdb"),
    (5985, "wsman"),
    (6000, "x11"),
    (6379, "redis"),
    (6443, "kubernetes"),
    (6667, "irc"),
    (7547, "cwmp"),
    (8000, "http-alt"),
    (8006, "proxmox"),
    (8080, "http-proxy"),
    (8081, "http-alt"),
    (8086, "influxdb"),
    (8123, "home-assistant"),
    (8200, "dlna"),
    (8291, "winbox"),
    (8333, "bitcoin"),
    (8443, "https-alt"),
    (8883, "secure-mqtt"),
    (8888, "http-alt"),
    (9000, "http-alt"),
    (9090, "prometheus"),
    (9091, "transmission"),
    (9100, "jetdirect"),
    (9200, "elasticsearch"),
    (9443, "https-alt"),
    (10000, "webmin"),
    (11211, "memcache"),
    (16509, "libvirt"),
    (16514, "libvirt-tls"),
    (27017, "mongodb"),
    (32400, "plex"),
    (51413, "bittorrent"),
    (62078, "iphone-sync"),
];

/// The usual service of a TCP port; empty where there is none.
pub fn name(port: u16) -> &'static str {
    let found = SERVICES.binary_search_by_key(&port, |(port, _)| *port);
    found.map_or("", |index| SERVICES[index].1)
}

/// All ports that have a usual service.
pub fn ports() -> impl Iterator<Item = u16> {
    SERVICES.iter().map(|(port, _)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(SERVICES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!((name(22), name(3389), name(4)), ("ssh", "ms-wbt-server", ""));
    }
}
