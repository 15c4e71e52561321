//! Time: the clock that all else asks, durations as people write them, schedules, triggers.
//!
//! Everything here is pure but [`Clock`]: what decides takes the moment as an argument.

mod due;
mod duration;
mod schedule;
mod sync;
mod time;
mod trigger;
mod zone;

pub use due::{Due, History, Missed, UnknownMissed, due};
pub use duration::{DurationError, format_duration, parse_duration};
pub use schedule::{Calendar, Schedule, ScheduleError};
pub use sync::TimeSync;
pub use time::{Clock, Elapsed};
pub use trigger::{Condition, Direction, Subject, Transition, Trigger, TriggerError, TriggerState};
#[cfg(test)]
pub use zone::berlin;
pub use zone::{UnknownZone, Zone};
