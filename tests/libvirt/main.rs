//! libvirt: a real daemon with its test and QEMU drivers, in a mount namespace of its own, and
//! servers that are none.

mod bad_input;
mod life;
mod making;
mod switching;
mod transports;

#[path = "../support/agent.rs"]
#[allow(dead_code, reason = "each test binary uses its own part of this")]
mod agent;
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

use std::{path::PathBuf, sync::Arc};

use watchpost::{
    config::{Secret, Site, Surroundings},
    host::{
        Inventory, RemoteHosts, SecretResolver,
        libvirt::{Connection, Dialer, LibvirtUri},
    },
};

fn secrets() -> SecretResolver {
    Arc::new(|secret: &Secret| Err(format!("there is no secret `{}`", secret.name)))
}

fn uri(text: &str) -> LibvirtUri {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A connection of our own.
async fn connect(text: &str) -> watchpost::host::libvirt::Result<Connection> {
    let inventory = Arc::new(Inventory::default());
    Dialer { inventory, secrets: secrets() }.connect(&uri(text)).await
}

/// The hosts of a site file, as the agent acts on them.
fn hosts(sections: &str) -> (RemoteHosts, Arc<Inventory>) {
    let text = agent::Site::text(sections);
    let surroundings = Surroundings::of_this_machine();
    let (site, _) = Site::read("watchpost.toml".as_ref(), &text, &surroundings)
        .unwrap_or_else(|found| panic!("{text}\n{found:#?}"));
    let remote = RemoteHosts::new(site.hosts.clone(), PathBuf::from("."), secrets());
    (remote.of_site(&site.name), site.hosts)
}
