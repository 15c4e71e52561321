//! One life of an agent in a rehearsal: from its start until its power is cut.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::sync::{mpsc, watch};

use super::{
    Closet, Observer, RehearseError, Rehearsed, Senses, SharedCloset, Stage, broker, stage::PAST,
};
use crate::{
    agent::{Materials, Parts, recorder},
    clock::{Clock, format_duration},
    config::OutputDrive,
    hal::{Lines, lines::LineError},
    host::HostNews,
    journal::{Event, Journal},
    output::Outputs,
    script::{
        Instance, ScriptError,
        actor::{self, Handle, Station},
    },
    sensor::{Fault, Point, Reads, SensorEvent, SensorTable, by_pace, run_together},
    tasks::Tasks,
};

/// A running agent of which nothing is real. Dropped, it is dead at once.
pub struct Life {
    pub station: Station,
    pub sensors: SensorTable,
    pub closet: SharedCloset,
    pub world: Arc<Rehearsed>,
    pub handles: Vec<Handle>,
    lines: Lines,
    tasks: Tasks<()>,
    observer: Arc<Mutex<Observer>>,
    _stop: watch::Sender<bool>,
}

/// What is left when a life is over.
pub struct Left {
    pub closet: Closet,
    pub past: Vec<(Arc<str>, Vec<Point>)>,
}

impl Life {
    /// An agent begins on the stage, by this clock.
    ///
    /// # Errors
    /// Scripts with mistakes, sensors that the site describes wrongly.
    pub async fn begin(stage: &Stage, clock: Clock) -> Result<Life, RehearseError> {
        let now = stage.closet.now();
        let closet = SharedCloset::of(stage.closet.clone(), now, clock.clone());
        let hal = closet.hal()?;
        let lines = hal.lines().clone();
        let (relays, store) = (&stage.site.outputs, stage.store.clone());
        let outputs = Outputs::new(relays, hal.lines(), clock.clone(), store, Reads::Inline)
            .map_err(|wrong| RehearseError::Sensors(stage.site.output_mistakes(wrong)))?;
        let world = Arc::new(Rehearsed::new(closet.clone()).with_outputs(outputs.clone()));
        let parts = Parts::assemble(Materials {
            site: stage.site.clone(),
            clock: clock.clone(),
            store: stage.store.clone(),
            hal,
            world: world.clone(),
            outputs: outputs.clone(),
            bus: None,
            news: HostNews::new(clock.clone()),
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
            lines,
            handles: Vec::new(),
            tasks: Tasks::default(),
            observer: stage.observer.clone(),
            _stop: stop,
        };
        let journal = life.station.around.journal.clone();
        let may_be_silent = !matches!(stage.senses, Senses::Closet);
        observe(&sensors, journal.clone(), stage.observer.clone(), may_be_silent);
        outputs.start(&journal).await;
        let enforcing = journal.clone();
        life.tasks.spawn(async move { outputs.enforce(&enforcing).await });
        match &stage.senses {
            Senses::Recording(recording) => {
                life.tasks.spawn(recording.clone().replay(sensors.clone(), clock.clone(), now));
            }
            Senses::Given(givens) => {
                life.tasks.spawn(givens.clone().publish(sensors.clone(), clock.clone(), now));
            }
            Senses::Closet => {
                let plans = &stage.closet.scenario().sensors;
                let is_heard =
                    |name: &str| plans.iter().any(|plan| plan.name == name && plan.is_heard());
                let (heard, read): (Vec<_>, Vec<_>) =
                    samplers.into_iter().partition(|sampler| is_heard(&sampler.sensor()));
                for sampler in heard {
                    let outages = stage.broker_outages.clone();
                    life.tasks.spawn(broker::hear(sampler, life.closet.clone(), outages));
                }
                let (groups, alone) = by_pace(read);
                for group in groups {
                    life.tasks.spawn(run_together(group, clock.clone()));
                }
                for sampler in alone {
                    life.tasks.spawn(sampler.run(stopping.clone()));
                }
            }
        }
        let outages = stage.broker_outages.clone();
        life.tasks.spawn(broker::tell(outages, life.closet.clone(), journal.clone()));
        for (at, by) in stage.clock_jumps.iter().filter(|(at, _)| *at >= now) {
            let wait = (*at - now).to_std().unwrap_or_default();
            life.tasks.spawn(jump(clock.clone(), journal.clone(), wait, *by));
        }
        let executor = life.station.executor.clone();
        executor.recall_hosts().await?;
        life.tasks.spawn(executor.clone().look_after_hosts());
        let remembering = executor.clone();
        life.tasks.spawn(async move { remembering.remember_hosts().await });
        life.tasks.spawn(async move { executor.keep_reminding().await });
        life.tasks.spawn(recorder::watch_ages(sensors, clock.clone()));
        life.tasks.spawn(recorder::trust_the_clock(stage.store.clone(), clock, journal, trusted));
        // Every task takes its first step, and with it every sensor speaks, before scripts begin.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        let executor = life.station.executor.clone();
        life.tasks.spawn(async move { executor.keep_finishing_moves().await });
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
                    let mut observer = lock(&self.observer);
                    for watch in &instance.declarations.watches {
                        observer.follow(name, watch);
                    }
                    drop(observer);
                    self.handles.push(actor::start(instance, changes, self.station.clone()));
                }
                Err(mistake) => mistakes.push(*mistake),
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(RehearseError::Scripts(mistakes)) }
    }

    /// From now on the line or the channel of an output takes nothing; false for an unknown one.
    pub fn break_output(&self, stage: &Stage, name: &str) -> bool {
        let known = stage.site.outputs.iter().find(|output| *output.name == *name);
        let (Some(output), Some(lines)) = (known, self.lines.simulation()) else { return false };
        let (OutputDrive::Pin(line) | OutputDrive::Pwm { channel: line, .. }) = &output.drive;
        lines.break_output(line, Some(LineError::Gone { line: line.clone() }));
        true
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
        Ok(Left { closet, past })
    }
}

/// Shows the observer what the sensors say, and tells the journal of those that fail and recover.
/// `may_be_silent`: a sensor of which a recording or a test says nothing at all is nothing to tell.
fn observe(
    sensors: &SensorTable,
    journal: Journal,
    observer: Arc<Mutex<Observer>>,
    may_be_silent: bool,
) {
    let outages = Mutex::new(recorder::Outages::new(journal));
    sensors.observe_all(move |event| {
        let is_silent =
            matches!(event, SensorEvent::Fault { fault: Fault::Nothing, .. }) && may_be_silent;
        if !is_silent {
            lock(&outages).see(event);
        }
        lock(&observer).see(event);
    });
}

async fn jump(clock: Clock, journal: Journal, wait: Duration, by: TimeDelta) {
    clock.sleep(wait).await;
    clock.jump(by);
    let (way, length) = if by < TimeDelta::zero() { ("back", -by) } else { ("on", by) };
    let length = format_duration(length.to_std().unwrap_or_default());
    journal.note("", Event::Note { text: format!("the wall clock is put {way} by {length}") });
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is shared here is whole after every statement.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
