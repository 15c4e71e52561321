//! What goes wrong, and when.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{Scenario, Span};

/// One `[[faults]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// After the scenario's start.
    pub at: Span,
    /// A clock that jumps has no end; everything else needs one.
    #[serde(default)]
    pub lasts: Span,
    pub what: FaultWhat,
    /// The sensor or the host; empty for what befalls the agent itself.
    #[serde(default)]
    pub of: String,
    /// What a stuck sensor says; without it, what it said last.
    pub value: Option<f64>,
    /// How far the clock jumps: `2h`, or backwards `-2h`.
    pub by: Option<Jump>,
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
    /// The MQTT broker cannot be reached, in a rehearsal: what speaks over it is not heard.
    BrokerAway,
    /// The agent's own power fails, in a rehearsal. Hosts and sensors have other mains.
    PowerCut,
    /// The agent's wall clock is set anew, in a rehearsal.
    ClockJump,
}

/// A step of the wall clock, forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Jump(pub TimeDelta);

impl TryFrom<String> for Jump {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (backwards, length) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let Span(length) =
            Span::try_from(length.to_owned()).map_err(|error| format!("`{text}`: {error}"))?;
        let length = TimeDelta::from_std(length).map_err(|error| error.to_string())?;
        Ok(Jump(if backwards { -length } else { length }))
    }
}

/// A time without something, from its beginning to its end.
pub type Outage = (DateTime<Utc>, DateTime<Utc>);

impl Scenario {
    /// When a rehearsal that begins at `start` has no power, in the order of time.
    pub fn power_cuts(&self, start: DateTime<Utc>) -> Vec<Outage> {
        self.outages(FaultWhat::PowerCut, start)
    }

    /// When a rehearsal that begins at `start` has no broker, in the order of time.
    pub fn broker_outages(&self, start: DateTime<Utc>) -> Vec<Outage> {
        self.outages(FaultWhat::BrokerAway, start)
    }

    fn outages(&self, what: FaultWhat, start: DateTime<Utc>) -> Vec<Outage> {
        let plans = self.faults.iter().filter(|fault| fault.what == what);
        let mut outages: Vec<Outage> =
            plans.map(|plan| (start + plan.at.0, start + plan.at.0 + plan.lasts.0)).collect();
        outages.sort();
        outages
    }

    /// When the clock of a rehearsal that begins at `start` jumps, and by how much.
    pub fn clock_jumps(&self, start: DateTime<Utc>) -> Vec<(DateTime<Utc>, TimeDelta)> {
        let jumps = self.faults.iter().filter(|fault| fault.what == FaultWhat::ClockJump);
        jumps.filter_map(|fault| Some((start + fault.at.0, fault.by?.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_jumps_both_ways() {
        let jump = |text: &str| Jump::try_from(text.to_owned()).map(|jump| jump.0);
        assert_eq!(jump("2h"), Ok(TimeDelta::hours(2)));
        assert_eq!(jump("+2h"), jump("2h"));
        assert_eq!(jump("-90s"), Ok(TimeDelta::seconds(-90)));
        assert!(jump("--2h").is_err() && jump("noon").is_err());
    }
}
