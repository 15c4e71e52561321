//! The hosts of the inventory that are virtual machines, and where each of them is.

use std::{net::IpAddr, sync::Arc};

use super::{
    Connection, Daemons, Dialer, Error, LibvirtUri,
    mark::Mark,
    rpc::message::{Domain, DomainState},
    template::LibvirtTemplate,
};
use crate::{
    host::{Host, HostKind, Inventory, SecretResolver, Template},
    plan::{Failure, FailureKind, Power},
    suggest::did_you_mean,
};

/// Clones share the connections.
#[derive(Clone)]
pub struct Machines {
    pub(super) inventory: Arc<Inventory>,
    pub(super) daemons: Daemons,
    /// Whose marks are ours.
    pub(super) site: Arc<str>,
}

/// A host's domain, with the connection that found it.
pub struct Found {
    pub(super) connection: Connection,
    pub(super) domain: Domain,
    pub(super) uri: LibvirtUri,
    /// Of a machine that `create` made.
    pub(super) mark: Option<Mark>,
}

impl Machines {
    /// `site` is the name that stands in the marks of the machines that are made here.
    pub fn new(inventory: Arc<Inventory>, secrets: SecretResolver, site: Arc<str>) -> Self {
        let daemons = Daemons::new(Dialer { inventory: inventory.clone(), secrets });
        Machines { inventory, daemons, site }
    }

    /// The same machines, where another site's marks are ours.
    pub fn of_site(self, site: Arc<str>) -> Self {
        Machines { site, ..self }
    }

    /// Where the host is; `None` for one that has not been created.
    ///
    /// # Errors
    /// What is in the way to its hypervisor; a domain that is not there, or not ours.
    pub(super) async fn locate(&self, host: &Host) -> Result<Option<Found>, Failure> {
        match (&host.domain, host.kind) {
            (Some(domain), _) => {
                let uri = &domain.uri;
                let failed = |error: Error| error.into_failure(&host.name, &uri.to_string());
                let (connection, found) =
                    self.daemons.find(uri, &domain.name).await.map_err(failed)?;
                let Some(found) = found else {
                    return Err(failed(absent(&connection, &domain.name).await));
                };
                let uri = uri.clone();
                Ok(Some(Found { connection, domain: found, uri, mark: None }))
            }
            (None, HostKind::Placed) => self.locate_placed(host).await,
            (None, _) => {
                let message = format!("{} is no virtual machine", host.name);
                Err(Failure::new(FailureKind::NotConfigured, message))
            }
        }
    }

    /// Looks for it on every hypervisor that a template names.
    async fn locate_placed(&self, host: &Host) -> Result<Option<Found>, Failure> {
        let mut trouble = None;
        for uri in self.hypervisors() {
            let failed = |error: Error| error.into_failure(&host.name, &uri.to_string());
            let found = match self.daemons.find(&uri, &host.name).await {
                Ok((connection, Some(domain))) => (connection, domain),
                Ok((_, None)) => continue,
                // It may be on another one.
                Err(error) => {
                    trouble.get_or_insert(failed(error));
                    continue;
                }
            };
            let (connection, domain) = found;
            let description = connection.description(&domain).await.map_err(failed)?;
            let mark = Mark::find(&description);
            match mark.filter(|mark| mark.site == *self.site && mark.host == *host.name) {
                Some(mark) => {
                    return Ok(Some(Found { connection, domain, uri, mark: Some(mark) }));
                }
                None => {
                    let message = format!(
                        "there is a machine of this name that {} did not make; it is left alone",
                        self.site
                    );
                    return Err(failed(Error::Unfit(message)));
                }
            }
        }
        // Where one of them could not be asked, it may just be there.
        trouble.map_or(Ok(None), Err)
    }

