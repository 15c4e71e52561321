//! The inventory: every host of the site file, in the order in which it stands there.

use std::{path::PathBuf, sync::Arc, time::Duration};

use indexmap::IndexMap;

use super::SwitchGuard;
use crate::config::Secret;

/// One host.
#[derive(Clone, Debug)]
pub struct Host {
    pub name: Arc<str>,
    pub kind: HostKind,
    /// A name or an address that this board can reach.
    pub address: Option<String>,
    /// For Wake-on-LAN.
    pub mac: Option<[u8; 6]>,
    pub wake: WakeSettings,
    /// The host that it runs on: started before it, stopped after it.
    pub on: Option<Arc<str>>,
    pub tags: Vec<String>,
    pub ssh: SshSettings,
    pub commands: HostCommands,
    /// Whether whoever may write to the broker may switch it.
    pub mqtt: bool,
    /// Whether a voice may also do what is not easily undone: update it, or stop a machine of its own.
    pub voice: bool,
    /// Longest time from `start` until it answers.
    pub start_within: Duration,
    /// Longest time from `stop` until it is gone.
    pub stop_within: Duration,
    /// Longest time that a command, an upload or an update may take.
    pub command_within: Duration,
    pub guard: SwitchGuard,
}

/// `wake = { … }`: how the wake-up packet goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WakeSettings {
    /// Only by this network interface; without it by every one that is up.
    pub interface: Option<String>,
    /// UDP; without it 9.
    pub port: Option<u16>,
    /// The card's SecureOn password.
    pub password: Option<Secret>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// A machine of its own: woken over the network, stopped over SSH.
    Physical,
    /// Just SSH.
    Ssh,
    /// This very board; it stops last of all.
    ThisBoard,
}

#[derive(Clone, Debug)]
pub struct SshSettings {
    pub user: String,
    pub port: u16,
    /// A private key; without one the agent's keys and `~/.ssh/id_*` are tried.
    pub key: Option<PathBuf>,
    pub passphrase: Option<Secret>,
    pub known_hosts: PathBuf,
    /// The host (a name in the inventory) to go through.
    pub jump: Option<Arc<str>>,
}

/// Commands that replace the defaults, run over SSH, on the host itself unless said otherwise.
#[derive(Clone, Debug, Default)]
pub struct HostCommands {
    /// Runs on the host of `on` where there is one, else on the host itself.
    pub start: Option<String>,
    pub stop: Option<String>,
    pub restart: Option<String>,
    pub update: Option<String>,
    /// Exit code 0 means up. Runs where `start` does. Without it a host is up when SSH answers on
    /// its port.
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Inventory {
    hosts: IndexMap<Arc<str>, Arc<Host>>,
}

impl Inventory {
    pub fn new(hosts: impl IntoIterator<Item = Host>) -> Self {
        Inventory {
            hosts: hosts.into_iter().map(|host| (host.name.clone(), Arc::new(host))).collect(),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Host>> {
        self.hosts.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.keys()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Host>> {
        self.hosts.values()
    }

    /// The hosts that carry a tag, in the order of the site file.
    pub fn tagged<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Arc<Host>> {
        self.iter().filter(move |host| host.tags.iter().any(|each| each == tag))
    }

    /// The hosts that run on this one.
    pub fn guests_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<Host>> {
        self.iter().filter(move |host| host.on.as_deref() == Some(name))
    }
}
