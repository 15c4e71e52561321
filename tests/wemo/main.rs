//! The devices as the network sees them: the built program and raw sockets, in a pair of network
//! namespaces joined by a cable. Names of tests bear the numbers of the points that they show;
//! points that are pure parsing are shown beside the parsers.
//!
//! Needs root and `ip` (iproute2); the tests with pywemo need `tests/wemo/install`.

mod agent;
mod checklist;
mod client;
mod crowd;
mod doctor;
mod near;
mod network;
mod pywemo;
mod states;
mod voice;

#[path = "../support/libvirtd.rs"]
#[allow(dead_code, reason = "each test binary uses its own part of this")]
mod libvirtd;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/pki.rs"]
#[allow(dead_code, reason = "each test binary uses its own part of this")]
mod pki;
#[path = "../support/sshd.rs"]
mod sshd;

use agent::Agent;
use client::Client;

/// An agent in one namespace and a client in the other.
fn house(scripts: &str) -> (Agent, Client) {
    house_with("", scripts)
}

/// `alexa`: lines of the site file's `[alexa]`.
fn house_with(alexa: &str, scripts: &str) -> (Agent, Client) {
    let network = network::Network::new();
    let client = Client::enter(&network);
    let agent = Agent::start(network, alexa, scripts);
    (agent, client)
}

const PLEX: &str =
    r#"wemo("plex power", #{ on: start(hosts("plex")), off: stop(hosts("plex")) });"#;

/// Lamps by the names `lamp 0`, `lamp 1`, …
fn lamps(count: usize) -> String {
    format!("for n in 0..{count} {{ wemo(`lamp ${{n}}`, #{{ on: || (), off: || () }}); }}")
}
