//! Whether this board's own firewall keeps searches and commands out. Our own packets pass every
//! firewall, so its rules are read for a packet of a neighbour's.

mod iptables;
mod nft;
mod rules;

use std::{io::ErrorKind, net::Ipv4Addr, process::Command};

use self::rules::{Fate, Packet, Protocol};
use crate::{
    doctor::Finding,
    subnet::Subnet,
    wemo::{
        Status,
        interfaces::Interface,
        ssdp::{GROUP, PORT},
    },
};

/// What the board's firewalls say of themselves.
pub struct Firewall {
    /// `iptables -S`, which also answers for nft's table `ip filter` where it keeps its rules there.
    iptables: Listing,
    keeps_nft_table: bool,
    nft: Listing,
}

enum Listing {
    Rules(String),
    NotThere,
    /// Only root may look.
    Refused(String),
}

impl Firewall {
    pub fn read() -> Self {
        let version = listing("iptables", &["-V"]);
        let keeps = matches!(version, Listing::Rules(text) if text.contains("nf_tables"));
        let iptables = listing("iptables", &["-S"]);
        Firewall {
            keeps_nft_table: keeps && matches!(iptables, Listing::Rules(_)),
            iptables,
            nft: listing("nft", &["-j", "list", "ruleset"]),
        }
    }

    /// Whether what the devices need comes in on the interface.
    pub fn examine(&self, findings: &mut Vec<Finding>, interface: &Interface, status: &Status) {
        let Some((own, subnet)) = interface.addresses.first() else { return };
        for (program, listing) in [("nft", &self.nft), ("iptables", &self.iptables)] {
            if let Listing::Refused(why) = listing {
                let what = format!("{program} does not show its rules: {why}");
                let help = "only root may read them: sudo watchpost doctor alexa";
                return findings.push(Finding::note(what, help));
            }
        }
        let name = &interface.name;
        let from = neighbour(*own, subnet);
        let mut ports: Vec<u16> = status.devices.iter().map(|device| device.port).collect();
        ports.sort_unstable();
        let packet = |to, protocol, port| Packet { interface: name, from, to, protocol, port };
        let searches = [(format!("UDP {PORT}"), self.fate(&packet(GROUP, Protocol::Udp, PORT)))];
        let commands = ports
            .iter()
            .map(|port| (format!("TCP {port}"), self.fate(&packet(*own, Protocol::Tcp, *port))));
        let fates: Vec<(String, Fate)> = searches.into_iter().chain(commands).collect();
        let (first, last) = (ports.first().unwrap_or(&0), ports.last().unwrap_or(&0));
        let help = self.help(name, &network(*own, subnet), *first, *last);
        let mut passes = true;
        for (rule, what) in by_rule(&fates, |fate| match fate {
            Fate::Dropped(rule) => Some(rule),
            _ => None,
        }) {
            passes = false;
            let what = format!("this board's firewall keeps {what} out on {name}: {rule}");
            findings.push(Finding::bad(what, help.clone()));
        }
        for (rule, what) in by_rule(&fates, |fate| match fate {
            Fate::Depends(rule) => Some(rule),
            _ => None,
        }) {
            passes = false;
            let what = format!("whether {what} comes in on {name} depends on the firewall: {rule}");
            findings.push(Finding::note(what, help.clone()));
        }
        if passes {
            let what = match (&self.nft, &self.iptables) {
                (Listing::NotThere, Listing::NotThere) => {
                    format!(
                        "this board has neither nft nor iptables to keep anything out on {name}"
                    )
                }
                _ => format!("no firewall of this board keeps searches or commands out on {name}"),
            };
            findings.push(Finding::good(what));
        }
    }

