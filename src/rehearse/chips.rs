//! The chips of a scenario's sensors, on the simulated board's buses.

use std::sync::Arc;

use super::{
    SharedCloset,
    scenario::{Scenario, SensorPlan},
};
use crate::hal::{
    Board, BoardError, Hal,
    simulated::{Ina226, Mcp9808},
};

/// What an ordinary module has.
const SHUNT_OHMS: f64 = 0.1;

impl SharedCloset {
    /// The simulated board, on which everything measures this closet.
    ///
    /// # Errors
    /// When the embedded profile is broken.
    pub fn hal(&self) -> Result<Hal, BoardError> {
        let hal = Hal::simulated(&Board::named("simulated")?, Arc::new(self.clone()));
        let scenario = self.now().scenario().clone();
        for sensor in &scenario.sensors {
            self.plug_in(&hal, &scenario, sensor);
        }
        Ok(hal)
    }

    /// Puts the sensor's chip where its driver will look for it.
    fn plug_in(&self, hal: &Hal, scenario: &Scenario, sensor: &SensorPlan) {
        let bus = sensor.options.get("bus").and_then(|bus| bus.as_str()).unwrap_or("i2c-1");
        // Without such a bus the driver says so.
        let Some(bus) = hal.simulated_i2c(bus) else { return };
        let address = sensor.options.get("address").and_then(toml::Value::as_integer);
        let address = |usual| address.and_then(|it| u8::try_from(it).ok()).unwrap_or(usual);
        let environment = Arc::new(self.clone());
        match sensor.driver.as_str() {
            "mcp9808" => bus.attach(address(0x18), Mcp9808::new(environment, &sensor.name)),
            "ina226" => {
                // One chip serves two sensors.
                let both = || scenario.sensors.iter().filter(|other| other.shares_chip(sensor));
                let ohms = both().find_map(|each| each.options.get("shunt_ohms").and_then(number));
                let name = |voltage| both().find(|each| measures_voltage(each) == voltage);
                let volts = name(true).map_or("solar.voltage", |each| &each.name);
                let watts = name(false).map_or("solar.power", |each| &each.name);
                bus.attach(
                    address(0x40),
                    Ina226::new(environment, volts, watts, ohms.unwrap_or(SHUNT_OHMS)),
                );
            }
            _ => {}
        }
    }
}

fn measures_voltage(sensor: &SensorPlan) -> bool {
    sensor.options.get("measure").and_then(|measure| measure.as_str()) == Some("voltage")
}

fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}
