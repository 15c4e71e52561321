//! What power monitors have in common: a voltage over a shunt, a voltage of the bus.
//!
//! Current and power are computed here. The chips' own registers of them need a calibration that
//! rounds shunts below a milliohm away, and have no sign.

use serde::Deserialize;

use super::i2c::Port;
use crate::sensor::{OptionError, ReadError};

/// Which of its quantities a sensor shows.
#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Measure {
    #[default]
    Power,
    Voltage,
    Current,
}

pub(super) const MEASURE_HELP: &str = "power, voltage or current; power unless said";
pub(super) const SHUNT_HELP: &str = "the shunt's resistance in Ω; 0.1 on most modules";
pub(super) const MAX_HELP: &str = "a higher current is an error; what the shunt allows unless said";

/// The two voltages that such a chip converts, in V.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voltages {
    pub bus: f64,
    pub shunt: f64,
}

/// How voltages become what the sensor shows.
pub(super) struct Meter {
    measure: Measure,
    /// Not needed for a voltage.
    shunt: Option<Shunt>,
}

struct Shunt {
    ohms: f64,
    max_amps: f64,
}

impl Meter {
    /// `full_scale`: what the chip measures over its shunt, in V.
    pub fn new(
        chip: &str,
        full_scale: f64,
        measure: Measure,
        shunt_ohms: Option<f64>,
        max_amps: Option<f64>,
    ) -> Result<Self, OptionError> {
        let shunt = match shunt_ohms {
            Some(ohms) => Some(Shunt::new(chip, full_scale, ohms, max_amps)?),
            None if measure == Measure::Voltage => None,
            None => {
                let message = "power and current need `shunt_ohms`, printed on the shunt: \
                               `shunt_ohms = 0.1` for R100";
                return Err(OptionError::new("shunt_ohms", message));
            }
        };
        Ok(Meter { measure, shunt })
    }

    pub fn unit(&self) -> &'static str {
        match self.measure {
            Measure::Power => "W",
            Measure::Voltage => "V",
            Measure::Current => "A",
        }
    }

    /// Whether the shunt's voltage matters.
    pub fn needs_current(&self) -> bool {
        self.measure != Measure::Voltage
    }

    /// In [`Meter::unit`]; current and power are negative when the current flows backwards, as
    /// into a battery.
    pub fn value(&self, port: &Port, voltages: Voltages) -> Result<f64, ReadError> {
        match (&self.shunt, self.measure) {
            (None, _) | (_, Measure::Voltage) => Ok(voltages.bus),
            (Some(shunt), Measure::Current) => shunt.amps(port, voltages.shunt),
            (Some(shunt), Measure::Power) => Ok(voltages.bus * shunt.amps(port, voltages.shunt)?),
        }
    }
}

impl Shunt {
    fn new(
        chip: &str,
        full_scale: f64,
        ohms: f64,
        max_amps: Option<f64>,
    ) -> Result<Self, OptionError> {
        let positive = |number: f64| number.is_finite() && number > 0.0;
        if !positive(ohms) {
            return Err(OptionError::new("shunt_ohms", "`shunt_ohms` must be more than 0"));
        }
        let measurable = full_scale / ohms;
        let max_amps = max_amps.unwrap_or(measurable);
        if !positive(max_amps) || max_amps > measurable {
            let millivolts = full_scale * 1e3;
            let message = format!(
                "`max_amps` must be more than 0 and at most {measurable:.3}: the {chip} measures \
                 {millivolts} mV over its shunt of {ohms} Ω"
            );
            return Err(OptionError::new("max_amps", message));
        }
        Ok(Shunt { ohms, max_amps })
    }

    fn amps(&self, port: &Port, volts: f64) -> Result<f64, ReadError> {
        let amps = volts / self.ohms;
        let limit = self.max_amps;
        // A hair's breadth of rounding is no overload.
        if amps.abs() > limit * (1.0 + 1e-9) {
            return Err(port.transient(format!(
                "{amps:.3} A is more than the {limit:.3} A of `max_amps`; check the shunt"
            )));
        }
        Ok(amps)
    }
}