    fn fate(&self, packet: &Packet) -> Fate {
        let not = self.keeps_nft_table.then_some(("ip", "filter"));
        let by_nft = match &self.nft {
            Listing::Rules(text) => match serde_json::from_str(text) {
                Ok(listing) => nft::fate(&listing, packet, not),
                Err(error) => Fate::Depends(format!("what nft says means nothing here: {error}")),
            },
            _ => Fate::Passes,
        };
        let by_iptables = match &self.iptables {
            Listing::Rules(text) => iptables::fate(text, packet),
            _ => Fate::Passes,
        };
        match (by_nft, by_iptables) {
            (dropped @ Fate::Dropped(_), _) | (_, dropped @ Fate::Dropped(_)) => dropped,
            (depends @ Fate::Depends(_), _) | (_, depends @ Fate::Depends(_)) => depends,
            (Fate::Passes, Fate::Passes) => Fate::Passes,
        }
    }

    /// What lets them in, in the words of whoever keeps the rules.
    fn help(&self, interface: &str, network: &str, first: u16, last: u16) -> String {
        let says = |listing: &Listing, word| matches!(listing, Listing::Rules(text) if text.contains(word));
        if says(&self.iptables, "ufw-") || says(&self.nft, "ufw-") {
            let allow = format!("sudo ufw allow in on {interface} from {network} to any");
            format!("{allow} port {PORT} proto udp; {allow} port {first}:{last} proto tcp")
        } else if says(&self.nft, "\"firewalld\"") {
            format!(
                "sudo firewall-cmd --permanent --add-port={PORT}/udp --add-port={first}-{last}/tcp; \
                 sudo firewall-cmd --reload"
            )
        } else if says(&self.iptables, "-P INPUT DROP") || says(&self.iptables, "-A INPUT") {
            let insert = format!("sudo iptables -I INPUT -i {interface} -s {network}");
            format!(
                "{insert} -p udp --dport {PORT} -j ACCEPT; \
                 {insert} -p tcp --dport {first}:{last} -j ACCEPT; and the same where your rules are kept"
            )
        } else {
            format!(
                "let them in where your rules are kept (/etc/nftables.conf), before what drops them: \
                 iifname \"{interface}\" ip saddr {network} udp dport {PORT} accept; \
                 iifname \"{interface}\" ip saddr {network} tcp dport {first}-{last} accept"
            )
        }
    }
}

fn listing(program: &str, arguments: &[&str]) -> Listing {
    // Users who are not root need not have the folder in their PATH.
    for program in [program.to_owned(), format!("/usr/sbin/{program}")] {
        match Command::new(program).args(arguments).output() {
            Ok(output) if output.status.success() => {
                return Listing::Rules(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                return Listing::Refused(why.lines().next().unwrap_or("no word why").to_owned());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Listing::Refused(error.to_string()),
        }
    }
    Listing::NotThere
}

/// Another address of the subnet.
fn neighbour(own: Ipv4Addr, subnet: &Subnet) -> Ipv4Addr {
    let others = [own.to_bits().wrapping_add(1), own.to_bits().wrapping_sub(1)];
    let mut others = others.into_iter().map(Ipv4Addr::from_bits);
    others.find(|other| subnet.contains(*other)).unwrap_or(own)
}

/// `192.168.1.0/24`
fn network(own: Ipv4Addr, subnet: &Subnet) -> String {
    let mask = u32::MAX.checked_shl(32 - u32::from(subnet.length())).unwrap_or(0);
    format!("{}/{}", Ipv4Addr::from_bits(own.to_bits() & mask), subnet.length())
}

/// What one and the same rule does to, each in a word or two.
fn by_rule<'f>(
    fates: &'f [(String, Fate)],
    rule_of: impl Fn(&'f Fate) -> Option<&'f String>,
) -> Vec<(&'f String, String)> {
    let mut found: Vec<(&String, Vec<&str>)> = Vec::new();
    for (what, fate) in fates {
        let Some(rule) = rule_of(fate) else { continue };
        match found.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, same)) => same.push(what),
            None => found.push((rule, vec![what])),
        }
    }
    let in_short = |all: Vec<&str>| match all.as_slice() {
        [first, .., last] if all.len() > 4 => format!("{first} … {last} ({})", all.len()),
        few => few.join(", "),
    };
    found.into_iter().map(|(rule, all)| (rule, in_short(all))).collect()
}
