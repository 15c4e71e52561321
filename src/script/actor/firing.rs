//! From "now" to a run: what is written down before anything happens, and what comes after.

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::sync::oneshot;

use super::{
    Actor,
    command::{Command, Fired},
    job::{self, Finished, Job, Trouble},
    watch_row::PAUSED_BY_ITSELF,
};
use crate::{
    clock::Transition,
    journal::Event,
    plan::Handler,
    script::WhenKind,
    sensor::Reading,
    store::{Begin, NewRun, Paused, Timer},
};

/// A watch is paused after so many script errors in a row.
const ERRORS_UNTIL_PAUSE: u32 = 5;

/// Which of a watch's handlers runs; the words stand in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Began,
    Ended,
    OnFault,
    Timer,
}

impl Kind {
    pub(super) const ALL: [Kind; 4] = [Kind::Began, Kind::Ended, Kind::OnFault, Kind::Timer];

    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Began => "fired",
            Kind::Ended => "cleared",
            Kind::OnFault => "fault",
            Kind::Timer => "timer",
        }
    }
}

/// A trigger's edge, with what caused it.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) kind: Kind,
    pub(super) cause: String,
    pub(super) event: serde_json::Value,
}

impl Actor {
    pub(super) async fn fire_scheduled(&mut self, index: usize, instant: DateTime<Utc>) {
        let around = self.station.around.clone();
        let row = &mut self.watches[index];
        row.ran(instant, &around);
        let (name, cause) = (row.name().to_owned(), row.declared().when.to_string());
        if let Some(reason) = row.why_not() {
            self.note(&name, Event::Skipped { reason });
            if let Err(error) = around.store.save_last_run(&self.name, &name, instant).await {
                self.trouble(&name, &error.to_string());
            }
            return;
        }
        let event = json!({ "watch": name, "cause": cause });
        let edge = Edge { kind: Kind::Began, cause, event };
        let handler = row.declared().began.clone();
        self.begin(index, edge, handler, Some(instant), None).await;
    }

    pub(super) async fn fire_trigger(
        &mut self,
        index: usize,
        transition: Transition,
        reading: Option<&Reading>,
    ) {
        let last = match reading {
            Some(reading) => Some(reading.clone()),
            None => self.watches[index]
                .sensor()
                .and_then(|sensor| self.station.around.sensors.read(sensor).ok()),
        };
        let row = &mut self.watches[index];
        let name = row.name().to_owned();
        let WhenKind::Triggered(trigger) = &row.declared().when.kind else { return };
        let cause = match (&last, transition) {
            (Some(reading), Transition::Began) => trigger.describe(reading),
            (Some(reading), Transition::Ended) => trigger.describe_end(reading),
            (None, _) => trigger.to_string(),
        };
        let event = json!({
            "watch": name,
            "cause": cause,
            "sensor": trigger.sensor,
            "value": last.as_ref().map(|reading| reading.value),
        });
        let kind = match transition {
            Transition::Began => Kind::Began,
            Transition::Ended => Kind::Ended,
        };
        let edge = Edge { kind, cause, event };
        if row.paused.is_some() && !row.declared().when.critical {
            let reason = row.why_not().unwrap_or_default();
            self.note(&name, Event::Skipped { reason });
            return self.keep_trigger(index).await;
        }
        if row.running {
            // The other edge must not get lost: what one began, the other undoes. Two edges that
            // wait would undo each other.
            let waits = row.next_edge.take();
            if waits.is_none() {
                row.next_edge = Some(edge);
            }
            let reason = "still running; its turn comes when that is over".to_owned();
            self.note(&name, Event::Skipped { reason });
            return self.keep_trigger(index).await;
        }
        self.fire_edge(index, edge).await;
    }

    pub(super) async fn fire_edge(&mut self, index: usize, edge: Edge) {
        let declared = self.watches[index].declared();
        let handler = match edge.kind {
            Kind::Ended => declared.ended.clone(),
            _ => Some(declared.began.clone()),
        };
        match handler {
            Some(handler) => self.begin(index, edge, handler, None, None).await,
            None => self.keep_trigger(index).await,
        }
    }

