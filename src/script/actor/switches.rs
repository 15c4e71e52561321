//! The switches of one script: what is asked of them runs like a watch, and what they show is
//! looked after.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::sync::oneshot;

use super::{
    Actor,
    command::{Command, Fired, WatchInfo},
    job::{Finished, Job, Purpose},
    kind::Kind,
};
use crate::{
    journal::Event,
    output::{Level, Levels},
    plan::{Executor, Handler, Origin, Power},
    script::declarations::{Part, StateSource, Switch},
    sensor::{Reading, Value},
    store::Begin,
    switch::{Asked, Declared, Kind as Shown, Outcome, Ticket, Wish},
    tasks,
};

/// How often the true states are looked at while somebody watches.
const LOOK_EVERY: Duration = Duration::from_secs(15);

pub(super) struct SwitchRow {
    declared: Switch,
    source: Option<StateSource>,
    running: bool,
    looking: bool,
    /// Something was heard while somebody looked: what the look finds may be old.
    look_again: bool,
    /// What was asked while it was running: the last word counts.
    next: Option<(Asked, Waiting)>,
}

type Waiting = Option<oneshot::Sender<Result<Fired, String>>>;

/// What came of a look at a switch's true state.
#[derive(Debug)]
pub struct Looked {
    switch: String,
    ticket: Option<Ticket>,
    outcome: Option<Outcome>,
}

impl SwitchRow {
    pub(super) fn sensor(&self) -> Option<&str> {
        match &self.source {
            Some(StateSource::Sensor(sensor)) => Some(sensor),
            _ => None,
        }
    }

    fn parts(&self) -> &[(Part, bool)] {
        match &self.source {
            Some(StateSource::Parts(parts)) => parts,
            _ => &[],
        }
    }

    fn has_output(&self) -> bool {
        self.parts().iter().any(|(part, _)| matches!(part, Part::Output(_)))
    }

    /// The hosts whose state it shows.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.parts().iter().filter_map(|(part, _)| match part {
            Part::Host(name) => Some(name.as_str()),
            Part::Output(_) => None,
        })
    }

    fn has_to_be_looked_at(&self) -> bool {
        matches!(self.source, Some(StateSource::Function(_) | StateSource::Parts(_)))
    }
}

impl Actor {
    /// Shows the switches of the current instance; what is under way goes on.
    pub(super) async fn take_over_switches(&mut self) {
        let mut earlier = std::mem::take(&mut self.switches);
        let mut shown = Vec::new();
        let declared = &self.instance.declarations.switches;
        for declared in declared.iter().filter(|_| !self.station.safe_mode) {
            let row = earlier.swap_remove(&declared.name);
            let row = SwitchRow {
                source: declared.source(),
                running: row.as_ref().is_some_and(|row| row.running),
                looking: row.as_ref().is_some_and(|row| row.looking),
                look_again: row.as_ref().is_some_and(|row| row.looking),
                next: row.and_then(|row| row.next),
                declared: declared.clone(),
            };
            shown.push(Declared {
                name: declared.name.clone(),
                kind: declared.kind(),
                goes: (declared.on.is_some(), declared.off.is_some()),
            });
            self.switches.insert(declared.name.clone(), row);
        }
        let back = self.back.clone();
        let board = self.station.switches.clone();
        let taken = board
            .declare(&self.name, shown, move |asked| back.send(Command::Switch(asked)).is_ok());
        for name in taken {
            self.switches.swap_remove(&name);
            let message =
                format!("another script has a switch \"{name}\" already; this one is not shown");
            self.note(&name, Event::Failed { message });
        }
        for (name, row) in &self.switches {
            if let Some(StateSource::Sensor(sensor)) = &row.source {
                if let Ok(reading) = self.station.around.sensors.read(sensor) {
                    self.show_reading(name, &reading);
                }
            } else if row.source.is_none()
                && let Ok(Some((on, brightness))) =
                    self.station.around.store.switch_state(name).await
            {
                board.found(name, on, Some(brightness));
            }
        }
        self.next_look = Duration::ZERO;
    }

    /// The moment of the next look, on the clock that never jumps.
    pub(super) fn next_look(&self) -> Option<Duration> {
        let needed = self.switches.values().any(SwitchRow::has_to_be_looked_at);
        (needed && !self.stopping && self.station.switches.is_watched()).then_some(self.next_look)
    }

    pub(super) fn look_at_switches(&mut self) {
        self.next_look = self.station.around.clock.monotonic() + LOOK_EVERY;
        for index in 0..self.switches.len() {
            if !self.switches[index].running && !self.switches[index].looking {
                self.look_at(index, None, None);
            }
        }
    }

