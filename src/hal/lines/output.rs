//! An output line, and what it has in common with a PWM channel.

use gpiocdev::{Request, line::Value};

use super::{LineError, LinePlace, linux};

/// Something that can be driven.
pub trait Drive: Send {
    /// Drives it at this share of full: 0 is off, 1 is on; a relay is on above 0. Takes the line
    /// at the first call, without any other level in between. May block for a moment.
    fn drive(&mut self, share: f64) -> Result<(), LineError>;

    /// The level that the hardware itself reports.
    fn driven(&mut self) -> Result<f64, LineError>;
}

/// A line of the GPIO character device. The kernel lets go of it when this is dropped.
pub struct Relay {
    place: LinePlace,
    active_low: bool,
    taken: Option<(Request, u32)>,
}

impl Relay {
    pub fn new(place: LinePlace, active_low: bool) -> Self {
        Relay { place, active_low, taken: None }
    }
}

impl Drive for Relay {
    fn drive(&mut self, share: f64) -> Result<(), LineError> {
        let value = if share > 0.0 { Value::Active } else { Value::Inactive };
        match &self.taken {
            Some((request, line)) => {
                let set = request.set_value(*line, value);
                set.map_err(|error| {
                    let error = linux::other(&self.place, &error);
                    // A chip that was plugged in again is another one.
                    self.taken = None;
                    error
                })
            }
            None => {
                let taken = linux::request(&self.place, |builder| {
                    if self.active_low {
                        builder.as_active_low();
                    }
                    builder.as_output(value);
                });
                self.taken = Some(taken?);
                Ok(())
            }
        }
    }

    fn driven(&mut self) -> Result<f64, LineError> {
        match &self.taken {
            Some((request, line)) => {
                let value =
                    request.value(*line).map_err(|error| linux::other(&self.place, &error))?;
                Ok(if value == Value::Active { 1.0 } else { 0.0 })
            }
            None => Err(LineError::Other {
                line: self.place.to_string(),
                reason: "it has not been driven yet".into(),
            }),
        }
    }
}
