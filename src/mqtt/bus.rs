//! What the rest of the agent holds of MQTT: it shows, publishes and listens, and need not know
//! whether there is a connection at this moment.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{complaints::Complaints, topic};
use crate::clock::Clock;

/// Messages that wait for one listener.
const INBOX: usize = 1_024;
/// Larger payloads are read by nobody here.
const LARGEST: usize = 256 << 10;
/// Publications that wait for the broker at a time.
const MOST_WAITING: usize = 256;
/// How long the broker may take to take one.
const TAKEN_WITHIN: Duration = Duration::from_secs(15);

/// Something that came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    /// Said at some time before this connection: a state, not an event.
    pub retained: bool,
}

/// Where a listener's messages wait.
pub type Inbox = mpsc::Receiver<Arc<Message>>;

/// Why something was not published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PublishError {
    #[error("the broker is away: {0}")]
    Away(String),
    #[error("the broker refused it: {0}")]
    Refused(String),
    #[error("too much waits for the broker already")]
    TooMuch,
    #[error("the broker has not confirmed it; it may have arrived all the same")]
    Unconfirmed,
}

/// Cheap to clone; all clones are one bus.
#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    /// There is something for the connection to do.
    work: Notify,
    /// `None` while connected, else why not.
    away: watch::Sender<Option<String>>,
    complaints: Complaints,
}

#[derive(Default)]
struct State {
    /// What retained topics say, as it should stand at the broker.
    shown: BTreeMap<String, Shown>,
    listeners: Vec<Listener>,
    /// Filters to subscribe to that the connection does not know yet.
    filters: Vec<String>,
    publications: VecDeque<Publication>,
}

struct Shown {
    payload: Vec<u8>,
    is_new: bool,
}

struct Listener {
    filter: String,
    inbox: mpsc::Sender<Arc<Message>>,
}

/// A message that somebody waits to see taken.
pub(super) struct Publication {
    pub topic: String,
    pub payload: Vec<u8>,
    pub retain: bool,
    pub done: oneshot::Sender<Result<(), String>>,
}

/// What a connection is to do next.
#[derive(Default)]
pub(super) struct Work {
    pub filters: Vec<String>,
    pub shown: Vec<(String, Vec<u8>)>,
    pub publications: VecDeque<Publication>,
}

impl Bus {
    pub fn new(clock: Clock) -> Bus {
        let away = watch::Sender::new(Some("no connection has been made yet".to_owned()));
        let (state, work, complaints) = Default::default();
        Bus { shared: Arc::new(Shared { clock, state, work, away, complaints }) }
    }

    /// Says what a retained topic is to say from now on, over every later connection.
    pub fn show(&self, topic: String, payload: impl Into<Vec<u8>>) {
        let payload = payload.into();
        let mut state = self.state();
        if state.shown.get(&topic).is_some_and(|shown| shown.payload == payload) {
            return;
        }
        state.shown.insert(topic, Shown { payload, is_new: true });
        drop(state);
        self.shared.work.notify_one();
    }

    /// Says everything that is shown once more.
    pub fn show_again(&self) {
        self.state().shown.values_mut().for_each(|shown| shown.is_new = true);
        self.shared.work.notify_one();
    }

