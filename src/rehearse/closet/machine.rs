//! A simulated host: whether it runs, what it draws, what it has used.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::Usage;
use crate::rehearse::scenario::{HostPlan, MachineKind, Scenario, Span};

/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineState {
    Off,
    Booting {
        until: DateTime<Utc>,
    },
    On,
    Stopping {
        until: DateTime<Utc>,
        /// Boots again afterwards.
        again: bool,
    },
}

impl MachineState {
    /// Whether it answers: a host that shuts down does so until it is gone.
    pub fn answers(self) -> bool {
        matches!(self, MachineState::On | MachineState::Stopping { .. })
    }

    /// When it changes by itself.
    pub fn ends(self) -> Option<DateTime<Utc>> {
        match self {
            MachineState::Booting { until } | MachineState::Stopping { until, .. } => Some(until),
            MachineState::Off | MachineState::On => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Machine {
    pub plan: HostPlan,
    /// Places in the scenario's lists.
    pub room: Option<usize>,
    pub base: Option<usize>,
    pub state: MachineState,
    /// Whether there is such a machine at all.
    pub made: bool,
    /// The templates that it was made from and has a machine of; two in the middle of a move.
    pub places: Vec<String>,
    /// Templates whose machines stand in another house.
    pub away: Vec<String>,
    /// By a fault.
    pub dead: bool,
    /// W, as of the last [`Machine::draw`].
    pub watts: f64,
    pub usage: Usage,
}

impl Machine {
    pub fn new(plan: &HostPlan, room: Option<usize>, base: Option<usize>) -> Self {
        Machine {
            plan: plan.clone(),
            room,
            base,
            state: if plan.running { MachineState::On } else { MachineState::Off },
            made: plan.made,
            places: Vec::new(),
            away: Vec::new(),
            dead: false,
            watts: 0.0,
            usage: Usage::default(),
        }
    }

    /// The same machine, where the scenario has it.
    pub fn placed_in(mut self, scenario: &Scenario) -> Self {
        if self.plan.kind == MachineKind::Placed && self.made {
            let usual = scenario.templates.first();
            self.places = self.plan.at.iter().chain(usual).take(1).cloned().collect();
        }
        self.away.clone_from(&scenario.away);
        self
    }

    /// Makes an act fail from now on, whatever the scenario says.
    pub fn fail(&mut self, act: &str) {
        self.plan.fails.push(act.to_owned());
    }

    /// Sets booting going; false when it runs or boots already. One that shuts down will boot
    /// again.
    pub fn start(&mut self, now: DateTime<Utc>) -> bool {
        match self.state {
            MachineState::Off => self.state = boot(&self.plan, now),
            MachineState::Stopping { until, again: false } => {
                self.state = MachineState::Stopping { until, again: true };
            }
            MachineState::On
            | MachineState::Booting { .. }
            | MachineState::Stopping { again: true, .. } => return false,
        }
        true
    }

    /// Sets shutting down going; false when it is off or shuts down already.
    pub fn stop(&mut self, now: DateTime<Utc>) -> bool {
        match self.state {
            MachineState::On => self.state = shut_down(&self.plan, now, false),
            // Nothing listens yet: the power button it is.
            MachineState::Booting { .. } => self.state = MachineState::Off,
            MachineState::Stopping { until, again: true } => {
                self.state = MachineState::Stopping { until, again: false };
            }
            MachineState::Off | MachineState::Stopping { again: false, .. } => return false,
        }
        true
    }

    /// Shuts it down, to boot again; only one that runs can.
    pub fn restart(&mut self, now: DateTime<Utc>) {
        self.state = shut_down(&self.plan, now, true);
    }

    /// Takes the step that is due at `now`, if one is.
    pub fn pass(&mut self, now: DateTime<Utc>) {
        match self.state {
            MachineState::Booting { until } if until <= now => self.state = MachineState::On,
            MachineState::Stopping { until, again } if until <= now => {
                self.state = if again { boot(&self.plan, now) } else { MachineState::Off };
            }
            _ => {}
        }
    }

    /// Draws what it needs at this local time of the day.
    pub fn draw(&mut self, local: NaiveTime) {
        let is_away =
            !self.places.is_empty() && self.places.iter().all(|place| self.away.contains(place));
        self.watts = match self.state {
            _ if is_away => 0.0,
            MachineState::Off => 0.0,
            MachineState::Booting { .. } => self.plan.busy_watts,
            MachineState::Stopping { .. } => self.plan.idle_watts,
            MachineState::On if self.plan.busy.iter().any(|window| window.contains(local)) => {
                self.plan.busy_watts
            }
            MachineState::On => self.plan.idle_watts,
        };
    }
}

fn boot(plan: &HostPlan, now: DateTime<Utc>) -> MachineState {
    MachineState::Booting { until: after(now, plan.boot) }
}

fn shut_down(plan: &HostPlan, now: DateTime<Utc>, again: bool) -> MachineState {
    MachineState::Stopping { until: after(now, plan.shutdown), again }
}

/// A scenario's spans are at most a hundred years: no sum with a date leaves the calendar.
pub fn after(now: DateTime<Utc>, span: Span) -> DateTime<Utc> {
    now + TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX)
}
