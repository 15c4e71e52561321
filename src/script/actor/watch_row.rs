//! One watch as its actor sees it: what it waits for, and whether it may run.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::command::WatchInfo;
use crate::{
    clock::{Calendar, History, Subject, Transition, Trigger, TriggerState, due},
    host::BELIEVED,
    script::{Surroundings, Watch, WhenKind},
    sensor::{Reading, SensorTable},
    store::{Paused, WatchState},
};

/// The reason of a pause that an edit lifts.
pub(super) const PAUSED_BY_ITSELF: &str = "paused by itself: ";

/// What stands where it would be said why a watch is paused.
const RESTS: &str = "safe mode";

pub(super) struct WatchRow {
    declared: Watch,
    armed_since: DateTime<Utc>,
    last_run: Option<DateTime<Utc>>,
    plan: Option<Plan>,
    trigger: TriggerState,
    /// As it stands in the store, to write only what changed.
    kept_trigger: TriggerState,
    pub(super) paused: Option<Paused>,
    /// Whether errors are counted in the store: a run that went well writes only then.
    pub(super) has_errors: bool,
    /// Safe mode: as if the script did not have this watch. Nothing of what is kept of it changes.
    pub(super) rests: bool,
    pub(super) running: bool,
    /// Whether it has been said that an instant was left out because of that.
    pub(super) told_busy: bool,
    /// A trigger's other edge, which came while the first one's handler was still running.
    pub(super) next_edge: Option<super::firing::Edge>,
    /// The sensor whose absence has been told.
    pub(super) told_of: Option<String>,
}

/// When a schedule comes next.
#[derive(Clone, Copy)]
struct Plan {
    instant: DateTime<Utc>,
    /// Intervals are waited for on the clock that never jumps.
    monotonic: Option<Duration>,
}

fn adopt(declared: &Watch, state: &mut TriggerState) {
    if let WhenKind::Triggered(trigger) = &declared.when.kind {
        trigger.adopt(state);
    }
}

impl WatchRow {
    /// What the store remembers of the watch.
    pub(super) async fn restored(declared: Watch, script: &str, around: &Surroundings) -> Self {
        let state = match around.store.watch_state(script, &declared.name).await {
            Ok(state) => state,
            Err(error) => {
                tracing::error!("the state of {script}/{} cannot be read: {error}", declared.name);
                WatchState::default()
            }
        };
        let armed_since = match state.armed_since {
            Some(since) => since,
            None => armed_now(script, &declared.name, around).await,
        };
        let mut trigger: TriggerState =
            state.trigger.and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default();
        let kept_trigger = trigger.clone();
        adopt(&declared, &mut trigger);
        let told_of = super::faults::told_of_key(script, &declared.name);
        let told_of = around.store.recall("", &told_of).await.ok().flatten();
        let mut row = WatchRow {
            declared,
            armed_since,
            last_run: state.last_run,
            plan: None,
            trigger,
            kept_trigger,
            paused: state.paused,
            has_errors: state.errors > 0,
            rests: false,
            running: false,
            told_busy: false,
            next_edge: None,
            told_of: told_of.and_then(|sensor| sensor.as_str().map(str::to_owned)),
        };
        row.bridge_downtime(around).await;
        row
    }

    /// The same watch in an edited script. Another schedule counts from now: its instants of before
    /// were never missed.
    pub(super) async fn redeclared(
        mut self,
        declared: Watch,
        script: &str,
        around: &Surroundings,
    ) -> Self {
        adopt(&declared, &mut self.trigger);
        let armed_since = match self.is_scheduled_like(&declared) {
            true => self.armed_since,
            false => armed_now(script, &declared.name, around).await,
        };
        WatchRow { declared, armed_since, plan: None, ..self }
    }

    fn is_scheduled_like(&self, other: &Watch) -> bool {
        match (&self.declared.when.kind, &other.when.kind) {
            (
                WhenKind::Scheduled { schedule: before, .. },
                WhenKind::Scheduled { schedule, .. },
            ) => before == schedule,
            _ => false,
        }
    }