    pub(super) async fn fire_by_hand(
        &mut self,
        watch: &str,
        reply: oneshot::Sender<Result<Fired, String>>,
    ) {
        let refused = match self.watches.get_index_of(watch) {
            None => Err(format!("{} has no watch \"{watch}\"", self.name)),
            Some(index) if self.watches[index].running => {
                Err(format!("\"{watch}\" is still running"))
            }
            Some(index) => Ok(index),
        };
        match refused {
            Err(reason) => {
                // Whoever asked may have gone away.
                let _ = reply.send(Err(reason));
            }
            Ok(index) => {
                let event = json!({ "watch": watch, "cause": "by hand" });
                let edge = Edge { kind: Kind::Began, cause: "by hand".into(), event };
                let handler = self.watches[index].declared().began.clone();
                self.begin(index, edge, handler, None, Some(reply)).await;
            }
        }
    }

    pub(super) async fn fire_timer(&mut self, timer: Timer) {
        let cause = format!("timer \"{}\"", timer.name);
        let run = self.new_run(&timer.name, Kind::Timer, &cause, Some(timer.handler.clone()));
        let event_id = run.event_id.clone();
        let begin = Begin { timer: Some(timer.name.clone()), ..run.into() };
        let id = self.written(begin, &timer.name).await;
        let event = json!({ "watch": timer.name, "cause": cause });
        self.submit(Job {
            id,
            script: self.name.clone(),
            watch: timer.name.into(),
            handler: timer.handler,
            cause,
            event_id,
            event,
            waiting: None,
        });
    }

    /// Writes the run down together with its cause, and lets it begin.
    pub(super) async fn begin(
        &mut self,
        index: usize,
        edge: Edge,
        handler: Handler,
        instant: Option<DateTime<Utc>>,
        waiting: Option<oneshot::Sender<Result<Fired, String>>>,
    ) {
        let row = &mut self.watches[index];
        row.running = true;
        let name = row.name().to_owned();
        let trigger_state = row.trigger_to_keep();
        let run = self.new_run(&name, edge.kind, &edge.cause, None);
        let event_id = run.event_id.clone();
        let begin = Begin { trigger_state, last_run: instant, ..run.into() };
        let id = self.written(begin, &name).await;
        self.submit(Job {
            id,
            script: self.name.clone(),
            watch: name.into(),
            handler,
            cause: edge.cause,
            event_id,
            event: edge.event,
            waiting,
        });
    }

    fn new_run(&self, watch: &str, kind: Kind, cause: &str, handler: Option<Handler>) -> NewRun {
        let at = self.station.around.clock.now();
        NewRun {
            script: self.name.to_string(),
            watch: watch.to_owned(),
            cause: cause.to_owned(),
            event_id: format!("{}.{watch}.{}.{}", self.name, kind.word(), at.timestamp_millis()),
            handler_kind: kind.word().to_owned(),
            handler,
            at,
        }
    }

    /// A closet that is too hot is stopped even when the disk is full: without its row the run is
    /// merely not continued by a restart.
    async fn written(&self, begin: Begin, watch: &str) -> i64 {
        match self.station.around.store.begin_run(begin).await {
            Ok(id) => id,
            Err(error) => {
                self.trouble(watch, &error.to_string());
                0
            }
        }
    }

    pub(super) fn submit(&mut self, job: Job) {
        if let Some(job) = self.queue.admit(job) {
            self.launch(job);
        }
    }

    fn launch(&self, job: Job) {
        let (instance, station) = (self.instance.clone(), self.station.clone());
        let back = self.back.clone();
        tokio::spawn(async move {
            let finished = job::perform(job, instance, station).await;
            // The actor ends only when nothing runs, so it is there.
            let _ = back.send(Command::Ended(finished));
        });
    }

