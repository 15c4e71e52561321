//! `open_ports`, against listeners in a namespace, and beside nmap.

use std::{collections::BTreeMap, net::TcpListener, process::Command};

use watchpost::host::scan;

use crate::{House, at_the_client, network::Network};

/// Of these, some listen, some are dropped by a firewall, the rest refuse.
const LOOKED_AT: &str = "20-60,8000-8100";
const LISTENING: [u16; 4] = [22, 23, 53, 8080];
const SILENT: [u16; 3] = [25, 31, 8081];

const SITE: &str = "[scan]\nports = \"20-60,8000-8100\"\ntimeout = \"1s\"\n\
    [networks.lan]\ncidr = \"10.77.0.0/29\"\n\
    [hosts.pi]\nkind = \"self\"\n\
    [hosts.nas]\nkind = \"ssh\"\naddress = \"10.77.0.2\"\n\
    [hosts.gone]\nkind = \"ssh\"\naddress = \"10.77.0.5\"\n";

/// Listeners at 10.77.0.2, and a firewall before them.
fn house() -> (House, Vec<TcpListener>) {
    let house = House::new(Network::new(), SITE);
    let listeners = at_the_client(&house.network, || {
        LISTENING.map(|port| TcpListener::bind(("10.77.0.2", port)).expect("a port")).into()
    });
    let silent: Vec<String> = SILENT.iter().map(ToString::to_string).collect();
    let rules = format!(
        "add table inet wall; \
         add chain inet wall in {{ type filter hook input priority 0; }}; \
         add rule inet wall in tcp dport {{ {} }} drop",
        silent.join(", ")
    );
    let wall = Command::new("ip")
        .args(["netns", "exec", &house.network.client, "nft", &rules])
        .output()
        .expect("nft of nftables is needed");
    assert!(wall.status.success(), "{}", String::from_utf8_lossy(&wall.stderr));
    (house, listeners)
}

/// Each port of a row with its state.
fn states(row: &serde_json::Value) -> BTreeMap<u64, String> {
    let ports = row["ports"].as_array().unwrap_or_else(|| panic!("no ports: {row}"));
    let state = |port: &serde_json::Value| port["state"].as_str().unwrap_or_default().to_owned();
    ports.iter().map(|port| (port["port"].as_u64().expect("a port"), state(port))).collect()
}

fn expected() -> BTreeMap<u64, String> {
    let open = LISTENING.iter().map(|port| (u64::from(*port), "open".to_owned()));
    open.chain(SILENT.iter().map(|port| (u64::from(*port), "filtered".to_owned()))).collect()
}

#[test]
fn open_filtered_and_closed_ports_are_told_apart_as_nmap_does() {
    let (house, listeners) = house();
    let rows = house.rows(r#"run(open_ports(hosts("nas")))"#);
    assert_eq!((rows.len(), &rows[0]["ok"]), (1, &true.into()), "{rows:?}");
    assert_eq!(states(&rows[0]), expected());
    assert_eq!((&rows[0]["closed"], &rows[0]["filtered"]), (&135.into(), &3.into()));
    let services: Vec<_> = rows[0]["ports"].as_array().expect("ports").iter().collect();
    let ssh = services.iter().find(|port| port["port"] == 22).expect("22");
    assert_eq!((&ssh["service"], &ssh["protocol"]), (&"ssh".into(), &"tcp".into()));

    let nmap = Command::new("ip")
        .args(["netns", "exec", &house.network.house, "nmap", "-sT", "-Pn", "-n", "-oX", "-"])
        .args(["-p", LOOKED_AT, "10.77.0.2"])
        .output()
        .expect("nmap is needed");
    let seen = scan::parse(&String::from_utf8_lossy(&nmap.stdout)).expect("nmap's XML");
    let theirs: BTreeMap<u64, String> = seen[0]
        .ports
        .iter()
        .map(|port| (u64::from(port.port), format!("{:?}", port.state).to_lowercase()))
        .collect();
    assert_eq!(theirs, expected());
    assert_eq!((seen[0].closed, seen[0].filtered), (135, 3));
    drop(listeners);
}

#[test]
fn a_host_sees_who_is_in_the_network() {
    let (house, listeners) = house();
    let rows = house.rows(r#"run(open_ports(hosts("pi"), "lan"))"#);
    let hosts: Vec<_> = rows.iter().map(|row| row["host"].as_str().unwrap_or_default()).collect();
    // The inventory's names where it knows them.
    assert_eq!(hosts, ["10.77.0.1", "nas"], "{rows:?}");
    assert_eq!(states(&rows[1]), expected());
    assert_eq!(rows[1]["scanner"], "pi");
    let picked = house.rows(
        r#"run(open_ports(hosts("pi"), "lan")
            | pick(|row| row.ports.some(|p| p.port in [23, 3389] && p.state == "open")))"#,
    );
    assert_eq!((picked.len(), &picked[0]["host"]), (1, &"nas".into()));
    drop(listeners);
}

#[test]
fn a_host_that_is_gone_says_so() {
    let (house, listeners) = house();
    let rows = house.rows(r#"run(open_ports(hosts("gone")))"#);
    let error = rows[0]["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("nothing comes from any of 142 ports: it is down"), "{error}");
    drop(listeners);
}

#[test]
fn only_what_changed_is_told_and_only_once() {
    let (house, mut listeners) = house();
    let look = r#"run(open_ports(hosts("nas")) | new_since("ports") | record("ports"))"#;
    assert!(house.rows(look).is_empty(), "the first look is what is known");
    assert!(house.rows(look).is_empty());
    listeners.pop();
    listeners.push(at_the_client(&house.network, || {
        TcpListener::bind(("10.77.0.2", 8000)).expect("a port")
    }));
    let rows = house.rows(look);
    let changed: BTreeMap<u64, String> =
        [(8000, "open".to_owned()), (8080, "closed".to_owned())].into();
    assert_eq!(states(&rows[0]), changed);
    assert_eq!(rows[0]["output"], "8000/tcp http-alt, 8080/tcp http-proxy (closed)");
    assert!(house.rows(look).is_empty(), "it was recorded");
    drop(listeners);
}

#[test]
fn a_network_that_nobody_knows_is_named() {
    let house = House::new(Network::new(), SITE);
    let (said, code) = house.says(&["eval", r#"run(open_ports(hosts("pi"), "lam"))"#]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no network is called \"lam\""), "{said}");
    assert!(said.contains("did you mean `lan`?"), "{said}");
}
