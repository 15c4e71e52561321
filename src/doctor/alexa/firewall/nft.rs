//! `nft -j list ruleset`, read for one packet; libnftables-json(5).

use std::net::Ipv4Addr;

use serde_json::Value;

use super::rules::{Chains, Fate, Holds, Packet, Protocol, Rule, Verdict};
use crate::subnet::Subnet;

/// What becomes of the packet by all chains that see what comes in. `not`: the table (family and
/// name) that somebody else answers for.
pub fn fate(listing: &Value, packet: &Packet, not: Option<(&str, &str)>) -> Fate {
    let all = listing["nftables"].as_array().map_or(&[][..], Vec::as_slice);
    let mut bases: Vec<&Value> =
        all.iter().map(|each| &each["chain"]).filter(|chain| sees(chain)).collect();
    bases.sort_by_key(|chain| chain["prio"].as_i64());
    let mut depends = None;
    for base in bases {
        let (family, table) = (text(base, "family"), text(base, "table"));
        if not == Some((family, table)) {
            continue;
        }
        let chains = Table { all, family, table }.chains(packet);
        let name = text(base, "name");
        let policy = match text(base, "policy") {
            "drop" => Fate::Dropped(format!("the policy of {family} {table} {name}")),
            _ => Fate::Passes,
        };
        match chains.fate(name, policy) {
            Fate::Passes => {}
            // Whoever drops it has the last word.
            dropped @ Fate::Dropped(_) => return dropped,
            unknown @ Fate::Depends(_) => depends = depends.or(Some(unknown)),
        }
    }
    depends.unwrap_or(Fate::Passes)
}

fn sees(chain: &Value) -> bool {
    ["input", "prerouting"].contains(&text(chain, "hook"))
        && ["ip", "inet"].contains(&text(chain, "family"))
        && text(chain, "type") == "filter"
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// One table of the listing.
struct Table<'v> {
    all: &'v [Value],
    family: &'v str,
    table: &'v str,
}

impl Table<'_> {
    fn chains(&self, packet: &Packet) -> Chains {
        let mut chains = Chains::default();
        for rule in self.all.iter().map(|each| &each["rule"]).filter(|rule| self.has(rule)) {
            let (holds, verdict) = self.rule(rule, packet);
            let (family, table, chain) = (self.family, self.table, text(rule, "chain"));
            let text = format!("rule {} of {family} {table} {chain}", rule["handle"]);
            chains.0.entry(chain.to_owned()).or_default().push(Rule { text, holds, verdict });
        }
        chains
    }

    fn has(&self, object: &Value) -> bool {
        text(object, "family") == self.family && text(object, "table") == self.table
    }

    fn rule(&self, rule: &Value, packet: &Packet) -> (Holds, Verdict) {
        let mut holds = Holds::Yes;
        for statement in rule["expr"].as_array().into_iter().flatten() {
            let Some((name, value)) = statement.as_object().and_then(|it| it.iter().next()) else {
                continue;
            };
            match name.as_str() {
                "match" => holds = holds.and(self.matches(value, packet)),
                "vmap" => {
                    let (found, verdict) = self.looked_up(value, packet);
                    return (holds.and(found), verdict);
                }
                "counter" | "log" | "mangle" | "comment" | "notrack" => {}
                _ => match verdict(name, value) {
                    Some(verdict) => return (holds, verdict),
                    // Limits, quotas, what iptables has put there.
                    None => holds = holds.and(Holds::Perhaps),
                },
            }
        }
        (holds, Verdict::Continue)
    }

    fn matches(&self, test: &Value, packet: &Packet) -> Holds {
        let Some(known) = known(&test["left"], packet) else { return Holds::Perhaps };
        let Known::Is(known) = known else { return Holds::No };
        let holds = self.is_in(&known, &test["right"]);
        match text(test, "op") {
            "==" | "in" => holds,
            "!=" => holds.not(),
            op => match (known, test["right"].as_u64()) {
                (Fact::Number(own), Some(other)) => match op {
                    "<" => (own < other).into(),
                    ">" => (own > other).into(),
                    "<=" => (own <= other).into(),
                    ">=" => (own >= other).into(),
                    _ => Holds::Perhaps,
                },
                _ => Holds::Perhaps,
            },
        }
    }

    /// Whether a fact is what stands on the right, or one of what stands there.
    fn is_in(&self, fact: &Fact, right: &Value) -> Holds {
        match right {
            Value::Array(any) => self.is_any(fact, any),
            Value::String(name) if name.starts_with('@') => self.is_in_set(fact, &name[1..]),
            Value::Object(object) => {
                if let Some(Value::Array(any)) = object.get("set") {
                    return self.is_any(fact, any);
                }
                if let Some(element) = object.get("elem") {
                    return self.is_in(fact, &element["val"]);
                }
                fact.is_within(object)
            }
            value => fact.is(value),
        }
    }

    fn is_any(&self, fact: &Fact, any: &[Value]) -> Holds {
        let mut holds = Holds::No;
        for each in any {
            match self.is_in(fact, each) {
                Holds::Yes => return Holds::Yes,
                Holds::Perhaps => holds = Holds::Perhaps,
                Holds::No => {}
            }
        }
        holds
    }

    fn is_in_set(&self, fact: &Fact, name: &str) -> Holds {
        let mut sets = self.all.iter().map(|each| &each["set"]);
        match sets.find(|set| self.has(set) && text(set, "name") == name) {
            Some(set) => self.is_any(fact, set["elem"].as_array().map_or(&[], Vec::as_slice)),
            None => Holds::Perhaps,
        }
    }

    fn looked_up(&self, vmap: &Value, packet: &Packet) -> (Holds, Verdict) {
        let (Some(known), Some(pairs)) =
            (known(&vmap["key"], packet), vmap["data"]["set"].as_array())
        else {
            return (Holds::Perhaps, Verdict::Unknown);
        };
        let Known::Is(fact) = known else { return (Holds::No, Verdict::Continue) };
        for pair in pairs {
            match self.is_in(&fact, &pair[0]) {
                Holds::No => {}
                holds => {
                    let mut named = pair[1].as_object().into_iter().flatten();
                    let verdict = named.next().and_then(|(name, value)| verdict(name, value));
                    return (holds, verdict.unwrap_or(Verdict::Unknown));
                }
            }
        }
        (Holds::No, Verdict::Continue)
    }
}

