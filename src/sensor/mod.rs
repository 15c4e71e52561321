//! Sensors: from a driver's raw value to a reading that can be believed.

mod breaker;
mod driver;
pub mod drivers;
mod error;
mod event;
mod filter;
mod history;
mod names;
mod peers;
mod plausible;
mod reader;
mod reading;
mod ring;
mod sampler;
mod scan;
mod slot;
mod statistics;
mod status;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub use crate::config::OptionMistakes as OptionError;
pub use driver::{Driver, Heard, ReadError};
pub use error::SensorError;
pub use event::SensorEvent;
pub use filter::{Filter, Worth};
pub use history::{Archive, History};
pub use names::SensorId;
pub use plausible::plausible;
pub use reader::Reads;
pub use reading::{CONTACT_UNIT, Fault, Reading, Value};
pub use ring::{HistoryBounds, Point};
pub use sampler::{Count, Sampler, by_pace, run_together};
pub use scan::{Found, Scan, scan};
pub use status::{Quality, SensorStatus};
pub use table::SensorTable;
