//! The agent under test, on a thread of its own: it stands still but when the test lets time pass.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};

use super::{director::Director, givens::Given, table::Slot};
use crate::{
    config::Site,
    journal::Entry,
    rehearse::{Audience, RehearseError, Scenario},
    script::Source,
};

/// What a test can ask for.
#[derive(Debug)]
pub enum Ask {
    /// Another script beside the one that is tested.
    Also(String),
    /// When the test begins, in local time.
    Start(NaiveDateTime),
    Given {
        sensor: String,
        slots: Vec<Slot>,
        step: Duration,
    },
    Advance(Duration),
    /// To the next time that the local clock shows this.
    Until(NaiveTime),
    /// Whether it is broken.
    HostBroken(String, bool),
    HostRuns(String, bool),
    /// On which ports a host listens.
    Ports(String, Vec<u16>),
    Fails {
        host: String,
        act: String,
    },
    /// The line of this output takes nothing from now on.
    OutputFails(String),
    /// People answer what they are asked.
    Answer(bool),
    /// Somebody knows what a watch has told.
    Acknowledge(String),
    /// What an hour costs from now on.
    Price {
        cost: String,
        value: f64,
    },
    /// A machine is taken back.
    Interrupt(String),
    /// Somebody says that a switch be on, or off.
    Turn(String, bool),
    /// Off, and on again after this time.
    Restart(Duration),
}

/// What came of it, as the test should read it.
pub type Answer = Result<(), String>;

/// What a test is played with.
#[derive(Clone)]
pub struct Props {
    pub site: Site,
    pub scenario: Scenario,
    pub script: Source,
}

/// One test's agent.
pub struct Play {
    asks: Option<mpsc::Sender<Ask>>,
    answers: mpsc::Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    pub seen: Seen,
}

/// All that has happened; clones are the same.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Entry>>>);

impl Seen {
    pub fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audience for Seen {
    fn see(&mut self, entry: &Entry) {
        self.entries().push(entry.clone());
    }
}

impl Play {
    /// Sets the stage. Nothing runs before the first [`Ask::Advance`].
    ///
    /// # Errors
    /// When the system gives no thread or no memory.
    pub fn begin(props: &Props) -> Result<Play, RehearseError> {
        let seen = Seen::default();
        let (asks, asked) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let mut director = Director::new(props, seen.clone())?;
        let thread = std::thread::Builder::new()
            .name("test".into())
            .spawn(move || director.serve(&asked, &answer))
            .map_err(RehearseError::Thread)?;
        Ok(Play { asks: Some(asks), answers, thread: Some(thread), seen })
    }

    /// Asks, and waits until it is done.
    pub fn ask(&self, ask: Ask) -> Answer {
        let gone = || "the rehearsal itself failed".to_owned();
        let asks = self.asks.as_ref().ok_or_else(gone)?;
        asks.send(ask).map_err(|_| gone())?;
        self.answers.recv().unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        drop(self.asks.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been printed, and the test has failed by it.
            let _ = thread.join();
        }
    }
}

impl Given {
    pub(super) fn from(begins: DateTime<Utc>, slots: Vec<Slot>, step: Duration) -> Given {
        Given { begins, step, slots }
    }
}
