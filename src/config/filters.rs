//! What may be done to a sensor's values between its driver and the table.

use std::time::Duration;

/// The filters of one `[[sensor]]`; each does nothing unless it is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilterSettings {
    /// What the sensor shows and what is true, by the first, which never repeats. None or at least
    /// two.
    pub calibrate: Vec<(f64, f64)>,
    /// The most that the value follows, in the sensor's unit for each second. More than 0.
    pub slope_limit: Option<f64>,
    /// Digits behind the point, at most 9.
    pub round: Option<u8>,
    /// A smaller change is not published, only confirmed.
    pub delta: Option<f64>,
    /// But published it is at least this often.
    pub heartbeat: Option<Duration>,
}
