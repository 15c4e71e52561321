//! What stands in for a device beyond the board while everything is simulated.

use std::sync::Arc;

use super::SensorSettings;
use crate::{
    hal::{Hal, simulated::Environment},
    sensor::{Driver, ReadError, Value},
};

/// In a simulation, a driver that says the simulated quantity of the sensor's name, and reaches
/// no server, no program and no wire; `None` on real hardware.
pub(super) fn stand_in(
    settings: &SensorSettings,
    hal: &Hal,
    unit: &str,
) -> Option<Box<dyn Driver>> {
    let environment = hal.environment()?.clone();
    Some(Box::new(StandIn { environment, name: settings.name.clone(), unit: unit.to_owned() }))
}

struct StandIn {
    environment: Arc<dyn Environment>,
    name: Arc<str>,
    unit: String,
}

impl Driver for StandIn {
    fn unit(&self) -> &str {
        &self.unit
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let number = self.environment.quantity(&self.name).ok_or_else(|| {
            ReadError::Permanent(format!("nothing is called `{}` in the simulation", self.name))
        })?;
        Ok(Value::Number(number))
    }
}
