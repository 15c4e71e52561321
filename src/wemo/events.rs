//! The subscribers of one device. Each is told by a task of its own: one that does not answer
//! delays nobody.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    task::AbortHandle,
};

use super::{
    Kind,
    gena::{self, Callback, Refused},
};
use crate::{switch::Shown, tasks};

const MOST_SUBSCRIBERS: usize = 16;
/// Changes that a subscriber may be behind; then it is told the latest state alone.
const MOST_WAITING: usize = 32;
/// Connecting, sending and hearing the answer, each.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub struct Subscribers(Mutex<Vec<Subscriber>>);

#[derive(Debug)]
struct Subscriber {
    sid: String,
    /// On the clock that never jumps.
    until: Duration,
    events: Events,
    task: AbortHandle,
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a subscriber's events are put in.
#[derive(Clone, Debug)]
pub struct Events {
    queue: mpsc::Sender<Shown>,
    overflowed: Arc<AtomicBool>,
    latest: Arc<Mutex<Shown>>,
}

impl Events {
    /// Never waits.
    pub fn put(&self, shown: Shown) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = shown;
        if self.queue.try_send(shown).is_err() {
            self.overflowed.store(true, Ordering::Relaxed);
        }
    }
}

impl Subscribers {
    /// Adds a subscriber; returns its SID, and where its first event is to be put once it has been
    /// told the SID.
    ///
    /// # Errors
    /// When there are enough.
    pub fn add(
        &self,
        callbacks: Vec<Callback>,
        (kind, shown): (Kind, Shown),
        now: Duration,
        lasts: Duration,
    ) -> Result<(String, Events), Refused> {
        let mut all = self.alive(now);
        if all.len() >= MOST_SUBSCRIBERS {
            return Err(Refused::Full);
        }
        let chance = fastrand::u128(..);
        let sid = format!(
            "uuid:{:08x}-{:04x}-4000-8000-{:012x}",
            (chance >> 96) as u32,
            (chance >> 64) as u16,
            chance as u64 & 0xffff_ffff_ffff
        );
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let events =
            Events { queue, overflowed: Arc::default(), latest: Arc::new(Mutex::new(shown)) };
        let (flag, latest) = (events.overflowed.clone(), events.latest.clone());
        let telling = tell(waiting, flag, latest, callbacks, sid.clone(), kind);
        let task = tasks::spawn(telling).abort_handle();
        let until = now + lasts;
        all.push(Subscriber { sid: sid.clone(), until, events: events.clone(), task });
        Ok((sid, events))
    }

    /// Returns whether there is such a subscription.
    pub fn renew(&self, sid: &str, now: Duration, lasts: Duration) -> bool {
        let mut all = self.alive(now);
        let found = all.iter_mut().find(|each| each.sid == sid);
        found.map(|each| each.until = now + lasts).is_some()
    }

    /// Returns whether there was such a subscription.
    pub fn remove(&self, sid: &str, now: Duration) -> bool {
        let mut all = self.alive(now);
        let before = all.len();
        all.retain(|each| each.sid != sid);
        all.len() < before
    }

    /// Tells all of them.
    pub fn publish(&self, shown: Shown, now: Duration) {
        for each in self.alive(now).iter() {
            each.events.put(shown);
        }
    }

    pub fn count(&self, now: Duration) -> usize {
        self.alive(now).len()
    }

    fn alive(&self, now: Duration) -> MutexGuard<'_, Vec<Subscriber>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|each| each.until > now);
        all
    }
}

/// The variables of a state, by name.
fn variables(kind: Kind, shown: Shown) -> Vec<(&'static str, String)> {
    let mut variables = vec![("BinaryState", u8::from(shown.on).to_string())];
    if kind == Kind::Dimmer {
        variables.push(("Brightness", shown.brightness.to_string()));
    }
    variables
}

async fn tell(
    mut waiting: mpsc::Receiver<Shown>,
    overflowed: Arc<AtomicBool>,
    latest: Arc<Mutex<Shown>>,
    callbacks: Vec<Callback>,
    sid: String,
    kind: Kind,
) {
    let mut sequence = 0;
    while let Some(mut shown) = waiting.recv().await {
        if overflowed.swap(false, Ordering::Relaxed) {
            while waiting.try_recv().is_ok() {}
            shown = *latest.lock().unwrap_or_else(PoisonError::into_inner);
        }
        let variables = variables(kind, shown);
        for callback in &callbacks {
            let bytes = gena::notify(callback, &sid, sequence, &variables);
            match deliver(callback, &bytes).await {
                Ok(()) => break,
                Err(error) => tracing::debug!("{} was not told: {error}", callback.address),
            }
        }
        sequence = gena::next_sequence(sequence);
    }
}

async fn deliver(to: &Callback, bytes: &[u8]) -> io::Result<()> {
    let mut stream = patiently(TcpStream::connect(to.address)).await?;
    stream.set_nodelay(true)?;
    patiently(stream.write_all(bytes)).await?;
    let mut answer = [0; 256];
    // Whatever it answers, it has been told.
    patiently(stream.read(&mut answer)).await.map(drop)
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
