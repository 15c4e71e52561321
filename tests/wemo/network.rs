//! Two network namespaces and a cable between them.

use std::{
    fs::File,
    net::{SocketAddr, UdpSocket},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use nix::sched::{CloneFlags, setns};

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

    /// The same cable from its other end: what is a house there is the client here.
    pub fn swapped(&self) -> Network {
        Network { house: self.client.clone(), client: self.house.clone() }
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

    /// Does something in the house's namespace, on a thread that ends with it.
    pub fn in_house<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let namespace = File::open(format!("/run/netns/{}", self.house)).unwrap();
                setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
                work()
            });
            worker.join().unwrap()
        })
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

/// A socket on the searches' port that shares it, in the namespace of this thread.
pub fn share_port_1900() -> UdpSocket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_reuse_port(true).unwrap();
    socket.bind(&SocketAddr::from(([0, 0, 0, 0], 1900)).into()).unwrap();
    socket.into()
}
