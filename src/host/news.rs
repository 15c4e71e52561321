//! What hosts do, as it becomes known: whoever sees it tells it here (a look at a host, an event of
//! its hypervisor), whoever cares hears it from here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

use crate::{clock::Clock, plan::Power};

/// A listener that is further behind than this hears [`broadcast::error::RecvError::Lagged`], and
/// asks [`HostNews::last`] for each host instead.
const KEPT: usize = 256;

/// A host, and whether it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostChange {
    pub host: Arc<str>,
    pub power: Power,
    /// When it became so, as far as anyone here knows.
    pub since: DateTime<Utc>,
    pub how: How,
}

/// How a change became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Somebody looked.
    Look,
    /// Its hypervisor said so when it happened.
    Event,
    /// The same, of a host that did not end by itself: it crashed, or its power was cut.
    Fell,
}

/// Clones share what is known.
#[derive(Clone, Debug)]
pub struct HostNews {
    clock: Clock,
    last: Arc<Mutex<BTreeMap<Arc<str>, HostChange>>>,
    changes: broadcast::Sender<HostChange>,
}

impl HostNews {
    pub fn new(clock: Clock) -> Self {
        HostNews { clock, last: Arc::default(), changes: broadcast::channel(KEPT).0 }
    }

    /// Takes what somebody sees now. What was known already is no news; the first that is heard of
    /// a host is. Says whether it is news.
    pub fn tell(&self, host: &str, power: Power, how: How) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.get(host).is_some_and(|known| known.power == power) {
            return false;
        }
        let change = HostChange { host: host.into(), power, since: self.clock.now(), how };
        last.insert(change.host.clone(), change.clone());
        // Told under the lock, so that everyone hears it in the order in which it is kept; nobody
        // may be listening.
        let _ = self.changes.send(change);
        true
    }

    /// What was last heard of a host.
    pub fn last(&self, host: &str) -> Option<HostChange> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    /// Every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<HostChange> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_changes_are_news_and_the_first_moment_counts() {
        let clock = Clock::simulated(DateTime::UNIX_EPOCH, 1.0);
        let news = HostNews::new(clock.clone());
        let mut heard = news.subscribe();
        assert_eq!(news.last("plex"), None);
        assert!(news.tell("plex", Power::Up, How::Look));
        clock.sleep(Duration::from_secs(1)).await;
        assert!(!news.tell("plex", Power::Up, How::Event));
        assert_eq!(heard.recv().await.map(|change| change.since), Ok(DateTime::UNIX_EPOCH));
        assert!(news.tell("plex", Power::Down, How::Fell));
        assert_eq!(heard.recv().await, Ok(news.last("plex").expect("it was heard of")));
        assert!(heard.try_recv().is_err());
    }
}
