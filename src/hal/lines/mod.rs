//! GPIO lines: inputs that say when they change, outputs, and PWM channels.
//!
//! Real ones come from the kernel's GPIO character device, the same on every board; pulls,
//! debouncing and time stamps are the kernel's. Simulated ones are levels in memory.

mod error;
mod input;
mod linux;
mod output;
mod pin;
mod pwm;
mod simulated;

pub use self::{
    error::LineError,
    input::{Edge, Input, InputSettings, Pull},
    linux::{LineInfo, chips, line_info},
    output::{Drive, Relay},
    pin::{LinePlace, PinError, Pins},
    pwm::{PwmChannel, PwmPlace},
    simulated::SimulatedLines,
};

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};

/// The board's lines. Cheap to clone; nothing is touched before a line is used.
#[derive(Clone)]
pub struct Lines {
    pins: Arc<[Pins]>,
    ground: Ground,
    /// One physical line is opened once, however many sensors listen to it.
    inputs: Arc<Mutex<BTreeMap<LinePlace, Input>>>,
}

#[derive(Clone)]
enum Ground {
    Real { sys: PathBuf },
    Simulated(SimulatedLines),
}

impl Lines {
    pub(super) fn real(pins: &[Pins]) -> Self {
        Lines::on(pins, Ground::Real { sys: "/sys".into() })
    }

    pub(super) fn simulated(lines: SimulatedLines) -> Self {
        Lines::on(&[], Ground::Simulated(lines))
    }

    fn on(pins: &[Pins], ground: Ground) -> Self {
        Lines { pins: pins.into(), ground, inputs: Arc::default() }
    }

    /// The line of a pin, by the board's name for it or as `CHIP/LINE`.
    ///
    /// # Errors
    /// When the board has no such pin.
    pub fn place(&self, pin: &str) -> Result<LinePlace, PinError> {
        match &self.ground {
            Ground::Real { .. } => pin::find(&self.pins, pin),
            Ground::Simulated(_) => Ok(LinePlace::Named(pin.to_owned())),
        }
    }

    /// An input, shared with everybody who asked for the same pin before.
    ///
    /// # Errors
    /// When the board has no such pin, or somebody uses it with other settings.
    pub fn input(&self, pin: &str, settings: InputSettings) -> Result<Input, PinError> {
        let place = self.place(pin)?;
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = inputs.get(&place) {
            return match input.settings() == settings {
                true => Ok(input.clone()),
                false => Err(PinError::Differs { pin: pin.to_owned() }),
            };
        }
        let input = match &self.ground {
            Ground::Real { .. } => Input::real(place.clone(), settings),
            Ground::Simulated(lines) => lines.input(pin, settings),
        };
        inputs.insert(place, input.clone());
        Ok(input)
    }

    /// A line that switches something.
    ///
    /// # Errors
    /// When the board has no such pin.
    pub fn relay(&self, pin: &str, active_low: bool) -> Result<Box<dyn Drive>, PinError> {
        let place = self.place(pin)?;
        Ok(match &self.ground {
            Ground::Real { .. } => Box::new(Relay::new(place, active_low)),
            Ground::Simulated(lines) => Box::new(lines.output(pin)),
        })
    }

    /// A PWM channel, as `pwmchip0/1`.
    ///
    /// # Errors
    /// When the text names no channel.
    pub fn pwm(
        &self,
        channel: &str,
        period: Duration,
        active_low: bool,
    ) -> Result<Box<dyn Drive>, PinError> {
        let place = PwmPlace::parse(channel)?;
        Ok(match &self.ground {
            Ground::Real { sys } => Box::new(PwmChannel::new(sys, place, period, active_low)),
            Ground::Simulated(lines) => Box::new(lines.output(channel)),
        })
    }

    /// The simulation, to pull lines by hand; `None` on real hardware.
    pub fn simulation(&self) -> Option<&SimulatedLines> {
        match &self.ground {
            Ground::Real { .. } => None,
            Ground::Simulated(lines) => Some(lines),
        }
    }

    /// The time by which edges are stamped: the kernel's own, which never jumps.
    pub fn time(&self) -> Duration {
        match &self.ground {
            // CLOCK_MONOTONIC is there on every Linux; without it there were no stamps either.
            Ground::Real { .. } => {
                clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
            }
            Ground::Simulated(lines) => lines.time(),
        }
    }
}