    /// Finds out what a switch's true state is; `otherwise` counts when that cannot be known.
    fn look_at(&mut self, index: usize, ticket: Option<Ticket>, otherwise: Option<Outcome>) {
        let row = &mut self.switches[index];
        let switch = row.declared.name.clone();
        match row.source.clone() {
            Some(StateSource::Parts(parts)) => {
                row.looking = true;
                let (executor, outputs) =
                    (self.station.executor.clone(), self.station.outputs.clone());
                let back = self.back.clone();
                tasks::spawn(async move {
                    let looks = parts.iter().map(|(part, wanted)| {
                        let (executor, outputs) = (&executor, &outputs);
                        async move { Some(is_on(part, executor, outputs).await? == *wanted) }
                    });
                    let seen = futures::future::join_all(looks).await;
                    let outcome = all_so(seen.into_iter()).or(otherwise);
                    // The actor ends only when nothing runs, so it is there or needs no answer.
                    let _ = back.send(Command::Looked(Looked { switch, ticket, outcome }));
                });
            }
            Some(StateSource::Function(function)) => {
                row.looking = true;
                let purpose = Purpose::Look { switch: switch.clone(), ticket, otherwise };
                self.submit(Job {
                    id: 0,
                    script: self.name.clone(),
                    watch: switch.into(),
                    handler: Handler::Function(function),
                    cause: String::new(),
                    event_id: String::new(),
                    event: json!({}),
                    by: Origin::Script,
                    purpose,
                    waiting: None,
                });
            }
            Some(StateSource::Sensor(_)) | None => {
                if let (Some(ticket), Some(outcome)) = (ticket, otherwise) {
                    ticket.settle(outcome);
                }
            }
        }
    }

    pub(super) fn looked(&mut self, looked: Looked) {
        let Looked { switch, ticket, outcome } = looked;
        if let Some(index) = self.switches.get_index_of(&switch) {
            let row = &mut self.switches[index];
            row.looking = false;
            if std::mem::take(&mut row.look_again) && !self.stopping {
                return self.look_at(index, ticket, outcome);
            }
        }
        match (ticket, outcome) {
            (Some(ticket), Some(outcome)) => ticket.settle(outcome),
            (None, Some(Outcome::Found { on, brightness })) => {
                self.station.switches.found(&switch, on, brightness);
            }
            _ => {}
        }
    }

    /// A switch's `state` function has answered, or failed.
    pub(super) fn state_told(
        &mut self,
        finished: &Finished,
        (switch, ticket, otherwise): (String, Option<Ticket>, Option<Outcome>),
    ) {
        let outcome = match &finished.value {
            Some(serde_json::Value::Bool(on)) => Some(Outcome::Found { on: *on, brightness: None }),
            Some(serde_json::Value::Number(number)) => number.as_f64().map(|percent| {
                let brightness = percent.clamp(0.0, 100.0).round() as u8;
                Outcome::Found { on: brightness > 0, brightness: Some(brightness) }
            }),
            _ => otherwise,
        };
        self.looked(Looked { switch, ticket, outcome });
    }

    /// A host is seen to be otherwise than before, or an output is turned: the switches that stand
    /// for it show that at once, unless they are being switched.
    pub(super) fn heard_of(&mut self, changed: impl Fn(&Part) -> bool) {
        for index in 0..self.switches.len() {
            let row = &mut self.switches[index];
            if row.running || !row.parts().iter().any(|(part, _)| changed(part)) {
                continue;
            }
            if row.looking {
                row.look_again = true;
                continue;
            }
            let news = &self.station.executor.news;
            let now = row.parts().iter().map(|(part, wanted)| {
                let on = match part {
                    Part::Host(name) => news.believed(name)?.power == Power::Up,
                    Part::Output(name) => self.station.outputs.of(name)?.is_on(),
                };
                Some(on == *wanted)
            });
            if let Some(Outcome::Found { on, brightness }) = all_so(now) {
                let name = &self.switches[index].declared.name;
                self.station.switches.found(name, on, brightness);
            }
        }
    }

    /// Whether any switch stands for an output.
    pub(super) fn shows_outputs(&self) -> bool {
        self.switches.values().any(SwitchRow::has_output)
    }

    /// A sensor that a switch shows has spoken.
    pub(super) fn show_sensor(&self, reading: &Reading) {
        for (name, row) in &self.switches {
            if row.sensor() == Some(&*reading.sensor) {
                self.show_reading(name, reading);
            }
        }
    }

    fn show_reading(&self, name: &str, reading: &Reading) {
        let (on, brightness) = match reading.value {
            Value::Switch(on) => (on, None),
            Value::Number(number) => (number > 0.0, Some(number.clamp(0.0, 100.0).round() as u8)),
        };
        self.station.switches.found(name, on, brightness);
    }

