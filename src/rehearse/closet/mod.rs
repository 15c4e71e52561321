//! The simulated closet: hosts warm it, its walls leak, the sun rises and sets.
//!
//! Its state changes at three kinds of moments alone: at every full minute (sun, price, busy
//! hours), when a host ends booting or shutting down, and when a fault begins or ends. Between them
//! everything has a closed form. So the closet is the same to the bit however often it is asked.

mod acts;
mod chance;
mod clouds;
mod faults;
mod machine;
mod measure;
mod moment;
mod probe;
mod room;
mod sun;
mod usage;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::{faults::Edge, machine::Machine, moment::Moment, probe::Probe, room::Room};
use super::scenario::{HostPlan, Quantity, RoomPlan, Scenario, SensorPlan};

pub use acts::HostError;
pub use machine::MachineState;
pub use usage::Usage;

/// The simulated world at one moment.
#[derive(Clone, Debug)]
pub struct Closet {
    scenario: Arc<Scenario>,
    now: DateTime<Utc>,
    /// Up to when rooms and meters are settled.
    settled: DateTime<Utc>,
    /// When something changes next.
    next: DateTime<Utc>,
    moment: Moment,
    /// In the order of the scenario, as are `machines` and `probes`.
    rooms: Vec<Room>,
    machines: Vec<Machine>,
    probes: Vec<Probe>,
    /// Begins and ends of faults, latest first.
    edges: Vec<Edge>,
}

impl Closet {
    /// The scenario's world at its own start.
    pub fn new(scenario: &Scenario) -> Closet {
        Closet::starting(scenario, scenario.start())
    }

    /// The scenario's world, begun at another time: now, for an agent that shows it live.
    pub fn starting(scenario: &Scenario, at: DateTime<Utc>) -> Closet {
        let moment = Moment::containing(at, scenario);
        let room = |plan: &RoomPlan| {
            let temperature = plan.temperature.unwrap_or_else(|| moment.surroundings(plan));
            Room::new(plan.heat_capacity, temperature)
        };
        let machine = |plan: &HostPlan| {
            let room = plan.room.as_deref().and_then(|room| scenario.room(room));
            let base = plan.on.as_deref().and_then(|base| scenario.host(base));
            Machine::new(plan, room, base).placed_in(scenario)
        };
        // A checked scenario has every quantity, so that all keep their places.
        let probe = |plan: &SensorPlan| {
            let quantity = Quantity::find(&plan.quantity, scenario)?;
            let file = plan.file().map(|path| (path, plan.scale));
            Some(Probe {
                name: plan.name.clone(),
                quantity,
                noise: plan.noise,
                file,
                ailment: None,
            })
        };
        let mut closet = Closet {
            now: at,
            settled: at,
            next: moment.ends,
            rooms: scenario.rooms.iter().map(room).collect(),
            machines: scenario.hosts.iter().map(machine).collect(),
            probes: scenario.sensors.iter().filter_map(probe).collect(),
            edges: faults::edges(scenario, at),
            scenario: Arc::new(scenario.clone()),
            moment,
        };
        closet.pass_edges();
        closet.expose();
        closet
    }

    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Lets time pass. It never runs backwards: an earlier moment changes nothing.
    pub fn advance(&mut self, to: DateTime<Utc>) {
        while self.next <= to {
            self.now = self.next;
            self.settle();
            if self.moment.ends <= self.now {
                self.moment = Moment::containing(self.now, &self.scenario);
            }
            for machine in &mut self.machines {
                machine.pass(self.now);
            }
            self.pass_edges();
            self.expose();
        }
        self.now = self.now.max(to);
    }

    /// What each host has used so far, in the order of the scenario.
    pub fn usage(&self) -> impl Iterator<Item = (&str, Usage)> {
        let (seconds, price) = (self.unsettled(), self.price());
        self.machines.iter().map(move |machine| {
            let usage = machine.usage.after(seconds, machine.watts, price);
            (machine.plan.name.as_str(), usage)
        })
    }

    /// What all hosts have used so far; its hours are theirs added up.
    pub fn total_usage(&self) -> Usage {
        self.usage().map(|(_, usage)| usage).sum()
    }

    /// Seconds since rooms and meters were settled.
    fn unsettled(&self) -> f64 {
        (self.now - self.settled).as_seconds_f64()
    }

    /// Brings rooms and meters up to now; due before anything that they depend on changes.
    fn settle(&mut self) {
        let (seconds, price) = (self.unsettled(), self.price());
        for room in &mut self.rooms {
            room.settle(seconds);
        }
        for machine in &mut self.machines {
            machine.usage = machine.usage.after(seconds, machine.watts, price);
        }
        self.settled = self.now;
    }

    /// Lets everything follow from what has changed: draws, heat, the next change.
    fn expose(&mut self) {
        self.stop_guests();
        for machine in &mut self.machines {
            machine.draw(self.moment.local);
        }
        for (index, (room, plan)) in self.rooms.iter_mut().zip(&self.scenario.rooms).enumerate() {
            let warming = self.machines.iter().filter(|machine| machine.room == Some(index));
            let heat: f64 = warming.map(|machine| machine.watts * machine.plan.heat_share).sum();
            let open = self.scenario.contacts.iter().filter(|contact| {
                contact.room.as_deref() == Some(&plan.name) && contact.is_open(self.moment.local)
            });
            let leak = plan.leak + open.map(|contact| contact.leak).sum::<f64>();
            let sun = plan.sunlit * self.moment.irradiance;
            room.expose(heat + sun, leak, self.moment.surroundings(plan));
        }
        let ends = self.machines.iter().filter_map(|machine| machine.state.ends());
        let edge = self.edges.last().map(|edge| edge.at);
        self.next = ends.chain(edge).fold(self.moment.ends, DateTime::min);
    }

    /// What a kWh costs now: nothing for the part of it that the solar array gives.
    fn price(&self) -> f64 {
        let drawn = self.drawn();
        let bought = (drawn - self.moment.solar_watts).max(0.0);
        if drawn > 0.0 { self.moment.price * bought / drawn } else { 0.0 }
    }

    /// W that all hosts draw.
    fn drawn(&self) -> f64 {
        self.machines.iter().map(|machine| machine.watts).sum()
    }
}

#[cfg(test)]
mod tests;
