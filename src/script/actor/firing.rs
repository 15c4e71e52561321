//! From "now" to a run: what is written down before anything happens, and what comes after.

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::sync::oneshot;

use super::{
    Actor,
    command::{Command, Fired},
    job::{self, Job, Purpose},
    kind::Kind,
};
use crate::{
    clock::{Subject, Transition},
    journal::Event,
    plan::{Handler, Origin},
    script::WhenKind,
    sensor::Reading,
    store::{Begin, NewRun, Timer},
    tasks,
};

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
        let paused = row.why_paused();
        if paused.is_some() || row.running {
            match paused {
                Some(reason) => self.note(&name, Event::Skipped { reason }),
                None => self.left_out(index),
            }
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
            None => self.last_reading(index),
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
            "value": last.as_ref().map(|reading| reading.value),
        });
        let mut event = event;
        let key = if trigger.subject == Subject::Host { "host" } else { "sensor" };
        event[key] = trigger.sensor.as_str().into();
        let kind = match transition {
            Transition::Began => Kind::Began,
            Transition::Ended => Kind::Ended,
        };
        let edge = Edge { kind, cause, event };
        if let Some(reason) = row.why_paused() {
            self.note(&name, Event::Skipped { reason });
            if transition == Transition::Ended {
                // Who was told of the beginning is told of the end: only then is the next time news.
                self.alerts_are_over(&name, None).await;
            }
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

    /// What is known of the trigger's sensor, or host.
    fn last_reading(&self, index: usize) -> Option<Reading> {
        let row = &self.watches[index];
        if let Some(host) = row.host() {
            let known = self.station.executor.news.believed(host)?;
            return Some(super::hosts::reading(&known, self.station.around.clock.now()));
        }
        self.station.around.sensors.read(row.sensor()?).ok()
    }

    /// Says once per run that an instant, or a message, came too early: a minute's work every second
    /// is no news every second.
    pub(super) fn left_out(&mut self, index: usize) {
        let row = &mut self.watches[index];
        if std::mem::replace(&mut row.told_busy, true) {
            return;
        }
        let name = row.name().to_owned();
        let reason = match self.queue.waits_behind(&name) {
            Some(first) => format!("the run before it waits its turn behind \"{first}\""),
            None => "still running".to_owned(),
        };
        self.note(&name, Event::Skipped { reason });
    }

    pub(super) async fn fire_edge(&mut self, index: usize, edge: Edge) {
        if edge.kind == Kind::Ended {
            let name = self.watches[index].name().to_owned();
            self.alerts_are_over(&name, None).await;
        }
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
        if self.switches.contains_key(watch) {
            return self.fire_switch(watch, reply).await;
        }
        let refused = match self.watches.get_index_of(watch) {
            None => Err(format!("{} has no watch \"{watch}\"", self.name)),
            Some(index) if self.watches[index].rests => Err(format!(
                "\"{watch}\" is not critical, and this is safe mode: `systemctl restart watchpost` \
                 leaves it"
            )),
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
            by: timer.by,
            purpose: Purpose::Watch,
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
        (row.running, row.told_busy) = (true, false);
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
            by: if waiting.is_some() { Origin::Hand } else { Origin::Script },
            purpose: Purpose::Watch,
            waiting,
        });
    }

    pub(super) fn new_run(
        &self,
        watch: &str,
        kind: Kind,
        cause: &str,
        handler: Option<Handler>,
    ) -> NewRun {
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
    pub(super) async fn written(&self, begin: Begin, watch: &str) -> i64 {
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

    pub(super) fn launch(&self, job: Job) {
        let (instance, station) = (self.instance.clone(), self.station.clone());
        let back = self.back.clone();
        tasks::spawn(async move {
            let finished = job::perform(job, instance, station).await;
            // The actor ends only when nothing runs, so it is there.
            let _ = back.send(Command::Ended(finished));
        });
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