    /// Somebody asks something of a switch.
    pub(super) async fn switch(&mut self, asked: Asked, waiting: Waiting) {
        let name = asked.ticket.name().clone();
        let Some(row) = self.switches.get_mut(&*name) else {
            return asked.ticket.settle(Outcome::Failed);
        };
        if row.running {
            row.next = Some((asked, waiting));
            return;
        }
        let handler = if asked.wish.on { &row.declared.on } else { &row.declared.off };
        let Some(handler) = handler.clone() else {
            return asked.ticket.settle(Outcome::Failed);
        };
        row.running = true;
        let cause = format!("switched {} by {}", on_or_off(asked.wish.on), asked.by.word());
        let kind = Kind::Switched { on: asked.wish.on, by: asked.by };
        let run = self.new_run(&name, kind, &cause, None);
        let event_id = run.event_id.clone();
        let id = self.written(Begin::from(run), &name).await;
        let event = json!({
            "watch": name,
            "cause": cause,
            "on": asked.wish.on,
            "brightness": asked.wish.brightness.unwrap_or(100),
        });
        self.submit(Job {
            id,
            script: self.name.clone(),
            watch: name,
            handler,
            cause,
            event_id,
            event,
            by: asked.by,
            purpose: Purpose::Switch(asked.ticket),
            waiting,
        });
    }

    /// A switch's handler is over.
    pub(super) async fn switched(&mut self, finished: &Finished, ticket: Ticket) {
        let outcome = if finished.ok { Outcome::Fulfilled } else { Outcome::Failed };
        let Some(index) = self.switches.get_index_of(&*finished.watch) else {
            return ticket.settle(outcome);
        };
        let row = &mut self.switches[index];
        row.running = false;
        match row.next.take() {
            // What was asked meanwhile has made this ticket void.
            Some((asked, waiting)) if !self.stopping => self.switch(asked, waiting).await,
            _ => {
                self.look_at(index, Some(ticket), Some(outcome));
                self.keep_state(index).await;
            }
        }
    }

    /// What nobody can ask for must be remembered.
    async fn keep_state(&self, index: usize) {
        let row = &self.switches[index];
        let name = &row.declared.name;
        if row.source.is_some() || row.declared.kind() == Shown::Momentary {
            return;
        }
        let Some(shown) = self.station.switches.shown(name) else { return };
        let kept = self.station.around.store.save_switch_state(name, shown.on, shown.brightness);
        if let Err(error) = kept.await {
            self.trouble(name, &error.to_string());
        }
    }

    /// A switch by hand: on, or off where that is all that it can do.
    pub(super) async fn fire_switch(
        &mut self,
        name: &str,
        reply: oneshot::Sender<Result<Fired, String>>,
    ) {
        let goes_on = self.switches.get(name).is_none_or(|row| row.declared.on.is_some());
        let wish = Wish { on: goes_on, brightness: None };
        let refused = match self.station.switches.own_wish(name, wish, Origin::Hand) {
            Ok(Some(ticket)) => {
                let asked = Asked { wish, by: Origin::Hand, ticket };
                return self.switch(asked, Some(reply)).await;
            }
            Ok(None) => format!("\"{name}\" cannot be switched {} now", on_or_off(goes_on)),
            Err(refused) => format!("\"{name}\": {refused}"),
        };
        // Whoever asked may have gone away.
        let _ = reply.send(Err(refused));
    }

    pub(super) fn switch_infos(&self) -> impl Iterator<Item = WatchInfo> {
        self.switches.iter().map(|(name, row)| {
            let on = self.station.switches.shown(name).is_some_and(|shown| shown.on);
            WatchInfo {
                name: name.clone(),
                when: format!("a switch, {}", on_or_off(on)),
                next: None,
                last_run: None,
                paused: None,
                critical: false,
                running: row.running,
            }
        })
    }

    pub(super) fn switch_handler(&self, name: &str, on: bool) -> Option<Handler> {
        let declared = &self.switches.get(name)?.declared;
        if on { declared.on.clone() } else { declared.off.clone() }
    }

    /// The purpose of a switch's run that a killed agent had begun.
    pub(super) fn taken_up(&mut self, name: &str, on: bool, by: Origin) -> Purpose {
        let wish = Wish { on, brightness: None };
        let ticket = self.station.switches.own_wish(name, wish, by).ok().flatten();
        if let Some(row) = self.switches.get_mut(name) {
            row.running = true;
        }
        ticket.map_or(Purpose::Watch, Purpose::Switch)
    }
}

async fn is_on(part: &Part, executor: &Executor, outputs: &Levels) -> Option<bool> {
    match part {
        Part::Host(name) => {
            let seen = executor.probe(executor.hosts.get(name)?).await.ok()?;
            Some(seen == Power::Up)
        }
        Part::Output(name) => outputs.of(name).map(Level::is_on),
    }
}

/// On when all are as they should be, off when one is not; unknown otherwise.
fn all_so(parts: impl Iterator<Item = Option<bool>>) -> Option<Outcome> {
    let mut on = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(Outcome::Found { on: false, brightness: None }),
            Some(true) => {}
            None => on = None,
        }
    }
    on.map(|on| Outcome::Found { on, brightness: None })
}

fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl Drop for Actor {
    /// A script that is gone takes its switches along.
    fn drop(&mut self) {
        let owner: &Arc<str> = &self.name;
        self.station.switches.withdraw(owner);
    }
}
