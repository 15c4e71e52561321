//! Faults that come and go on the scenario's schedule.

use chrono::{DateTime, Utc};

use super::{
    Closet, MachineState,
    machine::after,
    probe::{Ailment, Probe},
};
use crate::rehearse::scenario::{FaultPlan, FaultWhat, Scenario};

/// A fault's begin or end.
#[derive(Clone, Debug)]
pub struct Edge {
    pub at: DateTime<Utc>,
    begins: bool,
    what: FaultWhat,
    /// The sensor's or the host's place in the scenario.
    of: usize,
    value: Option<f64>,
}

/// All begins and ends, the latest first; ends stand before begins of the same moment.
pub fn edges(scenario: &Scenario, start: DateTime<Utc>) -> Vec<Edge> {
    let mut edges = Vec::new();
    for plan in &scenario.faults {
        let begins_at = after(start, plan.at);
        for (at, begins) in [(begins_at, true), (after(begins_at, plan.lasts), false)] {
            let edge = |of| Edge { at, begins, what: plan.what, of, value: plan.value };
            edges.extend(afflicted(scenario, plan).into_iter().map(edge));
        }
    }
    edges.sort_by_key(|edge| std::cmp::Reverse((edge.at, edge.begins)));
    edges
}

/// The places of the sensors or the host that a fault is of.
fn afflicted(scenario: &Scenario, plan: &FaultPlan) -> Vec<usize> {
    match plan.what {
        FaultWhat::SensorStuck => scenario.sensor(&plan.of).into_iter().collect(),
        FaultWhat::HostDead => scenario.host(&plan.of).into_iter().collect(),
        // These befall the agent, not the closet.
        FaultWhat::BrokerAway | FaultWhat::PowerCut | FaultWhat::ClockJump => Vec::new(),
        FaultWhat::SensorGone => {
            let Some(gone) = scenario.sensor(&plan.of) else { return Vec::new() };
            let gone = &scenario.sensors[gone];
            let all = scenario.sensors.iter().enumerate();
            all.filter(|(_, each)| each.shares_chip(gone)).map(|(index, _)| index).collect()
        }
    }
}

impl Closet {
    /// Begins and ends the faults that are due.
    pub(super) fn pass_edges(&mut self) {
        while let Some(edge) = self.edges.pop_if(|edge| edge.at <= self.now) {
            match edge.what {
                FaultWhat::SensorGone => {
                    self.probe(&edge).ailment = edge.begins.then_some(Ailment::Gone);
                }
                FaultWhat::SensorStuck => {
                    let value = edge.value.unwrap_or_else(|| self.noisy(edge.of));
                    self.probe(&edge).ailment = edge.begins.then_some(Ailment::StuckAt(value));
                }
                FaultWhat::HostDead => {
                    self.machines[edge.of].dead = edge.begins;
                    self.machines[edge.of].state = MachineState::Off;
                }
                FaultWhat::BrokerAway | FaultWhat::PowerCut | FaultWhat::ClockJump => {}
            }
        }
    }

    /// Breaks a host as `host-dead` does, or mends it; false when there is no such host.
    pub fn break_host(&mut self, host: &str, broken: bool) -> bool {
        let Some(index) = self.scenario.host(host) else { return false };
        self.change(|closet| {
            closet.machines[index].dead = broken;
            closet.machines[index].state = MachineState::Off;
        });
        true
    }

    /// Makes an act of a host fail from now on; false when there is no such host.
    pub fn make_fail(&mut self, host: &str, act: &str) -> bool {
        let Some(index) = self.scenario.host(host) else { return false };
        self.machines[index].fail(act);
        true
    }

    fn probe(&mut self, edge: &Edge) -> &mut Probe {
        &mut self.probes[edge.of]
    }
}
