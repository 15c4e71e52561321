//! Outputs: relays and PWM channels that are never left in a dangerous place.
//!
//! `safe` is applied at start, at exit, when `max_on` runs out, and when the watch that switched an
//! output is paused. At start every output is made safe first, so that what a crash left behind is
//! mended before anything else; `initial` comes after that. Two outputs that exclude each other
//! are never on together, not even when one of them does not answer.

mod bank;
mod enforce;
mod error;
mod level;
mod levels;
mod outputs;
mod rules;
#[cfg(test)]
mod tests;

pub use self::{
    error::OutputError,
    level::Level,
    levels::Levels,
    outputs::{OutputStatus, Outputs, Wrong},
};
