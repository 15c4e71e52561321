//! Rehearsals: the same scripts in a world of which nothing is real.
//!
//! A [`Scenario`] describes the world, a [`Closet`] computes it, [`Rehearsed`] lets plans act on
//! it; a timeline and a summary say what came of it. Nothing here opens a socket, starts a process
//! or asks the system for the time.

mod closet;
mod error;
mod ledger;
mod life;
mod recording;
mod run;
pub mod scenario;
mod shared;
mod stage;
mod style;
mod summary;
mod svg;
mod switches;
#[cfg(test)]
mod testing;
mod timeline;
mod world;

pub use closet::{Closet, HostError, MachineState, Usage};
pub use error::RehearseError;
pub use ledger::{Ledger, Look};
pub use life::Life;
pub use recording::Recording;
pub use run::{Outcome, Rehearsal};
pub use scenario::{Scenario, ScenarioError, first_instant};
pub use shared::SharedCloset;
pub use stage::{Audience, Stage};
pub use style::Style;
pub use summary::{Flap, HostSummary, Summary, Tally, WatchSummary};
pub use svg::{Series, svg};
pub use timeline::timeline;
pub use world::{Rehearsed, Told};
