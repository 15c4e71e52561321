//! What outlives an agent in a rehearsal: the closet, the state, the sensors' past. On it, one life
//! of an agent follows another, as after a power cut.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::{Builder, Runtime};

use super::{
    Closet, Life, Observer, RehearseError, Scenario, Senses, life::Left, scenario::Outage,
};
use crate::{
    clock::Clock,
    config::Site,
    journal::{Entry, Event, Sink},
    script::Source,
    sensor::{HistoryBounds, Point},
    store::Store,
};

/// Takes a rehearsal's entries as they come.
pub trait Audience: Send {
    fn see(&mut self, entry: &Entry);
}

/// The site and the world of a rehearsal.
pub struct Stage {
    pub site: Arc<Site>,
    pub scripts: Vec<Source>,
    pub closet: Closet,
    pub store: Store,
    /// What the sensors say.
    pub senses: Senses,
    /// When the agent's wall clock jumps, and by how much.
    pub clock_jumps: Vec<(DateTime<Utc>, TimeDelta)>,
    /// When nothing comes over MQTT.
    pub broker_outages: Arc<[Outage]>,
    pub audience: Arc<Mutex<dyn Audience>>,
    /// What the sensors said in the lives before.
    pub past: Vec<(Arc<str>, Vec<Point>)>,
    pub observer: Arc<Mutex<Observer>>,
}

/// All sensors together keep so many points in memory, 24 bytes each.
const POINTS: usize = 1_500_000;
/// How far back sensors remember.
pub const PAST: Duration = Duration::from_secs(32 * 86_400);

impl Stage {
    /// A stage at the scenario's beginning, moved to `start`.
    ///
    /// # Errors
    /// When SQLite gives no memory.
    pub fn new(
        site: Site,
        scenario: &Scenario,
        scripts: Vec<Source>,
        start: DateTime<Utc>,
        audience: Arc<Mutex<dyn Audience>>,
    ) -> Result<Stage, RehearseError> {
        Ok(Stage {
            site: Arc::new(site),
            scripts,
            closet: Closet::starting(scenario, start),
            store: Store::memory()?,
            senses: Senses::Closet,
            clock_jumps: Vec::new(),
            broker_outages: Arc::default(),
            audience,
            past: Vec::new(),
            observer: Arc::default(),
        })
    }

    /// Lets an agent live here from the closet's present until `until`, when it ends as if its
    /// power were cut.
    ///
    /// # Errors
    /// Whatever keeps it from beginning.
    pub fn live(&mut self, until: DateTime<Utc>) -> Result<(), RehearseError> {
        let runtime = runtime()?;
        let begins = self.closet.now();
        let left = runtime.block_on(async {
            let clock = Clock::simulated(begins, 1.0);
            let life = Life::begin(self, clock.clone()).await?;
            clock.sleep((until - begins).to_std().unwrap_or_default()).await;
            life.end().await
        })?;
        // Whatever still runs dies with the runtime.
        drop(runtime);
        self.take_over(left);
        Ok(())
    }

    /// Lets time pass without an agent, until its power is back.
    pub fn pass(&mut self, until: DateTime<Utc>) {
        self.closet.advance(until);
    }

    pub fn observer(&self) -> MutexGuard<'_, Observer> {
        // It is whole after every statement.
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something about the rehearsal itself.
    pub fn note(&self, text: &str) {
        let event = Event::Note { text: text.to_owned() };
        let (script, watch) = Default::default();
        let entry = Entry { at: self.closet.now(), script, watch, run: None, event };
        self.audience.lock().unwrap_or_else(PoisonError::into_inner).see(&entry);
    }

    /// What is left of a life.
    pub fn take_over(&mut self, left: Left) {
        self.closet = left.closet;
        self.past = left.past;
    }

    pub fn sink(&self) -> Sink {
        let audience = self.audience.clone();
        Box::new(move |entry| {
            audience.lock().unwrap_or_else(PoisonError::into_inner).see(entry);
        })
    }

    /// How much of the past each sensor keeps: a month of a reading a minute and more.
    pub fn bounds(&self) -> HistoryBounds {
        HistoryBounds { window: PAST, count: POINTS / self.site.sensors.len().max(1) }
    }
}

/// One thread, virtual time, and no driver for sockets or processes.
///
/// # Errors
/// When the system gives no resources for it.
pub fn runtime() -> Result<Runtime, RehearseError> {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(RehearseError::Thread)
}

impl<A: Audience, B: Audience> Audience for (A, B) {
    fn see(&mut self, entry: &Entry) {
        self.0.see(entry);
        self.1.see(entry);
    }
}

/// So that its owner can take it back when the rehearsal is over.
impl<A: Audience> Audience for Option<A> {
    fn see(&mut self, entry: &Entry) {
        if let Some(audience) = self {
            audience.see(entry);
        }
    }
}