    pub(super) async fn ended(&mut self, finished: Finished) {
        let store = self.station.around.store.clone();
        if let Err(error) = store.end_run(finished.id).await {
            self.trouble(&finished.watch, &error.to_string());
        }
        if let Some(next) = self.queue.ended(finished.was_function, !self.stopping) {
            self.launch(next);
        }
        let watch = finished.watch.clone();
        let Some(index) = self.watches.get_index_of(&*watch) else { return };
        self.watches[index].running = false;
        match finished.trouble {
            None => self.went_well(index).await,
            Some(Trouble::SensorGone { sensor, why }) => {
                self.sensor_gone(index, &sensor, &why).await;
            }
            Some(Trouble::Mistake(message)) => self.mistake(index, &message).await,
        }
        let row = &mut self.watches[index];
        if !self.stopping
            && !row.running
            && let Some(edge) = row.next_edge.take()
        {
            self.fire_edge(index, edge).await;
        }
    }

    async fn went_well(&mut self, index: usize) {
        let row = &mut self.watches[index];
        let name = row.name().to_owned();
        // A handler that went well has all the sensors that it needs; a trigger's is seen to where
        // its readings come in.
        if row.sensor().is_none() && row.told_of.take().is_some() {
            self.keep_told_of(index).await;
        }
        if let Err(error) = self.station.around.store.clear_errors(&self.name, &name).await {
            self.trouble(&name, &error.to_string());
        }
    }

    async fn mistake(&mut self, index: usize, message: &str) {
        let row = &self.watches[index];
        let name = row.name().to_owned();
        let critical = row.declared().when.critical;
        match self.station.around.store.count_error(&self.name, &name).await {
            Ok(errors) if errors >= ERRORS_UNTIL_PAUSE && !critical => {
                let reason =
                    format!("{PAUSED_BY_ITSELF}{errors} errors in a row, the last: {message}");
                let subject = format!("watch \"{name}\" is paused");
                let id = format!(
                    "{}.{name}.paused.{}",
                    self.name,
                    self.station.around.clock.now().timestamp_millis()
                );
                let body = format!("{reason}\nEdit the script, or say: watchpost resume {name}");
                self.station.owner.tell(&id, &subject, &body, &self.name).await;
                if let Err(error) = self.pause(&name, reason).await {
                    self.trouble(&name, &error);
                }
            }
            Ok(_) => {}
            Err(error) => self.trouble(&name, &error.to_string()),
        }
    }

    pub(super) async fn pause(&mut self, watch: &str, reason: String) -> Result<(), String> {
        let paused = Paused { reason: reason.clone(), since: self.station.around.clock.now() };
        let Some(row) = self.watches.get_mut(watch) else {
            return Err(format!("{} has no watch \"{watch}\"", self.name));
        };
        if row.declared().when.critical {
            return Err(format!("\"{watch}\" is .critical() and is never paused"));
        }
        row.paused = Some(paused.clone());
        self.note(watch, Event::Paused { reason });
        let kept = self.station.around.store.pause_watch(&self.name, watch, &paused).await;
        kept.map_err(|error| error.to_string())
    }

    pub(super) async fn resume(&mut self, watch: &str) -> Result<(), String> {
        let Some(row) = self.watches.get_mut(watch) else {
            return Err(format!("{} has no watch \"{watch}\"", self.name));
        };
        if row.paused.take().is_none() {
            return Ok(());
        }
        self.note(watch, Event::Resumed { reason: String::new() });
        let kept = self.station.around.store.resume_watch(&self.name, watch).await;
        kept.map_err(|error| error.to_string())
    }

    pub(super) async fn keep_trigger(&mut self, index: usize) {
        let row = &mut self.watches[index];
        let Some(state) = row.trigger_to_keep() else { return };
        let name = row.name().to_owned();
        let kept = self.station.around.store.save_trigger(&self.name, &name, Some(&state)).await;
        if let Err(error) = kept {
            self.trouble(&name, &error.to_string());
        }
    }

    /// The store is in trouble; the watch goes on.
    pub(super) fn trouble(&self, watch: &str, error: &str) {
        let message = format!("could not be kept: {error}");
        self.note(watch, Event::Failed { message });
    }
}

impl super::WatchRow {
    /// Why the watch must not run now.
    pub(super) fn why_not(&self) -> Option<String> {
        if let Some(paused) = &self.paused
            && !self.declared().when.critical
        {
            return Some(format!("paused ({})", paused.reason));
        }
        self.running.then(|| "still running".to_owned())
    }
}
