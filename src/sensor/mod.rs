//! Sensors: from a driver's raw value to a reading that can be believed.

mod reading;

pub use reading::{Fault, Reading, Value};
