//! Time: the clock that all else asks, durations as people write them, schedules, triggers.
//!
//! Everything here is pure but [`Clock`]: what decides takes the moment as an argument.

mod duration;
mod time;

pub use duration::{DurationError, format_duration, parse_duration};
pub use time::{Clock, Elapsed};
