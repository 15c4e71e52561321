//! Sensors: from a driver's raw value to a reading that can be believed.

mod error;
mod event;
mod history;
mod names;
mod plausible;
mod reading;
mod ring;
mod slot;
mod statistics;
mod status;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub use error::SensorError;
pub use event::SensorEvent;
pub use history::{Archive, History};
pub use names::SensorId;
pub use plausible::plausible;
pub use reading::{Fault, Reading, Value};
pub use ring::{HistoryBounds, Point};
pub use status::{Quality, SensorStatus};
pub use table::SensorTable;
