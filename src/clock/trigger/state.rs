//! What a trigger remembers, and how readings, faults and time move it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Condition, Subject, Trigger};
use crate::sensor::{Reading, Value};

/// All that must survive a restart. A watch that is armed anew begins with the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TriggerState {
    /// What was asked of which sensor when all this was so.
    of: Option<(String, Condition)>,
    /// Between [`Transition::Began`] and [`Transition::Ended`].
    active: bool,
    /// Since when the condition holds without a gap, while it has not begun.
    holding: Option<Holding>,
    /// The last believed reading, and until when it can be believed.
    last: Option<Seen>,
    /// `changed` fires when a value differs from this one.
    settled: Option<Value>,
    /// Before this moment nothing begins.
    cooldown_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Holding {
    since: DateTime<Utc>,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    at: DateTime<Utc>,
    believed_until: DateTime<Utc>,
}

/// What a reading, or the time, has done to a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    Began,
    /// Never comes for `changed` and `edge`.
    Ended,
}

impl TriggerState {
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whether the two differ in nothing but the last reading, which history remembers too.
    pub fn is_same_but_for_last_reading(&self, other: &TriggerState) -> bool {
        let TriggerState { of, active, holding, last: _, settled, cooldown_until } = self;
        *of == other.of
            && *active == other.active
            && *holding == other.holding
            && *settled == other.settled
            && *cooldown_until == other.cooldown_until
    }

    /// After a restart: the sensor was last read then, as history remembers.
    pub fn was_last_read(&mut self, at: DateTime<Utc>, max_age: Duration) {
        if self.last.is_none_or(|last| last.at < at) {
            self.last = Some(Seen { at, believed_until: later(at, max_age) });
        }
    }
}

impl Trigger {
    /// Takes over what an earlier version of the script, or an earlier life of the agent, has left.
    ///
    /// What was begun stays begun, so that its end still comes. But what only pends was pending
    /// for another question when the condition was edited, and starts anew.
    pub fn adopt(&self, state: &mut TriggerState) {
        let asked = match self.subject {
            Subject::Sensor => (self.sensor.clone(), self.condition),
            // A sensor may have the same name.
            Subject::Host => (format!("host {}", self.sensor), self.condition),
        };
        let before = state.of.replace(asked.clone());
        if before.is_some_and(|before| before != asked) {
            (state.holding, state.last, state.settled) = (None, None, None);
        }
    }

    /// Takes in a believed reading of the trigger's sensor.
    ///
    /// One that comes later than `max_age` after the previous one starts `lasting` anew: nobody
    /// knows what was between them. So does one that is dated before it: the clock was set.
    pub fn observe(
        &self,
        state: &mut TriggerState,
        reading: &Reading,
        max_age: Duration,
    ) -> Option<Transition> {
        let Reading { value, at, .. } = *reading;
        if !value.as_f64().is_finite() {
            self.fault(state);
            return None;
        }
        if let Some(last) = state.last {
            if at < last.at || at - last.at > to_delta(max_age) {
                state.holding = None;
            }
            if at < last.at {
                // The end of a cooldown was reckoned on the clock's old time.
                let longest = later(at, self.cooldown);
                state.cooldown_until = state.cooldown_until.map(|until| until.min(longest));
            }
        }
        state.last = Some(Seen { at, believed_until: later(at, max_age) });

        if state.active {
            if !self.condition.clears(value, self.clears_at) {
                return None;
            }
            state.active = false;
            return Some(Transition::Ended);
        }
        if !self.condition.holds(value, state.settled) {
            state.holding = None;
            if self.condition.is_change() {
                state.settled = Some(value);
            }
            return None;
        }
        let is_another_change =
            |holding: &Holding| self.condition.is_change() && holding.value != value;
        if state.holding.as_ref().is_none_or(is_another_change) {
            state.holding = Some(Holding { since: at, value });
        }
        self.begin_if_due(state, at)
    }

    /// The sensor cannot be believed. What was pending is dropped; what is active stays active.
    pub fn fault(&self, state: &mut TriggerState) {
        state.holding = None;
    }

    /// When a pending trigger begins without a further reading; ask [`Trigger::elapsed`] then.
    ///
    /// `None` when nothing is pending, or the last reading is stale by then.
    pub fn deadline(&self, state: &TriggerState) -> Option<DateTime<Utc>> {
        let believed_until = state.last?.believed_until;
        self.begins_at(state).filter(|begins_at| *begins_at <= believed_until)
    }

    /// Time has passed without a reading: begins what is pending and due, unless the last reading
    /// is stale by now.
    pub fn elapsed(&self, state: &mut TriggerState, now: DateTime<Utc>) -> Option<Transition> {
        let last = state.last?;
        let is_believed = (last.at..=last.believed_until).contains(&now);
        if is_believed { self.begin_if_due(state, now) } else { None }
    }

    fn begins_at(&self, state: &TriggerState) -> Option<DateTime<Utc>> {
        let lasted = later(state.holding?.since, self.lasting);
        Some(state.cooldown_until.map_or(lasted, |until| until.max(lasted)))
    }

    fn begin_if_due(&self, state: &mut TriggerState, now: DateTime<Utc>) -> Option<Transition> {
        if self.begins_at(state)? > now {
            return None;
        }
        let holding = state.holding.take()?;
        match self.condition.is_change() {
            true => state.settled = Some(holding.value),
            false => state.active = true,
        }
        state.cooldown_until = Some(later(now, self.cooldown));
        Some(Transition::Began)
    }
}

fn to_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn later(moment: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    moment.checked_add_signed(to_delta(duration)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests;
