//! The wiring: the only place that knows everyone.

mod broker;
mod desk;
pub mod examples;
pub mod hosts;
mod outfit;
mod parts;
mod recorder;
mod run;
mod simulated;

pub use self::{
    outfit::{Mode, Outfit, StartError},
    parts::{Materials, Parts},
    run::{Ending, Running, serve},
    simulated::SimulatedCloset,
};
