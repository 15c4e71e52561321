//! The wiring: the only place that knows everyone.

mod alone;
mod broker;
mod desk;
mod enclosures;
pub mod examples;
mod heartbeat;
pub mod hosts;
mod missing;
mod outfit;
mod parts;
mod progress;
pub(crate) mod recorder;
mod run;
pub mod safe_mode;
mod sessions;
mod signals;
mod simulated;
mod supervisor;
mod taken_back;

pub use self::{
    alone::{Alone, AloneError},
    enclosures::enclosures,
    missing::missing,
    outfit::{Mode, Outfit, StartError},
    parts::{Materials, Parts},
    run::{Ending, Running, serve},
    signals::Signals,
    simulated::SimulatedCloset,
    supervisor::Supervisor,
};