    /// A restart that was shorter than the sensor's `max_age` interrupts no `lasting`: the last
    /// reading before it is in the store, even when the agent was killed.
    async fn bridge_downtime(&mut self, around: &Surroundings) {
        let Some(trigger) = self.trigger_on(Subject::Sensor).cloned() else { return };
        let Some(max_age) = around.sensors.max_age(&trigger.sensor) else { return };
        let now = around.clock.now();
        match around.store.readings_between(&trigger.sensor, now - max_age, now).await {
            Ok(points) => {
                if let Some((at, _)) = points.last() {
                    self.trigger.was_last_read(*at, max_age);
                }
            }
            Err(error) => {
                tracing::error!("the history of {} cannot be read: {error}", trigger.sensor)
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.declared.name
    }

    pub(super) fn declared(&self) -> &Watch {
        &self.declared
    }

    pub(super) fn paused_by_itself(&self) -> bool {
        self.paused.as_ref().is_some_and(|paused| paused.reason.starts_with(PAUSED_BY_ITSELF))
    }

    /// The sensor of a trigger.
    pub(super) fn sensor(&self) -> Option<&str> {
        self.trigger_on(Subject::Sensor).map(|trigger| trigger.sensor.as_str())
    }

    /// The host of a trigger.
    pub(super) fn host(&self) -> Option<&str> {
        self.trigger_on(Subject::Host).map(|trigger| trigger.sensor.as_str())
    }

    fn trigger_on(&self, subject: Subject) -> Option<&Trigger> {
        match &self.declared.when.kind {
            WhenKind::Triggered(trigger) if trigger.subject == subject && !self.rests => {
                Some(trigger)
            }
            _ => None,
        }
    }

    /// The topics whose messages fire it.
    pub(super) fn filter(&self) -> Option<&str> {
        match &self.declared.when.kind {
            WhenKind::Heard { filter } if !self.rests => Some(filter),
            _ => None,
        }
    }

    /// The hosts whose machines fire it when they are taken back.
    pub(super) fn lent(&self) -> Option<&[String]> {
        match &self.declared.when.kind {
            WhenKind::Interrupted { hosts } if !self.rests => Some(hosts),
            _ => None,
        }
    }

    /// The sensor of a trigger that compares each value with the one before.
    pub(super) fn compares_with_before(&self) -> Option<&str> {
        let trigger = self.trigger_on(Subject::Sensor)?;
        trigger.condition.is_change().then_some(trigger.sensor.as_str())
    }

    pub(super) fn listens_to(&self, sensor: &str) -> bool {
        self.sensor() == Some(sensor)
    }

    /// Decides when a schedule comes next; returns how many instants were missed.
    pub(super) fn plan(&mut self, around: &Surroundings) -> u32 {
        self.plan_at(around.clock.now(), around.clock.monotonic(), &around.calendar)
    }

    fn plan_at(&mut self, now: DateTime<Utc>, monotonic: Duration, calendar: &Calendar) -> u32 {
        let WhenKind::Scheduled { schedule, missed } = &self.declared.when.kind else { return 0 };
        if self.rests {
            return 0;
        }
        let history = History { armed_since: self.armed_since, last_run: self.last_run };
        let due = due(schedule, history, now, *missed, calendar);
        self.plan = due.map(|due| Plan {
            instant: due.next,
            monotonic: (!schedule.needs_wall_clock())
                .then(|| monotonic + (due.next - now).to_std().unwrap_or_default()),
        });
        due.map_or(0, |due| due.missed)
    }

    /// The moment on the wall clock at which this watch wants to be looked at.
    pub(super) fn wall_due(&self, trusted: bool) -> Option<DateTime<Utc>> {
        match self.plan {
            Some(Plan { instant, monotonic: None }) => trusted.then_some(instant),
            Some(_) => None,
            None => match &self.declared.when.kind {
                WhenKind::Triggered(trigger) if !self.rests => trigger.deadline(&self.trigger),
                _ => None,
            },
        }
    }

    /// The moment of an interval, on the clock that never jumps.
    pub(super) fn interval_due(&self) -> Option<Duration> {
        self.plan.and_then(|plan| plan.monotonic)
    }

    /// The instant of the schedule that is to run now.
    pub(super) fn schedule_due(
        &mut self,
        now: DateTime<Utc>,
        monotonic: Duration,
        trusted: bool,
        calendar: &Calendar,
    ) -> Option<DateTime<Utc>> {
        let plan = self.plan?;
        match plan.monotonic {
            Some(at) if at > monotonic => None,
            // It is the time that passed that counts, whatever the wall clock did meanwhile.
            Some(_) => Some(now),
            None if !trusted => None,
            None => {
                // The clock may have stepped since the plan was made.
                self.plan_at(now, monotonic, calendar);
                self.plan.map(|plan| plan.instant).filter(|instant| *instant <= now)
            }
        }
    }

    /// The instant has become a run, or was skipped.
    pub(super) fn ran(&mut self, instant: DateTime<Utc>, around: &Surroundings) {
        self.last_run = Some(instant);
        self.plan(around);
    }

    pub(super) fn observe(
        &mut self,
        reading: &Reading,
        sensors: &SensorTable,
    ) -> Option<Transition> {
        let WhenKind::Triggered(trigger) = &self.declared.when.kind else { return None };
        let max_age = sensors.max_age(&trigger.sensor).unwrap_or(Duration::MAX);
        trigger.observe(&mut self.trigger, reading, max_age)
    }

    /// The host of the trigger was seen.
    pub(super) fn observe_host(&mut self, reading: &Reading) -> Option<Transition> {
        let WhenKind::Triggered(trigger) = &self.declared.when.kind else { return None };
        trigger.observe(&mut self.trigger, reading, BELIEVED)
    }

    pub(super) fn fault(&mut self) {
        if let WhenKind::Triggered(trigger) = &self.declared.when.kind {
            trigger.fault(&mut self.trigger);
        }
    }

    /// A `lasting` or a cooldown that is over without a further reading.
    pub(super) fn lasting_due(&mut self, now: DateTime<Utc>) -> Option<Transition> {
        let WhenKind::Triggered(trigger) = &self.declared.when.kind else { return None };
        if self.rests || trigger.deadline(&self.trigger)? > now {
            return None;
        }
        let transition = trigger.elapsed(&mut self.trigger, now);
        if transition.is_none() {
            // Looked at too late: the last reading is stale by now, so `lasting` starts anew.
            trigger.fault(&mut self.trigger);
        }
        transition
    }

    /// The trigger's state, if it differs from what the store has in more than its last reading.
    pub(super) fn trigger_to_keep(&mut self) -> Option<serde_json::Value> {
        if self.trigger.is_same_but_for_last_reading(&self.kept_trigger) {
            return None;
        }
        self.kept_trigger = self.trigger.clone();
        serde_json::to_value(&self.trigger).ok()
    }

    pub(super) fn info(&self) -> WatchInfo {
        WatchInfo {
            name: self.declared.name.clone(),
            when: self.declared.when.to_string(),
            next: self.plan.map(|plan| plan.instant),
            last_run: self.last_run,
            paused: match &self.paused {
                _ if self.rests => Some(RESTS.to_owned()),
                paused => paused.as_ref().map(|paused| paused.reason.clone()),
            },
            critical: self.declared.when.critical,
            running: self.running,
        }
    }
}

async fn armed_now(script: &str, watch: &str, around: &Surroundings) -> DateTime<Utc> {
    let now = around.clock.now();
    if let Err(error) = around.store.save_armed_since(script, watch, now).await {
        tracing::error!("{script}/{watch} cannot be kept: {error}");
    }
    now
}
