//! One actor a script: it decides what runs when, and runs it.
//!
//! Functions of one script run one at a time; pipes need no engine and queue behind nobody. A watch
//! never queues behind itself. Every run is written down together with what caused it before it
//! begins, so that a killed agent goes on with it.

mod command;
mod faults;
mod firing;
mod hosts;
mod interruptions;
mod job;
mod kind;
mod messages;
mod outcome;
mod pausing;
mod queue;
mod switches;
#[cfg(test)]
mod tests;
mod timers;
mod unfinished;
mod watch_row;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use tokio::sync::{broadcast, mpsc, watch};

pub use self::{
    command::{Command, Fired, Handle, WatchInfo},
    job::{Job, Purpose, perform},
};
use self::{queue::Queue, switches::SwitchRow, timers::Timers, watch_row::WatchRow};
use super::{Instance, Surroundings, context::TimerChange, declarations::Part};
use crate::{
    host::{Care, HostEvent},
    journal::Event,
    output::Levels,
    plan::Executor,
    sensor::{Fault, SensorEvent},
    switch::Switchboard,
    tasks::{self, Tasks},
};

/// What all actors share.
#[derive(Clone)]
pub struct Station {
    pub around: Surroundings,
    pub executor: Arc<Executor>,
    pub owner: Arc<crate::plan::Owner>,
    /// Whether the wall clock can be believed; until then schedules that need it wait.
    pub trusted: watch::Receiver<bool>,
    pub switches: Switchboard,
    /// How far the board's outputs are on.
    pub outputs: Levels,
    /// After a crash loop: only critical watches run; there are no switches, and no timers but those
    /// that a critical watch sets.
    pub safe_mode: bool,
}

struct Actor {
    name: Arc<str>,
    station: Station,
    instance: Arc<Instance>,
    watches: IndexMap<String, WatchRow>,
    switches: IndexMap<String, SwitchRow>,
    /// On the clock that never jumps.
    next_look: std::time::Duration,
    timers: Timers,
    queue: Queue,
    commands: mpsc::UnboundedReceiver<Command>,
    /// For the jobs, which tell how they ended.
    back: mpsc::UnboundedSender<Command>,
    timer_changes: mpsc::UnboundedReceiver<TimerChange>,
    events: Option<mpsc::UnboundedReceiver<SensorEvent>>,
    /// What hosts do, where a watch waits for it or a switch shows it; and that they are looked at
    /// for the watches' sake.
    hosts: Option<(broadcast::Receiver<HostEvent>, Care)>,
    /// Those who bring messages; they end with it.
    listening: Tasks<()>,
    stopping: bool,
}

/// Starts the actor of a loaded script. `timers` hands over what its functions `after` and `cancel`
/// say; every instance of the script must have been loaded with the other end.
pub fn start(
    instance: Instance,
    timer_changes: mpsc::UnboundedReceiver<TimerChange>,
    station: Station,
) -> Handle {
    let name = instance.source.name.clone();
    let (back, commands) = mpsc::unbounded_channel();
    let actor = Actor {
        name: name.clone(),
        station,
        instance: Arc::new(instance),
        watches: IndexMap::new(),
        switches: IndexMap::new(),
        next_look: std::time::Duration::ZERO,
        timers: Timers::default(),
        queue: Queue::default(),
        commands,
        back: back.clone(),
        timer_changes,
        events: None,
        hosts: None,
        listening: Tasks::default(),
        stopping: false,
    };
    Handle::new(name, back, tasks::spawn(actor.run()))
}

/// What woke the actor.
enum Wake {
    Command(Command),
    Timer(TimerChange),
    Sensor(SensorEvent),
    Host(HostEvent),
    /// An output was turned, and a switch shows outputs.
    Turned,
    Trusted,
    Time,
    /// Time to look at the switches' true states.
    Look,
}

impl Actor {
    async fn run(mut self) {
        self.take_over().await;
        if !self.station.safe_mode {
            self.timers.load(&self.station.around.store, &self.name).await;
        }
        self.take_up_unfinished().await;
        self.look_at_sensors().await;
        while !(self.stopping && self.queue.is_idle()) {
            match self.wait().await {
                Wake::Command(command) => self.obey(command).await,
                Wake::Timer(change) => self.timers.apply(change),
                Wake::Sensor(event) => self.see(event).await,
                Wake::Host(event) => self.see_host(event).await,
                Wake::Turned => self.heard_of(|part| matches!(part, Part::Output(_))),
                Wake::Trusted | Wake::Time => self.look_at_the_clock().await,
                Wake::Look => self.look_at_switches(),
            }
        }
    }

