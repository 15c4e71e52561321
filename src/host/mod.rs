//! Hosts: what the site file says about them, and how to reach them.

pub mod ec2;
pub mod enroll;
mod guard;
mod home;
mod interruptions;
mod inventory;
pub mod libvirt;
mod local;
mod locks;
mod news;
mod outcome;
mod remote;
mod root_commands;
pub mod scan;
mod shell;
pub mod ssh;
mod thread;
pub mod wake;

pub use guard::{GuardedBy, Rule, SwitchGuard};
pub use interruptions::{Interruption, Interruptions};
pub use inventory::{
    Host, HostCommands, HostKind, Inventory, LibvirtDomain, SshSettings, Template, WakeSettings,
};
pub use locks::HostLocks;
pub use news::{BELIEVED, Care, HostChange, HostEvent, HostNews, How};
pub use remote::{RemoteHosts, Whereabouts};
pub use ssh::SecretResolver;

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::{Host, HostCommands, HostKind, SshSettings, SwitchGuard, WakeSettings};

    /// A host with nothing special about it, for the tests of other modules.
    pub(crate) fn host(name: &str) -> Host {
        Host {
            name: name.into(),
            kind: HostKind::Ssh,
            address: Some("127.0.0.1".into()),
            mac: None,
            wake: WakeSettings::default(),
            on: None,
            tags: Vec::new(),
            ssh: SshSettings {
                user: "ops".into(),
                port: 22,
                key: None,
                passphrase: None,
                known_hosts: "known_hosts".into(),
                jump: None,
            },
            commands: HostCommands::default(),
            domain: None,
            allow_destroy: false,
            mqtt: false,
            start_within: Duration::from_secs(300),
            voice: false,
            stop_within: Duration::from_secs(180),
            force_after: None,
            command_within: Duration::from_secs(600),
            guard: SwitchGuard::default(),
        }
    }
}
