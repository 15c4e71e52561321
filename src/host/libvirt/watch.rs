//! What virtual machines do, heard from their hypervisors as it happens.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::{sync::broadcast::error::RecvError, time::sleep};

use super::{
    Connection, Error, LibvirtUri, Machines,
    machines::power_of,
    rpc::message::{Lifecycle, LifecycleEvent},
};
use crate::{
    host::{Host, HostKind, HostNews, How},
    plan::Power,
};

/// Before a daemon that went away is asked again, at first and at most.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);

impl Machines {
    /// Tells what the machines do, for ever; a daemon that goes away is asked again until it is
    /// back. Ends at once where there are no machines.
    pub async fn watch(self, news: HostNews) {
        let mut uris = self.hypervisors();
        for domain in self.inventory.iter().filter_map(|host| host.domain.as_ref()) {
            if !uris.contains(&domain.uri) {
                uris.push(domain.uri.clone());
            }
        }
        join_all(uris.iter().map(|uri| self.watch_one(uri, &news))).await;
    }

    async fn watch_one(&self, uri: &LibvirtUri, news: &HostNews) {
        let mut pause = AGAIN_AFTER;
        let mut was_there = true;
        loop {
            let error = match self.daemons.connection(uri).await {
                Ok(connection) => {
                    if !was_there {
                        tracing::info!("libvirt ({uri}) is back");
                    }
                    (pause, was_there) = (AGAIN_AFTER, true);
                    self.hear(uri, &connection, news).await
                }
                Err(error) => error,
            };
            // Once is enough for the log of a night.
            if was_there {
                tracing::warn!("libvirt ({uri}): {error}");
                was_there = false;
            }
            sleep(pause).await;
            pause = (pause * 2).min(AGAIN_AT_MOST);
        }
    }

    /// Tells what happens until the connection is lost, and why it was.
    async fn hear(&self, uri: &LibvirtUri, connection: &Connection, news: &HostNews) -> Error {
        let mut events = connection.events();
        if let Err(error) = connection.listen().await {
            if error.is_connection() {
                return error;
            }
            tracing::warn!("libvirt ({uri}) does not tell of events: {error}");
            return connection.ended().await;
        }
        // What happened while nobody listened.
        self.look_at_all(uri, news).await;
        loop {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                error = connection.ended() => return error,
            };
            match event {
                Ok(event) => self.pass_on(uri, &event, news).await,
                Err(RecvError::Lagged(_)) => self.look_at_all(uri, news).await,
                Err(RecvError::Closed) => return connection.ended().await,
            }
        }
    }

    async fn pass_on(&self, uri: &LibvirtUri, event: &LifecycleEvent, news: &HostNews) {
        let name = &event.domain.name;
        let (power, how) = match event.what {
            Lifecycle::Started | Lifecycle::Resumed => (Power::Up, How::Event),
            Lifecycle::ShutDown | Lifecycle::Left => (Power::Down, How::Event),
            Lifecycle::Fell => (Power::Down, How::Fell),
            Lifecycle::Defined
            | Lifecycle::Undefined
            | Lifecycle::Paused
            | Lifecycle::Ending
            | Lifecycle::Other(_) => return,
        };
        for host in self.hosts_on(uri) {
            let is_meant = match &host.domain {
                Some(domain) => domain.name == *name,
                // Only one that was made here is this host, and one that is gone was.
                None => {
                    *host.name == **name
                        && (power == Power::Down || matches!(self.locate(host).await, Ok(Some(_))))
                }
            };
            if is_meant {
                news.tell(&host.name, power, how);
            }
        }
    }

    async fn look_at_all(&self, uri: &LibvirtUri, news: &HostNews) {
        for host in self.hosts_on(uri) {
            let Ok(Some(found)) = self.locate(host).await else { continue };
            if let Some(power) = found.state(host).await.ok().and_then(power_of) {
                news.tell(&host.name, power, How::Look);
            }
        }
    }

    /// The hosts that this daemon has, or may have.
    fn hosts_on<'a>(&'a self, uri: &'a LibvirtUri) -> impl Iterator<Item = &'a Arc<Host>> {
        self.inventory.iter().filter(move |host| match &host.domain {
            Some(domain) => domain.uri == *uri,
            None => host.kind == HostKind::Placed,
        })
    }
}
