//! The inventory: every host of the site file, in the order in which it stands there.

use std::{path::PathBuf, sync::Arc, time::Duration};

use indexmap::IndexMap;

use super::{
    SwitchGuard,
    ec2::Ec2Template,
    libvirt::{LibvirtTemplate, LibvirtUri},
};
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
    /// Of a virtual machine on libvirt: which one.
    pub domain: Option<LibvirtDomain>,
    /// Whether `destroy` may delete it, with its disks. Only what `create` made is ever deleted.
    pub allow_destroy: bool,
    /// Whether whoever may write to the broker may switch it.
    pub mqtt: bool,
    /// Whether a voice may also do what is not easily undone: update it, or stop a machine of its own.
    pub voice: bool,
    /// Longest time from `start` until it answers.
    pub start_within: Duration,
    /// Longest time from `stop` until it is gone.
    pub stop_within: Duration,
    /// How long a virtual machine may take to shut down before its power is cut; `None`: for ever.
    pub force_after: Option<Duration>,
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
    /// A virtual machine that libvirt starts and stops.
    Libvirt,
    /// A machine that `create` makes from a template, and `destroy` deletes.
    Placed,
    /// This very board; it stops last of all.
    ThisBoard,
}

impl HostKind {
    /// As the site file calls it.
    pub fn word(self) -> &'static str {
        match self {
            HostKind::Physical => "physical",
            HostKind::Ssh => "ssh",
            HostKind::Libvirt => "libvirt",
            HostKind::Placed => "placed",
            HostKind::ThisBoard => "self",
        }
    }

    /// Whether its hypervisor is asked about it, rather than itself.
    pub fn is_virtual(self) -> bool {
        matches!(self, HostKind::Libvirt | HostKind::Placed)
    }
}

/// A virtual machine on libvirt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibvirtDomain {
    pub uri: LibvirtUri,
    /// Its name there.
    pub name: String,
}

/// What `create` makes machines from: a `[templates.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    Libvirt(LibvirtTemplate),
    Ec2(Ec2Template),
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
    templates: IndexMap<Arc<str>, Template>,
    /// What an hour in a template costs: the name of a `[cost.NAME]`.
    costs: IndexMap<Arc<str>, Arc<str>>,
}

impl Inventory {
    pub fn new(hosts: impl IntoIterator<Item = Host>) -> Self {
        Inventory {
            hosts: hosts.into_iter().map(|host| (host.name.clone(), Arc::new(host))).collect(),
            ..Inventory::default()
        }
    }

    /// The same, with what machines can be made from.
    pub fn with_templates(self, templates: impl IntoIterator<Item = (Arc<str>, Template)>) -> Self {
        Inventory { templates: templates.into_iter().collect(), ..self }
    }

    /// The same, with what an hour in each template costs: the names of costs.
    pub fn with_template_costs(
        self,
        costs: impl IntoIterator<Item = (Arc<str>, Arc<str>)>,
    ) -> Self {
        Inventory { costs: costs.into_iter().collect(), ..self }
    }

    /// The cost that the site file gives a template, by its name.
    pub fn template_cost(&self, template: &str) -> Option<&Arc<str>> {
        self.costs.get(template)
    }

    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.get(name)
    }

    /// The templates, in the order of the site file.
    pub fn templates(&self) -> impl Iterator<Item = (&Arc<str>, &Template)> {
        self.templates.iter()
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
