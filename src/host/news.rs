//! What hosts do, as it becomes known: whoever sees it tells it here (a look at a host, an event of
//! its hypervisor), whoever cares hears it from here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, broadcast};

use crate::{clock::Clock, plan::Power};

/// A listener that is further behind than this hears [`broadcast::error::RecvError::Lagged`], and
/// asks [`HostNews::last`] for each host instead.
const KEPT: usize = 256;

/// A host that was up and does not answer is down when it does not answer so much later either:
/// one lost packet stops nothing.
const SECOND_LOOK: Duration = Duration::from_secs(3);

/// For so long a host is believed to be as it was seen last.
pub const BELIEVED: Duration = Duration::from_secs(120);

/// A host, and whether it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostChange {
    pub host: Arc<str>,
    pub power: Power,
    /// When it became so, as far as anyone here knows.
    pub since: DateTime<Utc>,
    pub how: How,
    /// Whether it was seen to become so; without that, `since` is when it was first seen.
    pub witnessed: bool,
}

/// How a change became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Somebody looked.
    Look,
    /// This agent did it.
    Done,
    /// Its hypervisor said so when it happened.
    Event,
    /// The same, of a host that did not end by itself: it crashed, or its power was cut.
    Fell,
}

/// What listeners hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// It was seen; what is no news (`is_news`) says that it is still so.
    Seen { change: HostChange, at: DateTime<Utc>, is_news: bool },
    /// Whether it runs has not been known for longer than [`BELIEVED`].
    Lost { host: Arc<str>, why: String },
}

impl HostEvent {
    pub fn host(&self) -> &Arc<str> {
        match self {
            HostEvent::Seen { change, .. } => &change.host,
            HostEvent::Lost { host, .. } => host,
        }
    }
}

/// Clones share what is known.
#[derive(Clone, Debug)]
pub struct HostNews {
    clock: Clock,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    known: Mutex<BTreeMap<Arc<str>, Known>>,
    /// How many care for each host.
    cared: Mutex<BTreeMap<Arc<str>, usize>>,
    cares: Notify,
    events: broadcast::Sender<HostEvent>,
}

#[derive(Debug)]
struct Known {
    /// `None` as long as nothing was ever seen.
    change: Option<HostChange>,
    /// On the clock that never jumps.
    seen: Duration,
    /// Since when it does not answer, though it counts as up.
    doubted: Option<(Duration, DateTime<Utc>)>,
    lost: bool,
}

