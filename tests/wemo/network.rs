//! Two network namespaces and a cable between them.

use std::{
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

pub const HOUSE: &str = "10.77.0.1";

/// `house` is 10.77.0.1, `client` is 10.77.0.2; both are gone when this is.
pub struct Network {
    pub house: String,
    pub client: String,
}

impl Network {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = |end| format!("watchpost-{}-{number}-{end}", std::process::id());
        let network = Network { house: name("house"), client: name("client") };
        let (house, client) = (network.house.as_str(), network.client.as_str());
        ip(&["netns", "add", house]);
        ip(&["netns", "add", client]);
        ip(&[
            "link", "add", "cable", "netns", house, "type", "veth", "peer", "name", "cable",
            "netns", client,
        ]);
        for (end, address) in [(house, "10.77.0.1/24"), (client, "10.77.0.2/24")] {
            ip(&["-n", end, "addr", "add", address, "dev", "cable"]);
            ip(&["-n", end, "link", "set", "lo", "up"]);
            ip(&["-n", end, "link", "set", "cable", "up"]);
            ip(&["-n", end, "route", "add", "224.0.0.0/4", "dev", "cable"]);
        }
        network
    }

    /// A second cable, to another subnet; returns the name of its interface.
    pub fn second_cable(&self) -> &'static str {
        let (house, client) = (self.house.as_str(), self.client.as_str());
        ip(&[
            "link", "add", "second", "netns", house, "type", "veth", "peer", "name", "second",
            "netns", client,
        ]);
        for (end, address) in [(house, "10.78.0.1/24"), (client, "10.78.0.2/24")] {
            ip(&["-n", end, "addr", "add", address, "dev", "second"]);
            ip(&["-n", end, "link", "set", "second", "up"]);
        }
        "second"
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in [&self.house, &self.client] {
            // What is left over goes with the machine.
            let _ = Command::new("ip").args(["netns", "del", name]).output();
        }
    }
}

pub fn ip(arguments: &[&str]) {
    let Output { status, stderr, .. } = Command::new("ip")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("`ip` of iproute2 is needed: {error}"));
    assert!(
        status.success(),
        "ip {}: {}these tests need root, to make network namespaces",
        arguments.join(" "),
        String::from_utf8_lossy(&stderr)
    );
}
