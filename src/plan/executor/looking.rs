//! Looking at hosts: what is seen is told to everyone who cares.

use futures::stream::{self, StreamExt};

use super::Executor;
use crate::{
    host::{Host, HostEvent, How},
    plan::{Failure, Power},
    store::{HostSeen, StoreError},
};

impl Executor {
    /// Asks whether the host is up, now. `Err` means that it cannot be known.
    pub async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        let seen = self.world.probe(host).await;
        match &seen {
            Ok(power) => drop(self.news.tell(&host.name, *power, How::Look)),
            Err(failure) => self.news.cannot_tell(&host.name, &failure.message),
        }
        seen
    }

    /// Asks hosts of these names, side by side.
    pub(super) async fn look_at(&self, hosts: impl IntoIterator<Item = &str>) {
        let hosts: Vec<_> =
            hosts.into_iter().filter_map(|name| self.hosts.get(name).cloned()).collect();
        stream::iter(hosts)
            .map(|host| async move { drop(self.probe(&host).await) })
            .buffered(self.parallel_hosts.max(1))
            .for_each(|_| async {})
            .await;
    }

    /// Takes up what an earlier life of the agent knew of its hosts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recall_hosts(&self) -> Result<(), StoreError> {
        let seen = self.store.hosts_seen().await?;
        self.news.restore(seen.into_iter().map(|HostSeen { host, up, since }| {
            (host, if up { Power::Up } else { Power::Down }, since)
        }));
        Ok(())
    }

    /// Keeps what becomes known of hosts, for the next life of the agent.
    pub async fn remember_hosts(&self) {
        use tokio::sync::broadcast::error::RecvError;

        let mut events = self.news.subscribe();
        loop {
            let change = match events.recv().await {
                Ok(HostEvent::Seen { change, is_news: true, .. }) => change,
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let (host, up) = (change.host.to_string(), change.power == Power::Up);
            let seen = HostSeen { host, up, since: change.since };
            if let Err(error) = self.store.save_host_seen(&seen).await {
                tracing::error!("what {} does could not be kept: {error}", change.host);
            }
        }
    }
}