    /// The daemons of the templates, each once.
    pub fn hypervisors(&self) -> Vec<LibvirtUri> {
        let mut uris: Vec<LibvirtUri> = Vec::new();
        for (_, template) in self.inventory.templates() {
            if let Template::Libvirt(LibvirtTemplate { uri, .. }) = template
                && !uris.contains(uri)
            {
                uris.push(uri.clone());
            }
        }
        uris
    }

    /// Whether the host runs; `None` for one that has not been created, or not to the end.
    ///
    /// # Errors
    /// Like [`Machines::locate`], and of a machine that is neither up nor down.
    pub async fn power(&self, host: &Host) -> Result<Option<Power>, Failure> {
        let Some(found) = self.locate(host).await? else { return Ok(None) };
        if found.mark.as_ref().is_some_and(|mark| !mark.is_finished) {
            return Ok(None);
        }
        let state = found.state(host).await?;
        power_of(state).map(Some).ok_or_else(|| {
            Failure::new(FailureKind::Unreachable, format!("{}: it is {state}", host.name))
        })
    }

    /// Whether the host runs, also while it is being made.
    ///
    /// # Errors
    /// Like [`Machines::locate`].
    pub async fn runs(&self, host: &Host) -> Result<bool, Failure> {
        match self.locate(host).await? {
            Some(found) => Ok(power_of(found.state(host).await?) == Some(Power::Up)),
            None => Ok(false),
        }
    }

    /// Whether the host was made here, to the end.
    ///
    /// # Errors
    /// Like [`Machines::locate`].
    pub async fn is_finished(&self, host: &Host) -> Result<bool, Failure> {
        let found = self.locate(host).await?;
        Ok(found.and_then(|found| found.mark).is_some_and(|mark| mark.is_finished))
    }

    /// The template that the host was made from here, and whether that came to its end; `None` where
    /// there is no such machine.
    ///
    /// # Errors
    /// Like [`Machines::locate`].
    pub async fn made_from(&self, host: &Host) -> Result<Option<(String, bool)>, Failure> {
        let mark = self.locate(host).await?.and_then(|found| found.mark);
        Ok(mark.map(|mark| (mark.template, mark.is_finished)))
    }

    /// The address that its hypervisor knows; none for one that is off.
    ///
    /// # Errors
    /// Like [`Machines::locate`].
    pub async fn address(&self, host: &Host) -> Result<Option<IpAddr>, Failure> {
        let Some(found) = self.locate(host).await? else { return Ok(None) };
        let addresses = found.connection.addresses(&found.domain).await;
        Ok(addresses.map_err(|error| found.failed(host, error))?.into_iter().next())
    }
}

impl Found {
    pub(super) fn failed(&self, host: &Host, error: Error) -> Failure {
        error.into_failure(&host.name, &self.uri.to_string())
    }

    pub(super) async fn state(&self, host: &Host) -> Result<DomainState, Failure> {
        let state = self.connection.state(&self.domain).await;
        state.map_err(|error| self.failed(host, error))
    }
}

/// `None` of a machine that sleeps: it answers nobody, and is not off either.
pub(super) fn power_of(state: DomainState) -> Option<Power> {
    match state {
        DomainState::NoState
        | DomainState::Running
        | DomainState::Blocked
        | DomainState::ShuttingDown => Some(Power::Up),
        DomainState::Off | DomainState::Crashed => Some(Power::Down),
        DomainState::Paused | DomainState::Suspended | DomainState::Other(_) => None,
    }
}

/// Why there is no such domain, with the nearest one that is there.
async fn absent(connection: &Connection, name: &str) -> Error {
    let domains = match connection.domains().await {
        Ok(domains) => domains,
        Err(error) => return error,
    };
    let help = match did_you_mean(name, domains.iter().map(|domain| domain.name.as_str())) {
        Some(help) => help,
        None if domains.is_empty() => "there is none at all".to_owned(),
        None => {
            let names: Vec<_> = domains.iter().map(|domain| domain.name.as_str()).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Error::Unfit(format!("there is no domain `{name}`; {help}"))
}