fn verdict(name: &str, value: &Value) -> Option<Verdict> {
    Some(match name {
        "accept" => Verdict::Accept,
        "drop" | "reject" => Verdict::Drop,
        "return" => Verdict::Return,
        "continue" => Verdict::Continue,
        "jump" => Verdict::Jump(text(value, "target").to_owned()),
        "goto" => Verdict::Goto(text(value, "target").to_owned()),
        "queue" => Verdict::Unknown,
        _ => return None,
    })
}

/// Something about the packet.
enum Fact {
    Number(u64),
    Word(&'static str),
    Address(Ipv4Addr),
    Interface(String),
    /// A protocol goes by its name and by its number.
    Protocol(Protocol),
}

enum Known {
    Is(Fact),
    /// The packet has no such thing, and the match fails.
    Not,
}

/// What the left side of a match says of the packet; `None` where that is not known here.
fn known(left: &Value, packet: &Packet) -> Option<Known> {
    let is_multicast = packet.to.is_multicast();
    if let Some(meta) = left.get("meta") {
        return Some(Known::Is(match text(meta, "key") {
            "iif" | "iifname" => Fact::Interface(packet.interface.to_owned()),
            "l4proto" => Fact::Protocol(packet.protocol),
            "nfproto" => Fact::Word("ipv4"),
            "protocol" => Fact::Word("ip"),
            "pkttype" if is_multicast => Fact::Word("multicast"),
            "pkttype" => Fact::Word("host"),
            _ => return None,
        }));
    }
    if let Some(payload) = left.get("payload") {
        let (protocol, field) = (text(payload, "protocol"), text(payload, "field"));
        return Some(match (protocol, field) {
            ("tcp" | "udp", _) if protocol != packet.protocol.name() => Known::Not,
            ("tcp" | "udp" | "th", "dport") => Known::Is(Fact::Number(packet.port.into())),
            ("ip", "saddr") => Known::Is(Fact::Address(packet.from)),
            ("ip", "daddr") => Known::Is(Fact::Address(packet.to)),
            ("ip", "protocol") => Known::Is(Fact::Protocol(packet.protocol)),
            ("ip6" | "icmp" | "icmpv6" | "sctp" | "dccp" | "udplite", _) => Known::Not,
            _ => return None,
        });
    }
    if left.get("ct").is_some_and(|ct| text(ct, "key") == "state") {
        return Some(Known::Is(Fact::Word("new")));
    }
    let fib = left.get("fib")?;
    let asks_for_kind = text(fib, "result") == "type"
        && fib["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "daddr"));
    let kind = if is_multicast { "multicast" } else { "local" };
    asks_for_kind.then_some(Known::Is(Fact::Word(kind)))
}

impl Fact {
    fn is(&self, value: &Value) -> Holds {
        match (self, value) {
            (Fact::Number(own), Value::Number(other)) => (Some(*own) == other.as_u64()).into(),
            (Fact::Word(own), Value::String(other)) => (own == other).into(),
            (Fact::Address(own), Value::String(other)) => match other.parse::<Ipv4Addr>() {
                Ok(other) => (*own == other).into(),
                Err(_) => Holds::Perhaps,
            },
            (Fact::Interface(own), Value::String(other)) => match other.strip_suffix('*') {
                Some(beginning) => own.starts_with(beginning).into(),
                None => (own == other).into(),
            },
            (Fact::Protocol(own), Value::String(other)) => (own.name() == other).into(),
            (Fact::Protocol(own), Value::Number(other)) => {
                (Some(own.number()) == other.as_u64()).into()
            }
            _ => Holds::Perhaps,
        }
    }

    /// A range, or a prefix.
    fn is_within(&self, object: &serde_json::Map<String, Value>) -> Holds {
        if let Some(Value::Array(ends)) = object.get("range") {
            let (Some(first), Some(last)) = (ends.first(), ends.get(1)) else {
                return Holds::Perhaps;
            };
            return match (self, first.as_u64(), last.as_u64(), address(first), address(last)) {
                (Fact::Number(own), Some(first), Some(last), ..) => {
                    (first..=last).contains(own).into()
                }
                (Fact::Address(own), .., Some(first), Some(last)) => {
                    (first..=last).contains(own).into()
                }
                _ => Holds::Perhaps,
            };
        }
        let (Fact::Address(own), Some(prefix)) = (self, object.get("prefix")) else {
            return Holds::Perhaps;
        };
        match format!("{}/{}", text(prefix, "addr"), prefix["len"]).parse::<Subnet>() {
            Ok(subnet) => subnet.contains(*own).into(),
            Err(_) => Holds::Perhaps,
        }
    }
}

fn address(value: &Value) -> Option<Ipv4Addr> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
#[path = "tests/nft.rs"]
mod tests;
