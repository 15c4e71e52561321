//! Acting on hosts, against real OpenSSH servers on the loopback address.

mod commands;
mod enroll;
mod power;
mod sessions;
mod trust;
mod upload;
mod usual_keys;

#[path = "../support/silent.rs"]
mod silent;
#[path = "../support/sshd.rs"]
mod sshd;

use std::{path::PathBuf, sync::Arc, time::Duration};

use sshd::Sshd;
use watchpost::{
    config::Secret,
    host::{Host, HostCommands, HostKind, Inventory, RemoteHosts, SecretResolver, SshSettings},
    plan::{Done, Failure, HostAct},
};

/// A host of the inventory that is served by `server`.
fn host(name: &str, server: &Sshd) -> Host {
    let mut host = host_at(name, server.port(), server.known_hosts());
    host.ssh.key = Some(server.key());
    host
}

/// A host on this port of the loopback address, for which the site file names no key.
fn host_at(name: &str, port: u16, known_hosts: PathBuf) -> Host {
    Host {
        name: name.into(),
        kind: HostKind::Ssh,
        address: Some("127.0.0.1".to_owned()),
        mac: None,
        wake: Default::default(),
        on: None,
        tags: Vec::new(),
        ssh: SshSettings {
            user: Sshd::user(),
            port,
            key: None,
            passphrase: None,
            known_hosts,
            jump: None,
        },
        commands: HostCommands::default(),
        domain: None,
        allow_destroy: false,
        mqtt: false,
        start_within: Duration::from_secs(20),
        voice: false,
        stop_within: Duration::from_secs(20),
        force_after: None,
        command_within: Duration::from_secs(20),
        guard: Default::default(),
    }
}

/// The agent's side, with these hosts in its inventory and one secret, `passphrase`.
fn remote<'a>(hosts: impl IntoIterator<Item = &'a Host>) -> RemoteHosts {
    remote_with_scripts(hosts, PathBuf::from("."))
}

fn remote_with_scripts<'a>(
    hosts: impl IntoIterator<Item = &'a Host>,
    scripts: PathBuf,
) -> RemoteHosts {
    RemoteHosts::new(Arc::new(Inventory::new(hosts.into_iter().cloned())), scripts, secrets())
}

fn secrets() -> SecretResolver {
    Arc::new(|secret: &Secret| match secret.name.as_str() {
        "passphrase" => Ok("open sesame".to_owned()),
        name => Err(format!("there is no secret `{name}`")),
    })
}

async fn shell(remote: &RemoteHosts, host: &Host, command: &str) -> Result<Done, Failure> {
    remote.act(host, &HostAct::Shell { command: command.to_owned() }).await
}
