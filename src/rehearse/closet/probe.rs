//! A sensor of the simulated world: a quantity, its noise, its faults.

use crate::rehearse::scenario::Quantity;

#[derive(Clone, Debug)]
pub struct Probe {
    pub name: String,
    pub quantity: Quantity,
    /// Standard deviation, in the quantity's unit.
    pub noise: f64,
    /// The file that stands for it, and what its content must be multiplied by.
    pub file: Option<(String, f64)>,
    /// The fault that holds now.
    pub ailment: Option<Ailment>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ailment {
    Gone,
    StuckAt(f64),
}
