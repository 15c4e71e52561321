//! What can be done to the closet's hosts.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Closet, MachineState,
    chance::{Subject, uniform},
    machine::Machine,
};

/// Why a simulated host does not do as it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    #[error("the scenario has no host `{0}`; add a [[hosts]] of that name to it")]
    Unknown(String),
    #[error("{0} does not answer")]
    Away(String),
    #[error("{host} cannot start: {base}, on which it runs, is not up")]
    Baseless { host: String, base: String },
    #[error("there is no {0} yet: `create` makes it")]
    NotMade(String),
    /// The scenario wants this act to fail.
    #[error("{act} of {host} failed, as the scenario wants it")]
    Failed { act: &'static str, host: String },
}

impl Closet {
    /// Whether it runs; `None` for a host that the scenario does not have.
    pub fn state(&self, host: &str) -> Option<MachineState> {
        self.scenario.host(host).map(|index| self.machines[index].state)
    }

    /// Whether it answers; a host that shuts down does so until it is gone.
    pub fn is_up(&self, host: &str) -> Result<bool, HostError> {
        let state = self.state(host).ok_or_else(|| HostError::Unknown(host.to_owned()))?;
        Ok(state.answers())
    }

    /// Sets booting going at `now`; false when it runs or boots already.
    pub fn start(&mut self, host: &str, now: DateTime<Utc>) -> Result<bool, HostError> {
        let index = self.reach(host, "start", now)?;
        if !self.machines[index].made {
            return Err(HostError::NotMade(host.to_owned()));
        }
        if let Some(base) = self.machines[index].base
            && self.machines[base].state != MachineState::On
        {
            let base = self.machines[base].plan.name.clone();
            return Err(HostError::Baseless { host: host.to_owned(), base });
        }
        Ok(self.change(|closet| closet.machines[index].start(now)))
    }