impl HostNews {
    pub fn new(clock: Clock) -> Self {
        let inner = Inner {
            known: Mutex::default(),
            cared: Mutex::default(),
            cares: Notify::new(),
            events: broadcast::channel(KEPT).0,
        };
        HostNews { clock, inner: Arc::new(inner) }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Known>> {
        // Whole after every statement.
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what an earlier life of the agent knew. It says since when, and is no news.
    pub fn restore(&self, seen: impl IntoIterator<Item = (String, Power, DateTime<Utc>)>) {
        let mut known = self.known();
        for (host, power, since) in seen {
            let (host, how, witnessed): (Arc<str>, _, _) = (host.into(), How::Look, false);
            let change = HostChange { host: host.clone(), power, since, how, witnessed };
            let seen = self.clock.monotonic();
            let lost = false;
            known.entry(host).or_insert(Known { change: Some(change), seen, doubted: None, lost });
        }
    }

    /// Takes what somebody sees now. What was known already is no news; the first that is heard of
    /// a host is. A look that finds a host down which was up is news only when a second one agrees.
    /// Says whether it is news.
    pub fn tell(&self, host: &str, power: Power, how: How) -> bool {
        let (at, now) = self.clock.both();
        let mut known = self.known();
        let entry = known.entry(host.into()).or_insert_with(Known::nothing);
        let before = entry.change.as_ref().map(|change| change.power);
        let mut since = at;
        if (before, power, how) == (Some(Power::Up), Power::Down, How::Look) {
            let (doubted, first) = *entry.doubted.get_or_insert((now, at));
            if now - doubted < SECOND_LOOK {
                return false;
            }
            since = first;
        }
        let is_news = before != Some(power);
        if is_news {
            let witnessed = before.is_some();
            entry.change = Some(HostChange { host: host.into(), power, since, how, witnessed });
        }
        (entry.seen, entry.doubted, entry.lost) = (now, None, false);
        if let Some(change) = entry.change.clone() {
            // Told under the lock, so that everyone hears it in the order in which it is kept;
            // nobody may be listening.
            let _ = self.inner.events.send(HostEvent::Seen { change, at, is_news });
        }
        is_news
    }

    /// Somebody looked, and cannot say whether it runs. Once that has been so for too long, it is
    /// told.
    pub fn cannot_tell(&self, host: &str, why: &str) {
        let now = self.clock.monotonic();
        let mut known = self.known();
        let entry =
            known.entry(host.into()).or_insert_with(|| Known { seen: now, ..Known::nothing() });
        if !entry.lost && now.saturating_sub(entry.seen) >= BELIEVED {
            entry.lost = true;
            let lost = HostEvent::Lost { host: host.into(), why: why.to_owned() };
            let _ = self.inner.events.send(lost);
        }
    }

    /// What was last heard of a host.
    pub fn last(&self, host: &str) -> Option<HostChange> {
        self.known().get(host).and_then(|known| known.change.clone())
    }

    /// What was last heard, if that is not too long ago.
    pub fn believed(&self, host: &str) -> Option<HostChange> {
        let now = self.clock.monotonic();
        let known = self.known();
        let known = known.get(host)?;
        let is_fresh = now.saturating_sub(known.seen) <= BELIEVED && !known.lost;
        known.change.clone().filter(|_| is_fresh)
    }

    /// Whether somebody looked and a second look is to say whether it is down.
    pub fn is_doubted(&self, host: &str) -> bool {
        self.known().get(host).is_some_and(|known| known.doubted.is_some())
    }

    /// Everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<HostEvent> {
        self.inner.events.subscribe()
    }

    /// Has these hosts looked at, again and again, as long as the answer lives.
    pub fn care(&self, hosts: impl IntoIterator<Item = Arc<str>>) -> Care {
        let hosts: Vec<_> = hosts.into_iter().collect();
        let mut cared = self.inner.cared.lock().unwrap_or_else(PoisonError::into_inner);
        for host in &hosts {
            *cared.entry(host.clone()).or_default() += 1;
        }
        if !hosts.is_empty() {
            self.inner.cares.notify_one();
        }
        Care { hosts, inner: self.inner.clone() }
    }

    /// The hosts that somebody cares for.
    pub fn cared(&self) -> Vec<Arc<str>> {
        let cared = self.inner.cared.lock().unwrap_or_else(PoisonError::into_inner);
        cared.keys().cloned().collect()
    }

    /// Has the hosts looked at again, now.
    pub fn look_again(&self) {
        self.inner.cares.notify_one();
    }

    /// Waits until somebody cares for another host, or wants them looked at.
    pub async fn wanted(&self) {
        self.inner.cares.notified().await;
    }
}

impl Known {
    fn nothing() -> Self {
        Known { change: None, seen: Duration::ZERO, doubted: None, lost: false }
    }
}

/// Somebody's care for some hosts.
#[derive(Debug)]
pub struct Care {
    hosts: Vec<Arc<str>>,
    inner: Arc<Inner>,
}

impl Drop for Care {
    fn drop(&mut self) {
        let mut cared = self.inner.cared.lock().unwrap_or_else(PoisonError::into_inner);
        for host in &self.hosts {
            if let Some(count) = cared.get_mut(host) {
                *count -= 1;
                if *count == 0 {
                    cared.remove(host);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news() -> (Clock, HostNews) {
        let clock = Clock::simulated(DateTime::UNIX_EPOCH, 1.0);
        (clock.clone(), HostNews::new(clock))
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn only_changes_are_news_and_the_first_moment_counts() {
        let (clock, news) = news();
        let mut heard = news.subscribe();
        assert_eq!(news.last("plex"), None);
        assert!(news.tell("plex", Power::Up, How::Look));
        clock.sleep(seconds(1)).await;
        assert!(!news.tell("plex", Power::Up, How::Event));
        for is_first in [true, false] {
            let Ok(HostEvent::Seen { change, is_news, .. }) = heard.recv().await else {
                panic!("it was seen");
            };
            assert_eq!((change.since, is_news), (DateTime::UNIX_EPOCH, is_first));
        }
        assert!(news.tell("plex", Power::Down, How::Fell));
        let heard = heard.recv().await;
        assert!(matches!(heard, Ok(HostEvent::Seen { is_news: true, .. })), "{heard:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_lost_answer_is_no_end_and_two_are() {
        let (clock, news) = news();
        news.tell("foo", Power::Up, How::Look);
        clock.sleep(seconds(10)).await;
        assert!(!news.tell("foo", Power::Down, How::Look));
        assert!(news.is_doubted("foo"));
        clock.sleep(seconds(5)).await;
        assert!(!news.tell("foo", Power::Up, How::Look));
        assert!(!news.is_doubted("foo"));
        let falls = clock.now();
        assert!(!news.tell("foo", Power::Down, How::Look));
        clock.sleep(seconds(5)).await;
        assert!(news.tell("foo", Power::Down, How::Look));
        assert_eq!(news.last("foo").map(|change| change.since), Some(falls));
        // What the agent does itself needs no second look.
        news.tell("foo", Power::Up, How::Done);
        assert!(news.tell("foo", Power::Down, How::Done));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_cannot_be_asked_is_lost_once() {
        let (clock, news) = news();
        news.tell("foo", Power::Up, How::Look);
        let mut heard = news.subscribe();
        for _ in 0..20 {
            clock.sleep(seconds(15)).await;
            news.cannot_tell("foo", "no route");
        }
        assert!(matches!(heard.try_recv(), Ok(HostEvent::Lost { .. })));
        assert!(heard.try_recv().is_err());
        assert_eq!(news.believed("foo"), None);
        assert!(news.last("foo").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_known_says_since_when() {
        let (clock, news) = news();
        let since = clock.now();
        clock.sleep(seconds(60)).await;
        news.restore([("foo".to_owned(), Power::Up, since)]);
        assert!(!news.tell("foo", Power::Up, How::Look));
        assert_eq!(news.last("foo").map(|change| change.since), Some(since));
    }

    #[tokio::test(start_paused = true)]
    async fn care_is_counted() {
        let (_, news) = news();
        let first = news.care(["foo".into()]);
        let second = news.care(["foo".into(), "bar".into()]);
        drop(first);
        assert_eq!(news.cared().len(), 2);
        drop(second);
        assert!(news.cared().is_empty());
    }
}