    /// Publishes now, and returns when the broker has taken it. Nothing waits for a broker that is
    /// away: what was meant for this moment must not come hours later.
    pub async fn publish(
        &self,
        topic: &str,
        payload: impl Into<Vec<u8>>,
        retain: bool,
    ) -> Result<(), PublishError> {
        if let Some(why) = self.away() {
            return Err(PublishError::Away(why));
        }
        let (done, taken) = oneshot::channel();
        let topic = topic.to_owned();
        {
            let mut state = self.state();
            if state.publications.len() >= MOST_WAITING {
                return Err(PublishError::TooMuch);
            }
            let payload = payload.into();
            state.publications.push_back(Publication { topic, payload, retain, done });
        }
        self.shared.work.notify_one();
        match self.shared.clock.timeout(TAKEN_WITHIN, taken).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(why))) => Err(PublishError::Refused(why)),
            Ok(Err(_)) | Err(_) => Err(PublishError::Unconfirmed),
        }
    }

    /// Messages on the topics that a filter means, what is retained first, for as long as the inbox
    /// lives. One that is not emptied loses what comes then.
    pub fn listen(&self, filter: &str) -> Inbox {
        let (inbox, messages) = mpsc::channel(INBOX);
        let mut state = self.state();
        state.listeners.retain(|listener| !listener.inbox.is_closed());
        state.listeners.push(Listener { filter: filter.to_owned(), inbox });
        // The widest filter that covers it: a broker may send one message once for each filter.
        let filters = widest(state.listeners.iter().map(|each| each.filter.as_str()));
        let covering = filters.into_iter().find(|wide| topic::covers(wide, filter));
        let filter = covering.unwrap_or_else(|| filter.to_owned());
        // Asked for even if it is subscribed to already: that brings what is retained.
        if !state.filters.contains(&filter) {
            state.filters.push(filter);
        }
        drop(state);
        self.shared.work.notify_one();
        messages
    }

    /// Why there is no connection; `None` while there is one.
    pub fn away(&self) -> Option<String> {
        self.shared.away.borrow().clone()
    }

    /// Changes with [`Bus::away`].
    pub fn watch_away(&self) -> watch::Receiver<Option<String>> {
        self.shared.away.subscribe()
    }

    pub fn complaints(&self) -> &Complaints {
        &self.shared.complaints
    }

    /// There is something new in the store's queue.
    pub(super) fn ring(&self) {
        self.shared.work.notify_one();
    }

    pub(super) async fn rung(&self) {
        self.shared.work.notified().await;
    }

    /// A connection is there: everything is to be said and subscribed to anew.
    pub(super) fn connected(&self) {
        {
            let mut state = self.state();
            state.listeners.retain(|listener| !listener.inbox.is_closed());
            state.shown.values_mut().for_each(|shown| shown.is_new = true);
            state.filters = widest(state.listeners.iter().map(|each| each.filter.as_str()));
        }
        self.shared.away.send_replace(None);
        self.shared.work.notify_one();
    }

    pub(super) fn disconnected(&self, why: &str) {
        self.shared.away.send_replace(Some(why.to_owned()));
        // Those who wait hear that nothing was confirmed.
        self.state().publications.clear();
    }

    pub(super) fn take_work(&self) -> Work {
        let mut state = self.state();
        let mut shown = Vec::new();
        for (topic, each) in &mut state.shown {
            if std::mem::take(&mut each.is_new) {
                shown.push((topic.clone(), each.payload.clone()));
            }
        }
        Work {
            shown,
            filters: std::mem::take(&mut state.filters),
            publications: std::mem::take(&mut state.publications),
        }
    }

    /// Hands a message to everyone who listens to its topic.
    pub(super) fn deliver(&self, message: Message) {
        let complaints = &self.shared.complaints;
        if message.payload.len() > LARGEST {
            let size = message.payload.len();
            let why = format!("{size} bytes, and more than {LARGEST} are not read");
            return complaints.drop_message(&message.topic, &why);
        }
        let message = Arc::new(message);
        let mut state = self.state();
        state.listeners.retain(|listener| !listener.inbox.is_closed());
        for listener in &state.listeners {
            if topic::matches(&listener.filter, &message.topic)
                && listener.inbox.try_send(message.clone()).is_err()
            {
                complaints.drop_message(&message.topic, "more come in than can be read");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The filters without those that another one covers.
fn widest<'f>(filters: impl Iterator<Item = &'f str> + Clone) -> Vec<String> {
    let mut widest: Vec<String> = Vec::new();
    for filter in filters {
        if widest.iter().any(|wide| topic::covers(wide, filter)) {
            continue;
        }
        widest.retain(|narrow| !topic::covers(filter, narrow));
        widest.push(filter.to_owned());
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus() -> Bus {
        Bus::new(Clock::simulated(chrono::DateTime::UNIX_EPOCH, 1.0))
    }

    fn message(topic: &str, size: usize) -> Message {
        Message { topic: topic.into(), payload: vec![b'x'; size], retained: false }
    }

    #[tokio::test]
    async fn listeners_get_what_they_asked_for_and_nothing_too_large() {
        let bus = bus();
        let mut inbox = bus.listen("a/+");
        bus.deliver(message("a/b", 3));
        bus.deliver(message("b/b", 3));
        bus.deliver(message("a/b", LARGEST + 1));
        bus.deliver(message("a/c", 0));
        drop(bus.clone());
        assert_eq!(inbox.recv().await.unwrap().topic, "a/b");
        assert_eq!(inbox.recv().await.unwrap().topic, "a/c");
        assert_eq!(bus.complaints().count(), 1);
    }

    #[tokio::test]
    async fn a_listener_that_sleeps_costs_bounded_memory() {
        let bus = bus();
        let inbox = bus.listen("#");
        (0..2 * INBOX).for_each(|_| bus.deliver(message("a", 1)));
        assert_eq!((inbox.len(), bus.complaints().count()), (INBOX, INBOX as u64));
    }

    #[test]
    fn every_connection_is_told_everything_once() {
        let bus = bus();
        let _inboxes = [bus.listen("a/b"), bus.listen("a/#"), bus.listen("c")];
        bus.show("x".into(), "1");
        for _ in 0..2 {
            bus.connected();
            let work = bus.take_work();
            assert_eq!(work.filters, ["a/#", "c"]);
            assert_eq!(work.shown, [("x".to_owned(), b"1".to_vec())]);
            bus.show("x".into(), "1");
            assert!(bus.take_work().shown.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_published_late() {
        let bus = bus();
        let away = bus.publish("a", "1", false).await;
        assert!(matches!(away, Err(PublishError::Away(_))), "{away:?}");
        bus.connected();
        assert_eq!(bus.publish("a", "1", false).await, Err(PublishError::Unconfirmed));
    }
}
