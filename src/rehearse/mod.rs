//! Rehearsals: the same scripts in a world of which nothing is real.
//!
//! A [`Scenario`] describes the world, a [`Closet`] computes it, [`Rehearsed`] lets plans act on
//! it; a timeline and a summary say what came of it. Nothing here opens a socket, starts a process
//! or asks the system for the time.

mod acts;
mod broker;
mod chips;
mod closet;
mod compare;
mod error;
mod ledger;
mod life;
mod observer;
mod open_runs;
mod recording;
mod run;
pub mod scenario;
mod senses;
mod shared;
pub(crate) mod stage;
mod style;
mod summary;
mod svg;
mod switches;
#[cfg(test)]
mod testing;
pub mod tests;
mod timeline;
mod world;

pub use acts::Acts;
pub use closet::{Closet, HostError, MachineState, Usage};
pub use compare::{Decisions, Differences, differences};
pub use error::RehearseError;
pub use ledger::{Ledger, Look};
pub use life::Life;
pub use observer::{Excess, Observer};
pub use recording::{RecordedSensor, Recording};
pub use run::{Outcome, Rehearsal};
pub use scenario::{Scenario, ScenarioError};
pub use senses::Senses;
pub use shared::SharedCloset;
pub use stage::{Audience, Stage};
pub use style::Style;
pub use summary::{Flap, HostSummary, Summary, Tally, WatchSummary};
pub use svg::{Series, svg};
pub use timeline::timeline;
pub use world::{Rehearsed, Told};
