//! All outputs of the board: the one place that drives them.

use super::{
    Level,
    levels::Teller,
    rules::{Ruled, State},
};
use crate::{
    config::OutputSettings,
    hal::lines::{Drive, LineError},
};

pub(super) struct Unit {
    pub settings: OutputSettings,
    pub drive: Box<dyn Drive>,
    pub state: State,
    /// What its line last failed with, so that the same is not told every second.
    pub told: Option<LineError>,
}

pub(super) struct Bank {
    pub units: Vec<Unit>,
    pub teller: Teller,
    /// Whether an agent lives that ends pulses and `max_on`, and makes everything safe at its end.
    pub attended: bool,
}

impl Bank {
    pub fn ruled(&self) -> Vec<Ruled<'_>> {
        self.units
            .iter()
            .map(|unit| Ruled { settings: &unit.settings, state: &unit.state })
            .collect()
    }

    /// Drives the line, and forgets what was known when that fails. May block.
    pub fn drive(&mut self, index: usize, level: Level) -> Result<(), LineError> {
        let unit = &mut self.units[index];
        unit.state.level = None;
        let driven = unit.drive.drive(level.share());
        unit.state.level = driven.is_ok().then_some(level);
        self.teller.tell(index, unit.state.level);
        driven
    }
}
