use serde_json::json;

use super::*;

const SEARCH: Packet = Packet {
    interface: "eth0",
    from: Ipv4Addr::new(10, 77, 0, 2),
    to: Ipv4Addr::new(239, 255, 255, 250),
    protocol: Protocol::Udp,
    port: 1900,
};
const COMMAND: Packet =
    Packet { to: Ipv4Addr::new(10, 77, 0, 1), protocol: Protocol::Tcp, port: 49152, ..SEARCH };

/// What nft 1.0.6 printed for rules of every shape that is read here.
fn listing() -> Value {
    serde_json::from_str(include_str!("ruleset.json")).unwrap()
}

/// An input chain with these rules alone.
fn ruleset(policy: &str, rules: &[Value]) -> Value {
    let base = json!({ "chain": {
        "family": "inet", "table": "filter", "name": "input", "handle": 1,
        "type": "filter", "hook": "input", "prio": 0, "policy": policy,
    }});
    let rules = rules.iter().enumerate().map(|(number, expr)| {
        json!({ "rule": {
            "family": "inet", "table": "filter", "chain": "input", "handle": number, "expr": expr,
        }})
    });
    json!({ "nftables": std::iter::once(base).chain(rules).collect::<Vec<_>>() })
}

#[test]
fn a_real_ruleset_is_read() {
    let fate = |packet: &Packet| super::fate(&listing(), packet, None);
    assert_eq!(fate(&SEARCH), Fate::Passes);
    assert_eq!(fate(&COMMAND), Fate::Passes);
    let elsewhere = Packet { interface: "usb0", ..COMMAND };
    assert_eq!(fate(&elsewhere), Fate::Dropped("rule 23 of inet filter input".into()));
    let wireless = Packet { interface: "wlan7", ..COMMAND };
    assert_eq!(fate(&wireless), Fate::Passes);
    let port = Packet { port: 49172, ..COMMAND };
    assert_eq!(fate(&port), Fate::Dropped("rule 23 of inet filter input".into()));
    // It may pass by the rule with the limit.
    let stranger = Packet { from: Ipv4Addr::new(192, 0, 2, 1), ..SEARCH };
    assert_eq!(fate(&stranger), Fate::Depends("rule 15 of inet filter input".into()));
    assert_eq!(fate(&Packet { interface: "lo", ..stranger }), Fate::Passes);
    let answered_for = super::fate(&listing(), &elsewhere, Some(("inet", "filter")));
    assert_eq!(answered_for, Fate::Passes);
}

#[test]
fn a_policy_decides_what_no_rule_does() {
    let dropped = Fate::Dropped("the policy of inet filter input".into());
    assert_eq!(fate(&ruleset("drop", &[]), &SEARCH, None), dropped);
    assert_eq!(fate(&ruleset("accept", &[]), &SEARCH, None), Fate::Passes);
    let unknown = json!([{ "xt": { "type": "match", "name": "recent" } }, { "accept": null }]);
    let depends = Fate::Depends("rule 0 of inet filter input".into());
    assert_eq!(fate(&ruleset("drop", std::slice::from_ref(&unknown)), &SEARCH, None), depends);
    assert_eq!(fate(&ruleset("accept", &[unknown]), &SEARCH, None), Fate::Passes);
    assert_eq!(fate(&json!({}), &SEARCH, None), Fate::Passes);
}

#[test]
fn comparisons_hold_as_nft_means_them() {
    let port = json!({ "payload": { "protocol": "udp", "field": "dport" } });
    let source = json!({ "payload": { "protocol": "ip", "field": "saddr" } });
    let far = json!({ "payload": { "protocol": "ip6", "field": "saddr" } });
    for (op, left, right, holds) in [
        ("<", &port, json!(1901), true),
        (">=", &port, json!(1901), false),
        ("!=", &port, json!({ "set": [1900, 5353] }), false),
        ("==", &port, json!({ "range": [1000, 2000] }), true),
        ("==", &source, json!({ "range": ["10.77.0.0", "10.77.0.9"] }), true),
        ("!=", &source, json!({ "prefix": { "addr": "10.77.0.0", "len": 24 } }), false),
        ("==", &source, json!({ "set": [{ "elem": { "val": "10.77.0.2", "timeout": 9 } }] }), true),
        ("!=", &far, json!("fe80::1"), false),
    ] {
        let rule =
            json!([{ "match": { "op": op, "left": left, "right": right } }, { "drop": null }]);
        let expected =
            if holds { Fate::Dropped("rule 0 of inet filter input".into()) } else { Fate::Passes };
        assert_eq!(
            fate(&ruleset("accept", std::slice::from_ref(&rule)), &SEARCH, None),
            expected,
            "{rule}"
        );
    }
}
