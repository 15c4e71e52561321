//! `iptables -S`, read for one packet.

use std::net::Ipv4Addr;

use super::rules::{Chains, Fate, Holds, Packet, Protocol, Rule, Verdict};
use crate::subnet::Subnet;

/// What becomes of the packet by the chain `INPUT`.
pub fn fate(listing: &str, packet: &Packet) -> Fate {
    let mut chains = Chains::default();
    let mut policy = Fate::Passes;
    for line in listing.lines() {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["-P", "INPUT", "DROP"] => policy = Fate::Dropped(line.to_owned()),
            ["-A", chain, rest @ ..] => {
                let (holds, verdict) = rule(rest, packet);
                let rule = Rule { text: line.to_owned(), holds, verdict };
                chains.0.entry((*chain).to_owned()).or_default().push(rule);
            }
            _ => {}
        }
    }
    chains.fate("INPUT", policy)
}

/// Parted at blanks, but not within quotation marks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => word.extend(letters.next()),
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn rule(words: &[&str], packet: &Packet) -> (Holds, Verdict) {
    let (mut holds, mut verdict) = (Holds::Yes, Verdict::Continue);
    let mut negated = false;
    let mut rest = words;
    while let [option, more @ ..] = rest {
        rest = more;
        if *option == "!" {
            negated = true;
            continue;
        }
        // What is said of an option: everything up to the next one.
        let length = more.iter().position(|word| word.starts_with('-') || *word == "!");
        let (values, after) = more.split_at(length.unwrap_or(more.len()));
        rest = after;
        let value = values.first().copied().unwrap_or_default();
        match *option {
            "-j" => {
                verdict = target(value);
                // What follows describes the target.
                break;
            }
            "-g" => verdict = Verdict::Goto(value.to_owned()),
            "-m" | "--comment" => {}
            _ => {
                let one = test(option, value, packet);
                holds = holds.and(if negated { one.not() } else { one });
            }
        }
        negated = false;
    }
    (holds, verdict)
}

fn target(name: &str) -> Verdict {
    match name {
        "ACCEPT" => Verdict::Accept,
        "DROP" | "REJECT" | "TARPIT" => Verdict::Drop,
        "RETURN" => Verdict::Return,
        "QUEUE" | "NFQUEUE" => Verdict::Unknown,
        // LOG and others that go on are chains of which nothing is listed.
        chain => Verdict::Jump(chain.to_owned()),
    }
}

fn test(option: &str, value: &str, packet: &Packet) -> Holds {
    let is_multicast = packet.to.is_multicast();
    match option {
        "-i" => match value.strip_suffix('+') {
            Some(beginning) => packet.interface.starts_with(beginning).into(),
            None => (value == packet.interface).into(),
        },
        "-p" => match value {
            "all" => Holds::Yes,
            "tcp" | "udp" => (value == packet.protocol.name()).into(),
            number => (number == packet.protocol.number().to_string()).into(),
        },
        "-s" => inside(value, packet.from),
        "-d" => inside(value, packet.to),
        "--dport" | "--dports" => ports(value, packet.port),
        "--ctstate" | "--state" => value.split(',').any(|state| state == "NEW").into(),
        "--dst-type" => {
            let own = if is_multicast { "MULTICAST" } else { "LOCAL" };
            value.split(',').any(|kind| kind == own).into()
        }
        "--src-type" => value.split(',').any(|kind| kind == "UNICAST").into(),
        "--pkt-type" => (value == if is_multicast { "multicast" } else { "unicast" }).into(),
        "--icmp-type" => Holds::No,
        // The first packet of a connection.
        "--syn" => (packet.protocol == Protocol::Tcp).into(),
        _ => Holds::Perhaps,
    }
}

fn inside(subnet: &str, address: Ipv4Addr) -> Holds {
    match subnet.parse::<Subnet>() {
        Ok(subnet) => subnet.contains(address).into(),
        Err(_) => Holds::Perhaps,
    }
}

/// `22`, `49152:49171`, `22,80,1000:2000`.
fn ports(list: &str, port: u16) -> Holds {
    let has = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        Some((first.parse::<u16>().ok()?..=last.parse().ok()?).contains(&port))
    };
    let found: Option<Vec<bool>> = list.split(',').map(has).collect();
    found.map_or(Holds::Perhaps, |found| found.contains(&true).into())
}

#[cfg(test)]
#[path = "tests/iptables.rs"]
mod tests;