    async fn wait(&mut self) -> Wake {
        let clock = &self.station.around.clock;
        let trusted = *self.station.trusted.borrow();
        let wall = self.next_wall(trusted);
        let look = self.next_look();
        let interval = self.next_interval();
        let shows_outputs = self.shows_outputs();
        tokio::select! {
            biased;
            Some(command) = self.commands.recv() => Wake::Command(command),
            Some(change) = self.timer_changes.recv() => Wake::Timer(change),
            Some(event) = next_event(&mut self.events) => Wake::Sensor(event),
            Some(event) = hosts::next(&mut self.hosts) => Wake::Host(event),
            () = self.station.outputs.turned(), if shows_outputs => Wake::Turned,
            Ok(()) = self.station.trusted.changed(), if !trusted => Wake::Trusted,
            () = async {
                match wall {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
                give_way().await;
            } => Wake::Time,
            () = async {
                match interval {
                    Some(at) => clock.sleep_to(at).await,
                    None => std::future::pending().await,
                }
                give_way().await;
            } => Wake::Time,
            () = async {
                match look {
                    Some(at) => clock.sleep(at.saturating_sub(clock.monotonic())).await,
                    None => std::future::pending().await,
                }
            } => Wake::Look,
        }
    }

    /// The next moment on the wall clock at which something is to be done.
    fn next_wall(&self, trusted: bool) -> Option<DateTime<Utc>> {
        if self.stopping {
            return None;
        }
        let watches = self.watches.values().filter_map(|row| row.wall_due(trusted)).min();
        [watches, self.timers.next_due()].into_iter().flatten().min()
    }

    /// The next end of an interval, on the clock that never jumps.
    fn next_interval(&self) -> Option<Duration> {
        if self.stopping {
            return None;
        }
        self.watches.values().filter_map(WatchRow::interval_due).min()
    }

    /// Does everything that is due now.
    async fn look_at_the_clock(&mut self) {
        if self.stopping {
            return;
        }
        let around = self.station.around.clone();
        let trusted = *self.station.trusted.borrow();
        for index in 0..self.watches.len() {
            let row = &mut self.watches[index];
            let (now, monotonic) = (around.clock.now(), around.clock.monotonic());
            if let Some(instant) = row.schedule_due(now, monotonic, trusted, &around.calendar) {
                self.fire_scheduled(index, instant).await;
            } else if let Some(transition) = row.lasting_due(now) {
                self.fire_trigger(index, transition, None).await;
            }
        }
        while let Some(timer) = self.timers.take_due(around.clock.now()) {
            self.fire_timer(timer).await;
        }
    }

    async fn see(&mut self, event: SensorEvent) {
        if let SensorEvent::Reading(reading) = &event {
            self.show_sensor(reading);
        }
        for index in 0..self.watches.len() {
            if !self.watches[index].listens_to(event.sensor()) {
                continue;
            }
            match &event {
                SensorEvent::Reading(reading) => {
                    self.recovered(index, reading).await;
                    let row = &mut self.watches[index];
                    if let Some(transition) = row.observe(reading, &self.station.around.sensors) {
                        self.fire_trigger(index, transition, Some(reading)).await;
                    } else {
                        self.keep_trigger(index).await;
                    }
                }
                SensorEvent::Fault { sensor, fault, .. } => {
                    self.watches[index].fault();
                    self.keep_trigger(index).await;
                    self.sensor_gone(index, sensor, &fault.to_string()).await;
                }
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Fire { watch, reply } => self.fire_by_hand(&watch, reply).await,
            Command::Switch(asked) => self.switch(asked, None).await,
            Command::Looked(looked) => self.looked(looked),
            Command::Load(instance) => {
                self.instance = Arc::new(*instance);
                self.take_over().await;
                self.look_at_sensors().await;
            }
            Command::Pause { watch, reason, reply } => {
                // Whoever asked may have gone away.
                let _ = reply.send(self.pause(&watch, reason).await);
            }
            Command::Resume { watch, reply } => {
                let _ = reply.send(self.resume(&watch).await);
            }
            Command::List(reply) => {
                let watches = self.watches.values().map(WatchRow::info);
                let _ = reply.send(watches.chain(self.switch_infos()).collect());
            }
            Command::Ended(finished) => self.ended(finished).await,
            Command::Heard(heard) => self.heard(heard).await,
            Command::TakenBack(taken) => self.taken_back(taken).await,
            Command::Stop => self.stopping = true,
        }
    }

    /// Makes the rows of the current instance's watches; what they wait for is kept.
    async fn take_over(&mut self) {
        let around = self.station.around.clone();
        let mut watches = IndexMap::new();
        for declared in &self.instance.declarations.watches {
            let earlier = self.watches.swap_remove(&declared.name);
            let mut row = match earlier {
                Some(row) => row.redeclared(declared.clone(), &self.name, &around).await,
                None => WatchRow::restored(declared.clone(), &self.name, &around).await,
            };
            row.rests = self.station.safe_mode && !declared.when.critical;
            watches.insert(declared.name.clone(), row);
        }
        self.watches = watches;
        for index in 0..self.watches.len() {
            if self.watches[index].paused_by_itself() {
                let name = self.watches[index].name().to_owned();
                // An edit is the owner's answer to what went wrong.
                if let Err(error) = self.resume(&name).await {
                    self.note(&name, Event::Failed { message: error });
                }
            }
            let missed = self.watches[index].plan(&around);
            if missed > 0 {
                let reason = format!("{missed} missed while nothing could run");
                self.note(self.watches[index].name(), Event::Skipped { reason });
            }
        }
        self.take_over_switches().await;
        let watched = self.watches.values().filter_map(WatchRow::sensor);
        let shown = self.switches.values().filter_map(SwitchRow::sensor);
        let sensors: Vec<String> = watched.chain(shown).map(str::to_owned).collect();
        self.events = match around.sensors.subscribe(&sensors) {
            Ok(events) if !sensors.is_empty() => Some(events),
            _ => None,
        };
        self.listen();
        self.watch_hosts();
        self.note("", Event::Loaded { watches: self.watches.len(), switches: self.switches.len() });
        self.look_at_what_is().await;
    }

    /// What compares with the value before must know one: the next reading may be an edge already.
    async fn look_at_what_is(&mut self) {
        let table = self.station.around.sensors.clone();
        for index in 0..self.watches.len() {
            let row = &mut self.watches[index];
            let Some(sensor) = row.compares_with_before() else { continue };
            if let Ok(reading) = table.read(sensor)
                && let Some(transition) = row.observe(&reading, &table)
            {
                self.fire_trigger(index, transition, Some(&reading)).await;
            }
        }
    }

    /// What is so already brings no event: a trigger that is true at the start begins now, and a
    /// sensor that has gone before is missed now.
    async fn look_at_sensors(&mut self) {
        let mut sensors: Vec<String> =
            self.watches.values().filter_map(WatchRow::sensor).map(str::to_owned).collect();
        sensors.sort();
        sensors.dedup();
        for sensor in sensors {
            let Ok(status) = self.station.around.sensors.status(&sensor) else { continue };
            match (status.fault, status.reading) {
                (None, Some(reading)) => self.see(SensorEvent::Reading(reading)).await,
                // One that has not spoken yet may still be in time.
                (None | Some(Fault::Nothing), _) => {}
                (Some(fault), _) => {
                    let (sensor, at) = (status.name, self.station.around.clock.now());
                    self.see(SensorEvent::Fault { sensor, fault, at }).await;
                }
            }
        }
    }

    fn note(&self, watch: &str, event: Event) {
        self.station.around.journal.of_watch(&self.name, watch, event);
    }
}

/// Sensors that are due in the same moment speak first, so that what falls into one moment has an
/// order that a restart does not change: readings, then schedules, by the `biased` of the wait.
async fn give_way() {
    tokio::task::yield_now().await;
}

async fn next_event(
    events: &mut Option<mpsc::UnboundedReceiver<SensorEvent>>,
) -> Option<SensorEvent> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}
