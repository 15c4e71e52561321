//! Rehearsals: the same scripts in a world of which nothing is real.
//!
//! A [`Scenario`] describes the world, a [`Closet`] computes it, [`Rehearsed`] lets plans act on
//! it; a timeline and a summary say what came of it. Nothing here opens a socket, starts a process
//! or asks the system for the time.

mod closet;
pub mod scenario;
mod shared;
mod style;
mod summary;
mod svg;
mod switches;
#[cfg(test)]
mod testing;
mod timeline;
mod world;

pub use closet::{Closet, HostError, MachineState, Usage};
pub use scenario::{Scenario, ScenarioError};
pub use shared::SharedCloset;
pub use style::Style;
pub use summary::{Flap, HostSummary, Summary, WatchSummary};
pub use svg::{Series, svg};
pub use timeline::timeline;
pub use world::{Rehearsed, Told};
