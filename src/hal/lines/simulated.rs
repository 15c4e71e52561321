//! Lines in memory: the simulated closet's contacts, and lines that a test pulls by hand.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    LineError,
    input::{Edge, Input, InputSettings},
    output::Drive,
};
use crate::hal::simulated::Environment;

/// Clones are the same lines.
#[derive(Clone)]
pub struct SimulatedLines {
    environment: Arc<dyn Environment>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Where no hand has been, the environment decides.
    pulled: BTreeMap<String, bool>,
    listeners: BTreeMap<String, Input>,
    driven: BTreeMap<String, f64>,
    broken: BTreeMap<String, LineError>,
}

impl SimulatedLines {
    pub(in crate::hal) fn new(environment: Arc<dyn Environment>) -> Self {
        SimulatedLines { environment, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is a single insert: there is no half of it after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn input(&self, pin: &str, settings: InputSettings) -> Input {
        let input = Input::simulated(self.clone(), pin, settings);
        self.state().listeners.insert(pin.to_owned(), input.clone());
        input
    }

    pub(super) fn output(&self, pin: &str) -> SimulatedOutput {
        SimulatedOutput { lines: self.clone(), pin: pin.to_owned() }
    }

    /// Sets an input, as its sensor says it: `active_low` is a matter of wires. A change is an
    /// edge.
    pub fn pull(&self, pin: &str, level: bool) {
        let before = self.level(pin);
        let listener = {
            let mut state = self.state();
            state.pulled.insert(pin.to_owned(), level);
            state.listeners.get(pin).cloned()
        };
        if let Some(input) = listener
            && before != level
        {
            input.tell(Edge { level, at: self.time(), missed: 0 });
        }
    }

    pub(super) fn level(&self, pin: &str) -> bool {
        let pulled = self.state().pulled.get(pin).copied();
        pulled.unwrap_or_else(|| self.environment.quantity(pin).is_some_and(|level| level != 0.0))
    }

    /// What an output was driven to last, 0 to 1; `None` before that.
    pub fn driven(&self, pin: &str) -> Option<f64> {
        self.state().driven.get(pin).copied()
    }

    /// From now on driving this output fails, until it is mended with `None`.
    pub fn break_output(&self, pin: &str, error: Option<LineError>) {
        let mut state = self.state();
        match error {
            Some(error) => state.broken.insert(pin.to_owned(), error),
            None => state.broken.remove(pin),
        };
    }

    pub(super) fn time(&self) -> Duration {
        self.environment.monotonic()
    }
}

/// An output that drives nothing and remembers how.
pub struct SimulatedOutput {
    lines: SimulatedLines,
    pin: String,
}

impl Drive for SimulatedOutput {
    fn drive(&mut self, share: f64) -> Result<(), LineError> {
        let mut state = self.lines.state();
        if let Some(error) = state.broken.get(&self.pin) {
            return Err(error.clone());
        }
        state.driven.insert(self.pin.clone(), share);
        Ok(())
    }

    fn driven(&mut self) -> Result<f64, LineError> {
        self.lines.driven(&self.pin).ok_or_else(|| LineError::Other {
            line: self.pin.clone(),
            reason: "it has not been driven yet".into(),
        })
    }
}
