//! Which ports are open: of a host, as this board sees it, or of a whole network, as one of its
//! hosts sees it.

mod connect;
mod nmap;
mod ports;
mod services;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::{
    connect::{Pacer, look},
    nmap::{NmapError, command, parse},
    ports::{NotPorts, PortSet},
};
use crate::subnet::Subnet;

/// One address, and what its ports say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// An IP address.
    pub address: String,
    /// By the name service.
    pub name: Option<String>,
    /// `52:54:00:12:34:56`, where the scanner is in the same network and may see it.
    pub mac: Option<String>,
    /// The open ones, and the others where they are few; in their order.
    pub ports: Vec<Port>,
    /// Ports that refused, those in `ports` among them.
    pub closed: u32,
    /// Ports from which nothing came, likewise.
    pub filtered: u32,
}

/// One TCP port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub port: u16,
    /// `tcp`.
    pub protocol: String,
    /// What usually listens there, by IANA's name; empty where nothing usually does.
    pub service: String,
    pub state: PortState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortState {
    /// Somebody listens.
    Open,
    /// The host refuses.
    Closed,
    /// Nothing comes back, or a router says no: perhaps a firewall.
    Filtered,
}

/// Ports that are not open are listed up to this number; beyond it they are only counted.
const FEW: usize = 25;

impl Port {
    pub fn tcp(port: u16, state: PortState) -> Self {
        let service = services::name(port).to_owned();
        Port { port, protocol: "tcp".into(), service, state }
    }
}

impl Scanned {
    /// From what every single port said.
    pub fn of(address: String, mut all: Vec<(u16, PortState)>) -> Self {
        all.sort_by_key(|(port, _)| *port);
        let count = |wanted| all.iter().filter(|(_, state)| *state == wanted).count();
        let (closed, filtered) = (count(PortState::Closed), count(PortState::Filtered));
        let is_listed = |state| match state {
            PortState::Open => true,
            PortState::Closed => closed <= FEW,
            PortState::Filtered => filtered <= FEW,
        };
        let listed = all.iter().filter(|(_, state)| is_listed(*state));
        Scanned {
            address,
            name: None,
            mac: None,
            ports: listed.map(|(port, state)| Port::tcp(*port, *state)).collect(),
            closed: u32::try_from(closed).unwrap_or(u32::MAX),
            filtered: u32::try_from(filtered).unwrap_or(u32::MAX),
        }
    }

    /// Whether anything came back at all.
    pub fn answers(&self) -> bool {
        self.closed > 0 || self.ports.iter().any(|port| port.state != PortState::Filtered)
    }
}

/// How fast is looked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanPace {
    /// Connections that are begun in a second, by this board for all its scans together.
    pub rate: u32,
    /// A port that has said nothing within this time is silent.
    pub patience: Duration,
}

impl Default for ScanPace {
    fn default() -> Self {
        ScanPace { rate: 1000, patience: Duration::from_millis(1500) }
    }
}

/// What a host is to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    pub ranges: Vec<Subnet>,
    pub ports: PortSet,
}

impl Targets {
    /// Single addresses; what is no IPv4 address is left out.
    pub fn of_addresses<'a>(addresses: impl IntoIterator<Item = &'a str>, ports: PortSet) -> Self {
        let addresses = addresses.into_iter().filter_map(|text| text.parse::<Ipv4Addr>().ok());
        let ranges = addresses.map(|address| Subnet::of(address, Ipv4Addr::BROADCAST)).collect();
        Targets { ranges, ports }
    }
}

/// What the site file says about scans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanSettings {
    pub pace: ScanPace,
    /// Of hosts, and of networks that have none of their own.
    pub ports: PortSet,
    pub networks: IndexMap<Arc<str>, Targets>,
}
