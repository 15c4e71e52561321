//! Texas Instruments ADS1115, four-channel analogue-to-digital converter on I2C: voltages, and
//! mains current and power through a current clamp.
//!
//! Datasheet SBAS444, chapters 7.3.3 (full scale), 8.1 (registers):
//! <https://www.ti.com/lit/ds/symlink/ads1115.pdf>.

mod burst;
mod options;

use ads1x1x::{
    Ads1x1x, DataRate16Bit, Error, FullScaleRange, ModeChangeError, TargetAddr, channel,
};
use embedded_hal::delay::DelayNs;

use self::{
    burst::{mean, rms},
    options::{Input, Mains, Quantity, Settings},
};
use super::{DriverRow, SensorSettings, i2c::Port};
use crate::{
    hal::{Hal, I2cError},
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "ads1115",
    summary: "TI ADS1115 converter on I2C: a voltage (V), or a current clamp's current (A) or \
              power (W)",
    options: options::HELP,
    build,
};

/// Samples of one burst, at 860 a second: a fifth of a second, ten waves of 50 Hz.
const BURST: usize = 172;
/// A direct voltage needs only so many that a little noise evens out.
const FEW: usize = 16;
/// From one conversion to the next, at 860 a second, with the ten percent that the datasheet
/// allows.
const CONVERSION_US: u32 = 1280;

struct Ads1115 {
    port: Port,
    settings: Settings,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let (bus, address, settings) = options::read(&settings.options)?;
    Ok(Box::new(Ads1115 { port: Port::new(hal, ROW.name, &bus, address)?, settings }))
}

impl Driver for Ads1115 {
    fn unit(&self) -> &str {
        match self.settings.quantity {
            Quantity::Voltage => "V",
            Quantity::Current { .. } => "A",
            Quantity::Power { .. } => "W",
        }
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        // The multiplexer is one for all channels.
        let _turn = self.port.turn();
        let input = self.settings.input;
        let number = match &self.settings.quantity {
            Quantity::Voltage => mean(&self.sample(input, FEW)?),
            Quantity::Current { amps_per_volt } => rms(&self.sample(input, BURST)?) * amps_per_volt,
            Quantity::Power { amps_per_volt, mains, power_factor } => {
                let amps = rms(&self.sample(input, BURST)?) * amps_per_volt;
                let volts = match mains {
                    Mains::Given(volts) => *volts,
                    Mains::Measured { input, ratio } => rms(&self.sample(*input, BURST)?) * ratio,
                };
                amps * volts * power_factor
            }
        };
        Ok(Value::Number(number))
    }
}

impl Ads1115 {
    /// Voltages at the input, in V, evenly spaced as far as Linux allows.
    fn sample(&self, input: Input, count: usize) -> Result<Vec<f64>, ReadError> {
        let port = &self.port;
        let failed = |error: Error<I2cError>| match error {
            Error::I2C(error) => port.failed(&error),
            Error::InvalidInputData => port.transient("the driver refuses its own settings"),
        };
        let address = match port.address {
            0x49 => TargetAddr::Vdd,
            0x4A => TargetAddr::Sda,
            0x4B => TargetAddr::Scl,
            _ => TargetAddr::Gnd,
        };
        let mut chip = Ads1x1x::new_ads1115(port.bus.clone(), address);
        chip.set_data_rate(DataRate16Bit::Sps860).map_err(failed)?;
        chip.set_full_scale_range(self.settings.range.of_the_chip()).map_err(failed)?;
        let mut chip =
            chip.into_continuous().map_err(|ModeChangeError::I2C(error, _)| port.failed(&error))?;
        match input {
            Input::A0 => chip.select_channel(channel::SingleA0),
            Input::A1 => chip.select_channel(channel::SingleA1),
            Input::A2 => chip.select_channel(channel::SingleA2),
            Input::A3 => chip.select_channel(channel::SingleA3),
            Input::A0A1 => chip.select_channel(channel::DifferentialA0A1),
            Input::A2A3 => chip.select_channel(channel::DifferentialA2A3),
        }
        .map_err(failed)?;
        let mut delay = port.delay;
        // The conversion under way is still of the old channel.
        delay.delay_us(2 * CONVERSION_US);
        let full_scale = self.settings.range.volts();
        let mut volts = Vec::with_capacity(count);
        for _ in 0..count {
            delay.delay_us(CONVERSION_US);
            let raw = chip.read().map_err(failed)?;
            if raw == i16::MAX || raw == i16::MIN {
                return Err(port.transient(format!(
                    "the input is beyond ±{full_scale} V: set a larger `range_volts`, or divide it"
                )));
            }
            volts.push(f64::from(raw) * full_scale / 32_768.0);
        }
        Ok(volts)
    }
}

impl options::Range {
    fn of_the_chip(self) -> FullScaleRange {
        match self {
            options::Range::V6144 => FullScaleRange::Within6_144V,
            options::Range::V4096 => FullScaleRange::Within4_096V,
            options::Range::V2048 => FullScaleRange::Within2_048V,
            options::Range::V1024 => FullScaleRange::Within1_024V,
            options::Range::V0512 => FullScaleRange::Within0_512V,
            options::Range::V0256 => FullScaleRange::Within0_256V,
        }
    }
}

#[cfg(test)]
mod tests;
