//! Hosts that watches wait for: from what is seen of them to a run.

use chrono::{DateTime, Utc};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Actor, WatchRow};
use crate::{
    host::{Care, HostChange, HostEvent},
    plan::Power,
    script::declarations::Part,
    sensor::{Reading, Value},
};

impl Actor {
    /// Has the hosts looked at that watches of the present instance wait for. Those that its switches
    /// show are looked at by the switches themselves; what is heard of them in between comes from
    /// here, too.
    pub(super) fn watch_hosts(&mut self) {
        let hosts: Vec<_> =
            self.watches.values().filter_map(WatchRow::host).map(Into::into).collect();
        let is_shown = self.switches.values().any(|row| row.hosts().next().is_some());
        let news = &self.station.executor.news;
        self.hosts = (is_shown || !hosts.is_empty()).then(|| (news.subscribe(), news.care(hosts)));
    }

    pub(super) async fn see_host(&mut self, event: HostEvent) {
        if let HostEvent::Seen { change, is_news: true, .. } = &event {
            self.heard_of(|part| matches!(part, Part::Host(name) if **name == *change.host));
        }
        for index in 0..self.watches.len() {
            let row = &mut self.watches[index];
            if row.host() != Some(&**event.host()) {
                continue;
            }
            match &event {
                HostEvent::Seen { change, at, .. } => {
                    let reading = reading(change, *at);
                    self.recovered(index, &reading).await;
                    match self.watches[index].observe_host(&reading) {
                        Some(transition) => {
                            self.fire_trigger(index, transition, Some(&reading)).await;
                        }
                        None => self.keep_trigger(index).await,
                    }
                }
                HostEvent::Lost { host, why } => {
                    row.fault();
                    self.keep_trigger(index).await;
                    self.host_lost(index, host, why).await;
                }
            }
        }
    }
}

/// A host as a trigger sees it.
pub(super) fn reading(change: &HostChange, at: DateTime<Utc>) -> Reading {
    let value = Value::Switch(change.power == Power::Up);
    Reading { sensor: change.host.clone(), value, unit: "".into(), at }
}

/// The next thing that is heard; never, where no watch waits for a host. What was missed is seen
/// with the next look.
pub(super) async fn next(
    hosts: &mut Option<(broadcast::Receiver<HostEvent>, Care)>,
) -> Option<HostEvent> {
    let Some((heard, _)) = hosts else { return std::future::pending().await };
    loop {
        match heard.recv().await {
            Ok(event) => return Some(event),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
