//! Where a host is, as whom to log in, and through which other hosts.

use std::{path::PathBuf, sync::Arc};

use crate::{
    config::Secret,
    host::{Host, Inventory, home},
    plan::{Failure, FailureKind},
};

/// All that a connection depends on: two equal targets can share a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: Arc<str>,
    pub address: String,
    pub port: u16,
    pub user: String,
    /// `None`: the agent's keys and `~/.ssh/id_*`.
    pub key: Option<PathBuf>,
    pub passphrase: Option<Secret>,
    pub known_hosts: PathBuf,
    /// The host to go through.
    pub via: Option<Box<Target>>,
}

impl Target {
    /// # Errors
    /// `NotConfigured`: no address, an unknown jump host, or jump hosts in a circle.
    pub fn of(host: &Host, inventory: &Inventory) -> Result<Self, Failure> {
        Self::beyond(host, inventory, &mut Vec::new())
    }

    fn beyond(
        host: &Host,
        inventory: &Inventory,
        passed: &mut Vec<Arc<str>>,
    ) -> Result<Self, Failure> {
        let name = &host.name;
        let wrong = |text: String| Failure::new(FailureKind::NotConfigured, text);
        if passed.contains(name) {
            return Err(wrong(format!("{name}: its jump hosts lead back to it")));
        }
        passed.push(name.clone());
        let address = host.address.clone().ok_or_else(|| {
            wrong(format!("{name} has no address: add `address = \"…\"` to [hosts.{name}]"))
        })?;
        let via = match &host.ssh.jump {
            None => None,
            Some(jump) => {
                let gate = inventory.get(jump).ok_or_else(|| {
                    wrong(format!("{name}: its jump host `{jump}` is not in the inventory"))
                })?;
                Some(Box::new(Self::beyond(gate, inventory, passed)?))
            }
        };
        Ok(Target {
            name: name.clone(),
            address,
            port: host.ssh.port,
            user: host.ssh.user.clone(),
            key: host.ssh.key.as_deref().map(home::expand),
            passphrase: host.ssh.passphrase.clone(),
            known_hosts: home::expand(&host.ssh.known_hosts),
            via,
        })
    }
}
