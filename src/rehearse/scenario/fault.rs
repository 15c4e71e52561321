//! What goes wrong, and when.

use serde::Deserialize;

use super::Span;

/// One `[[faults]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// After the scenario's start.
    pub at: Span,
    pub lasts: Span,
    pub what: FaultWhat,
    /// The sensor or the host.
    pub of: String,
    /// What a stuck sensor says; without it, what it said last.
    pub value: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultWhat {
    /// The sensor repeats itself.
    SensorStuck,
    /// The sensor is unplugged, and with it all others on its chip.
    SensorGone,
    /// The host is off, draws nothing and answers nobody; afterwards it is off and well.
    HostDead,
}
