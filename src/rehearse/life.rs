//! One life of an agent in a rehearsal: from its start until its power is cut.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver},
        watch,
    },
    task::JoinSet,
};

use super::{Closet, RehearseError, Rehearsed, SharedCloset, Stage, stage::PAST};
use crate::{
    agent::{Materials, Parts, recorder},
    clock::Clock,
    hal::{Board, Hal},
    journal::Journal,
    script::{
        Instance, ScriptError, Watch,
        actor::{self, Handle, Station},
    },
    sensor::{Point, Reads, SensorEvent, SensorTable},
};

/// A running agent of which nothing is real. Dropped, it is dead at once.
pub struct Life {
    pub station: Station,
    pub sensors: SensorTable,
    pub closet: SharedCloset,
    pub world: Arc<Rehearsed>,
    pub handles: Vec<Handle>,
    /// Every watch with its script.
    pub watches: Vec<(Arc<str>, Watch)>,
    tasks: JoinSet<()>,
    readings: Arc<AtomicU64>,
    _stop: watch::Sender<bool>,
}

/// What is left when a life is over.
pub struct Left {
    pub closet: Closet,
    pub past: Vec<(Arc<str>, Vec<Point>)>,
    pub readings: u64,
}

impl Life {
    /// An agent begins on the stage, by this clock.
    ///
    /// # Errors
    /// Scripts with mistakes, sensors that the site describes wrongly.
    pub async fn begin(stage: &Stage, clock: Clock) -> Result<Life, RehearseError> {
        let now = stage.closet.now();
        let closet = SharedCloset::of(stage.closet.clone(), now, clock.clone());
        let world = Arc::new(Rehearsed::new(closet.clone()));
        let hal = Hal::simulated(&Board::named("simulated")?, Arc::new(closet.clone()));
        let parts = Parts::assemble(Materials {
            site: stage.site.clone(),
            clock: clock.clone(),
            store: stage.store.clone(),
            hal,
            world: world.clone(),
            bus: None,
            reads: Reads::Inline,
            past: stage.bounds(),
            sinks: vec![stage.sink()],
        });
        let Parts { sensors, samplers, station, trusted, .. } =
            parts.map_err(RehearseError::Sensors)?;
        for (sensor, points) in &stage.past {
            // A sensor that the site no longer has needs no past.
            let _ = sensors.history().preload(sensor, points.clone());
        }
        let (stop, stopping) = watch::channel(false);
        let mut life = Life {
            station,
            sensors: sensors.clone(),
            closet,
            world,
            handles: Vec::new(),
            watches: Vec::new(),
            tasks: JoinSet::new(),
            readings: Arc::default(),
            _stop: stop,
        };
        let journal = life.station.around.journal.clone();
        life.tasks.spawn(observe(sensors.subscribe_all(), journal.clone(), life.readings.clone()));
        match &stage.recording {
            Some(recording) => {
                life.tasks.spawn(recording.clone().replay(sensors.clone(), clock.clone(), now));
            }
            None => {
                for sampler in samplers {
                    life.tasks.spawn(sampler.run(stopping.clone()));
                }
            }
        }
        life.tasks.spawn(recorder::watch_ages(sensors, clock.clone()));
        life.tasks.spawn(recorder::trust_the_clock(stage.store.clone(), clock, journal, trusted));
        // Every task takes its first step, and with it every sensor speaks, before scripts begin.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        life.load(stage).await?;
        Ok(life)
    }

    async fn load(&mut self, stage: &Stage) -> Result<(), RehearseError> {
        let mut mistakes: Vec<ScriptError> = Vec::new();
        for source in &stage.scripts {
            let (timers, changes) = mpsc::unbounded_channel();
            let around = self.station.around.clone();
            let limits = stage.site.limits.clone();
            match Instance::load(source.clone(), around, limits, true, timers).await {
                Ok(instance) => {
                    let name = &instance.source.name;
                    let watches = instance.declarations.watches.iter();
                    self.watches.extend(watches.map(|watch| (name.clone(), watch.clone())));
                    self.handles.push(actor::start(instance, changes, self.station.clone()));
                }
                Err(mistake) => mistakes.push(*mistake),
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(RehearseError::Scripts(mistakes)) }
    }

    /// Ends it, and says what is left.
    ///
    /// # Errors
    /// When the store takes no readings.
    pub async fn end(self) -> Result<Left, RehearseError> {
        let closet = self.closet.now().clone();
        let mut past = Vec::new();
        let mut last = Vec::new();
        for status in self.sensors.all() {
            // One that never spoke has no past.
            let points = self.sensors.history().points(&status.name, PAST).unwrap_or_default();
            past.push((status.name, points));
            last.extend(status.reading);
        }
        // What a trigger waits for is bridged over a short outage by the last stored reading.
        self.station.around.store.record(&last).await?;
        Ok(Left { closet, past, readings: self.readings.load(Relaxed) })
    }
}

/// Counts what the sensors say, and tells the journal of those that fail and recover.
async fn observe(
    mut events: UnboundedReceiver<SensorEvent>,
    journal: Journal,
    readings: Arc<AtomicU64>,
) {
    let mut outages = recorder::Outages::new(journal);
    while let Some(event) = events.recv().await {
        outages.see(&event);
        readings.fetch_add(u64::from(matches!(event, SensorEvent::Reading(_))), Relaxed);
    }
}
