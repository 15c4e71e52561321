use super::*;

/// As ufw 0.36 on Debian 12 writes it, shortened where it is about ICMP and logs.
const UFW: &str = "-P INPUT DROP
-P FORWARD DROP
-P OUTPUT ACCEPT
-N ufw-before-input
-N ufw-not-local
-N ufw-user-input
-A INPUT -j ufw-before-logging-input
-A INPUT -j ufw-before-input
-A INPUT -j ufw-user-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw-before-input -d 239.255.255.250/32 -p udp -m udp --dport 1900 -j ACCEPT
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
";

const SEARCH: Packet = Packet {
    interface: "eth0",
    from: Ipv4Addr::new(10, 77, 0, 2),
    to: Ipv4Addr::new(239, 255, 255, 250),
    protocol: Protocol::Udp,
    port: 1900,
};
const COMMAND: Packet =
    Packet { to: Ipv4Addr::new(10, 77, 0, 1), protocol: Protocol::Tcp, port: 49152, ..SEARCH };

#[test]
fn ufw_lets_searches_in_and_keeps_commands_out_until_it_is_told() {
    assert_eq!(fate(UFW, &SEARCH), Fate::Passes);
    assert_eq!(fate(UFW, &COMMAND), Fate::Dropped("-P INPUT DROP".into()));
    let allowed = format!(
        "{UFW}-A ufw-user-input -s 10.77.0.0/24 -p tcp -m multiport --dports 49152:49171 -j ACCEPT\n"
    );
    assert_eq!(fate(&allowed, &COMMAND), Fate::Passes);
    assert_ne!(fate(&allowed, &Packet { port: 49172, ..COMMAND }), Fate::Passes);
    let stranger = Packet { from: Ipv4Addr::new(10, 78, 0, 2), ..COMMAND };
    assert_ne!(fate(&allowed, &stranger), Fate::Passes);
}

#[test]
fn the_first_rule_that_holds_decides() {
    let after = |rule: &str| fate(&format!("-A INPUT {rule}\n-A INPUT -j REJECT\n"), &SEARCH);
    for passes in [
        "-p udp -m udp --dport 1900 -j ACCEPT",
        "! -s 10.78.0.0/16 -i eth+ -j ACCEPT",
        "-m comment --comment \"to -j DROP or \\\"not\\\"\" -j ACCEPT",
        "-p 17 -m pkttype --pkt-type multicast -j ACCEPT",
        "-m state --state NEW -j ACCEPT",
    ] {
        assert_eq!(after(passes), Fate::Passes, "{passes}");
    }
    for dropped in [
        "-p udp ! --dport 1900 -j ACCEPT",
        "-i wlan+ -j ACCEPT",
        "-p tcp --syn -j ACCEPT",
        "-j LOG --log-prefix \"-j ACCEPT\"",
    ] {
        assert_eq!(after(dropped), Fate::Dropped("-A INPUT -j REJECT".into()), "{dropped}");
    }
}

#[test]
fn what_is_not_known_is_said_where_it_matters_and_only_there() {
    let unknown = "-A INPUT -m recent --rcheck -j DROP";
    assert_eq!(fate(unknown, &SEARCH), Fate::Depends(unknown.into()));
    assert_eq!(fate(&format!("-A INPUT -j ACCEPT\n{unknown}\n"), &SEARCH), Fate::Passes);
    let both = format!("-P INPUT DROP\n{unknown}\n");
    assert_eq!(fate(&both, &SEARCH), Fate::Dropped("-P INPUT DROP".into()));
    let endless = "-A INPUT -j one\n-A one -j two\n-A two -j one\n";
    assert!(matches!(fate(endless, &SEARCH), Fate::Depends(_)));
}