    /// Makes the machine, if there is none, and boots it; false when it runs or boots already.
    pub fn create(
        &mut self,
        host: &str,
        template: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, HostError> {
        let index = self.reach(host, "create", now)?;
        let is_new = !std::mem::replace(&mut self.machines[index].made, true);
        let started = self.start(host, now);
        if is_new && started.is_err() {
            self.machines[index].made = false;
        } else if is_new {
            self.machines[index].places = vec![template.to_owned()];
        }
        started
    }

    /// Deletes the machine at once; false when there is none.
    pub fn destroy(&mut self, host: &str, now: DateTime<Utc>) -> Result<bool, HostError> {
        let index = self.reach(host, "destroy", now)?;
        self.set_running(host, false);
        self.machines[index].places.clear();
        Ok(std::mem::replace(&mut self.machines[index].made, false))
    }

    /// The templates that the host has a machine of.
    pub fn places(&self, host: &str) -> Result<Vec<String>, HostError> {
        let index = self.scenario.host(host).ok_or_else(|| HostError::Unknown(host.to_owned()))?;
        Ok(self.machines[index].places.clone())
    }

    /// Sets making another machine going, beside the one that there may be; says how long it takes.
    pub fn begin_making(
        &mut self,
        host: &str,
        template: &str,
        now: DateTime<Utc>,
    ) -> Result<Duration, HostError> {
        let index = self.reach(host, "create", now)?;
        let machine = &self.machines[index];
        let is_there = machine.places.iter().any(|place| place == template);
        Ok(if is_there { Duration::ZERO } else { machine.plan.boot.0 })
    }

    /// The other machine answers; false when it was there before.
    pub fn end_making(&mut self, host: &str, template: &str) -> Result<bool, HostError> {
        let index = self.scenario.host(host).ok_or_else(|| HostError::Unknown(host.to_owned()))?;
        if self.machines[index].places.iter().any(|place| place == template) {
            return Ok(false);
        }
        self.machines[index].places.push(template.to_owned());
        self.machines[index].made = true;
        self.set_running(host, true);
        Ok(true)
    }

    /// Deletes the machine of this template; false when there is none.
    pub fn leave(
        &mut self,
        host: &str,
        template: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, HostError> {
        let index = self.reach(host, "destroy", now)?;
        let places = &mut self.machines[index].places;
        let before = places.len();
        places.retain(|place| place != template);
        let (after, is_none) = (places.len(), places.is_empty());
        if is_none {
            self.set_running(host, false);
            self.machines[index].made = false;
        } else {
            // Elsewhere it draws something else.
            self.change(|_| ());
        }
        Ok(after < before)
    }

    /// Sets shutting down going at `now`; false when it is off or shuts down already.
    pub fn stop(&mut self, host: &str, now: DateTime<Utc>) -> Result<bool, HostError> {
        let index = self.reach(host, "stop", now)?;
        Ok(self.change(|closet| closet.machines[index].stop(now)))
    }

    /// Shuts it down and boots it again, beginning at `now`; that always changes something.
    pub fn restart(&mut self, host: &str, now: DateTime<Utc>) -> Result<bool, HostError> {
        let index = self.reach(host, "restart", now)?;
        if self.machines[index].state != MachineState::On {
            return Err(HostError::Away(host.to_owned()));
        }
        self.change(|closet| closet.machines[index].restart(now));
        Ok(true)
    }

    /// Has it running or off, as if it always had been; false when there is no such host.
    pub fn set_running(&mut self, host: &str, runs: bool) -> bool {
        let Some(index) = self.scenario.host(host) else { return false };
        self.change(|closet| {
            let state = if runs { MachineState::On } else { MachineState::Off };
            closet.machines[index].state = state;
        });
        true
    }

    /// The TCP ports on which it listens.
    pub fn open_ports(&self, host: &str) -> Result<Vec<u16>, HostError> {
        let index = self.scenario.host(host).ok_or_else(|| HostError::Unknown(host.to_owned()))?;
        Ok(self.machines[index].plan.ports.clone())
    }

    /// Every host that answers, with the ports on which it listens.
    pub fn seen_on_the_network(&self) -> Vec<(String, Vec<u16>)> {
        let up = self.machines.iter().filter(|machine| machine.state.answers());
        up.map(|machine| (machine.plan.name.clone(), machine.plan.ports.clone())).collect()
    }

    /// Has it listen on these ports from now on; false when there is no such host.
    pub fn set_ports(&mut self, host: &str, ports: &[u16]) -> bool {
        let Some(index) = self.scenario.host(host) else { return false };
        self.machines[index].plan.ports = ports.to_vec();
        true
    }

    /// Takes the host's machine back, as if its lender did; false when there is no such host.
    pub fn take_back(&mut self, host: &str) -> bool {
        let Some(index) = self.scenario.host(host) else { return false };
        self.set_running(host, false);
        self.machines[index].places.clear();
        self.machines[index].made = false;
        true
    }

    /// How long a command (`shell`, `upload`, `update`) takes that begins on the host at `now`.
    pub fn command(
        &mut self,
        host: &str,
        act: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Duration, HostError> {
        let index = self.reach(host, act, now)?;
        let Machine { plan, state, .. } = &self.machines[index];
        match (state, act) {
            (MachineState::On, "update") => Ok(plan.update.0),
            (MachineState::On, _) => Ok(plan.command.0),
            _ => Err(HostError::Away(host.to_owned())),
        }
    }

    /// The host's place, once time has passed to `now`, if it lets itself be acted on.
    fn reach(
        &mut self,
        host: &str,
        act: &'static str,
        now: DateTime<Utc>,
    ) -> Result<usize, HostError> {
        self.advance(now);
        let unknown = || HostError::Unknown(host.to_owned());
        let index = self.scenario.host(host).ok_or_else(unknown)?;
        let machine = &self.machines[index];
        if machine.dead {
            return Err(HostError::Away(host.to_owned()));
        }
        let seed = self.scenario.place.seed;
        let luck = || uniform(seed, Subject::Host(index), self.now.timestamp_millis());
        let always = machine.plan.fails.iter().any(|each| each == act);
        if always
            || machine.plan.failure_probability > 0.0 && luck() < machine.plan.failure_probability
        {
            return Err(HostError::Failed { act, host: host.to_owned() });
        }
        Ok(index)
    }

    pub(super) fn change<T>(&mut self, act: impl FnOnce(&mut Closet) -> T) -> T {
        self.settle();
        let result = act(self);
        self.expose();
        result
    }

    /// A guest does not outlive the host that it runs on.
    pub(super) fn stop_guests(&mut self) {
        for index in 0..self.machines.len() {
            if let Some(base) = self.machines[index].base
                && self.machines[base].state == MachineState::Off
            {
                self.machines[index].state = MachineState::Off;
            }
        }
    }
}
