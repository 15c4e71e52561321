//! A rehearsal from its first moment to its last, on a thread of its own.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use nix::{
    sched::{CpuSet, sched_getcpu, sched_setaffinity},
    unistd::Pid,
};

use super::{Audience, Closet, Excess, RehearseError, Scenario, Senses, Series, Stage};
use crate::{config::Site, script::Source};

/// What is rehearsed.
pub struct Rehearsal {
    pub site: Site,
    pub scenario: Scenario,
    pub scripts: Vec<Source>,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub senses: Senses,
    /// Whether the sensors' curves are kept for a picture.
    pub traced: bool,
}

/// What a rehearsal came to, beside what its audience saw.
pub struct Outcome {
    /// As it is at the end.
    pub closet: Closet,
    /// How long it took in reality.
    pub took: Duration,
    pub readings: u64,
    pub excesses: Vec<Excess>,
    /// Empty unless it was traced.
    pub series: Vec<Series>,
}

impl Rehearsal {
    /// Runs it. The audience sees everything that would have happened, in its order.
    ///
    /// # Errors
    /// Whatever keeps it from beginning: scripts with mistakes above all.
    pub fn run(self, audience: Arc<Mutex<dyn Audience>>) -> Result<Outcome, RehearseError> {
        let thread = std::thread::Builder::new()
            .name("rehearsal".into())
            .spawn(move || self.perform(audience))
            .map_err(RehearseError::Thread)?;
        thread.join().unwrap_or_else(|panic| {
            let text = crate::script::diagnostics::panic_text(&*panic);
            Err(RehearseError::Panicked(text))
        })
    }

    fn perform(self, audience: Arc<Mutex<dyn Audience>>) -> Result<Outcome, RehearseError> {
        let began = Instant::now();
        stay_on_one_processor();
        let Rehearsal { site, scenario, scripts, start, end, senses, traced } = self;
        let mut stage = Stage::new(site, &scenario, scripts, start, audience)?;
        stage.senses = senses;
        stage.clock_jumps = scenario.clock_jumps(start);
        stage.broker_outages = scenario.broker_outages(start).into();
        if traced {
            stage.observer().trace(&stage.site.sensors, start, end);
        }
        for (fails, back) in scenario.power_cuts(start) {
            if fails >= end {
                break;
            }
            stage.live(fails)?;
            stage.note("the power fails");
            stage.pass(back.min(end));
            stage.note("the power is back");
        }
        if stage.closet.now() < end {
            stage.live(end)?;
        }
        let observer = stage.observer();
        Ok(Outcome {
            closet: stage.closet.clone(),
            took: began.elapsed(),
            readings: observer.readings,
            excesses: observer.excesses(),
            series: observer.series(),
        })
    }
}

/// Of all threads of a rehearsal, one runs at a time: handing over to another on the same processor
/// costs a fraction of waking a second processor. Threads inherit this from the one that starts
/// them.
fn stay_on_one_processor() {
    let mut here = CpuSet::new();
    let pinned = sched_getcpu().and_then(|cpu| {
        here.set(cpu)?;
        sched_setaffinity(Pid::from_raw(0), &here)
    });
    if let Err(error) = pinned {
        tracing::debug!("the rehearsal runs on any processor, which is slower: {error}");
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
