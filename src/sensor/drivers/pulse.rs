//! A meter with an S0 output: so many pulses a kilowatt-hour, on a GPIO line.
//!
//! IEC 62053-31 asks for pulses of at least 30 ms with at least 30 ms between them, which the meter
//! makes by closing a contact to ground: hence the pull-up, `active_low` and the short debounce.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::broadcast::{self, error::TryRecvError};

use super::{
    DriverRow, SensorSettings,
    gpio::{debounce_of, explain, wrong_pin},
};
use crate::{
    clock::parse_duration,
    hal::{
        Hal, Lines,
        lines::{Edge, Input, InputSettings, Pull},
    },
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "pulse",
    summary: "a meter with an S0 output on a GPIO line: W, or kWh in all",
    options: &[
        ("pin", "the board's name for it (\"GPIO17\"), or \"gpiochip0/17\""),
        ("pulses_per_kwh", "as it stands on the meter; 1000 unless said"),
        (
            "measure",
            "\"power\" (W) or \"energy\" (kWh in all, kept over restarts); power unless said",
        ),
        ("idle", "after so long without a pulse the power is 0; 10m unless said"),
        ("pull", "\"up\", \"down\" or \"none\"; up unless said"),
        ("active_low", "false: the pulse is a high voltage; true unless said"),
        ("debounce", "shorter pulses are none; 5ms unless said"),
    ],
    build,
};

const IDLE: Duration = Duration::from_secs(600);
const DEBOUNCE: &str = "5ms";
/// One kilowatt-hour, in watt-seconds.
const KWH: f64 = 3_600_000.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    pin: String,
    #[serde(default = "thousand")]
    pulses_per_kwh: f64,
    #[serde(default)]
    measure: Measure,
    idle: Option<String>,
    #[serde(default = "up")]
    pull: Pull,
    #[serde(default = "yes")]
    active_low: bool,
    debounce: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Measure {
    #[default]
    Power,
    Energy,
}

fn thousand() -> f64 {
    1000.0
}

fn up() -> Pull {
    Pull::Up
}

fn yes() -> bool {
    true
}

struct S0 {
    lines: Lines,
    input: Input,
    edges: broadcast::Receiver<Edge>,
    pin: String,
    measure: Measure,
    meter: Meter,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let Options { pin, pulses_per_kwh, measure, idle, pull, active_low, debounce } = options;
    if !(pulses_per_kwh.is_finite() && pulses_per_kwh > 0.0) {
        return Err(OptionError::new("pulses_per_kwh", "`pulses_per_kwh` must be more than 0"));
    }
    let idle = match idle.as_deref().map(parse_duration) {
        None => IDLE,
        Some(Ok(idle)) if !idle.is_zero() => idle,
        Some(Ok(_)) => return Err(OptionError::new("idle", "`idle` must be more than nothing")),
        Some(Err(error)) => return Err(OptionError::new("idle", error.to_string())),
    };
    let debounce = debounce_of(Some(debounce.as_deref().unwrap_or(DEBOUNCE)))?;
    let wiring = InputSettings { pull, active_low, debounce, only_rising: true };
    let input = hal.lines().input(&pin, wiring).map_err(wrong_pin)?;
    let (lines, edges) = (hal.lines().clone(), input.edges());
    let meter = Meter::new(pulses_per_kwh, idle);
    Ok(Box::new(S0 { lines, input, edges, pin, measure, meter }))
}

impl Driver for S0 {
    fn unit(&self) -> &str {
        match self.measure {
            Measure::Power => "W",
            Measure::Energy => "kWh",
        }
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        // Opens the line; the level itself says nothing.
        self.input.level().map_err(|error| explain(&self.pin, &error))?;
        loop {
            match self.edges.try_recv() {
                Ok(edge) => self.meter.pulse(edge),
                Err(TryRecvError::Lagged(missed)) => self.meter.missed(missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Ok(Value::Number(match self.measure {
            Measure::Power => self.meter.watts(self.lines.time()),
            Measure::Energy => self.meter.kwh(),
        }))
    }

    fn count(&self) -> Option<u64> {
        (self.measure == Measure::Energy).then_some(self.meter.pulses)
    }

    fn resume(&mut self, count: u64) {
        self.meter.pulses = count;
    }
}

/// Counts pulses, and reckons from when they came.
#[derive(Debug)]
struct Meter {
    pulses_per_kwh: f64,
    idle: Duration,
    /// In all.
    pulses: u64,
    /// Where the present stretch began: the last pulse that [`Meter::watts`] has told.
    told: Option<Stamp>,
    latest: Option<Stamp>,
    /// The power of the last stretch.
    watts: f64,
}

/// A pulse: its number and its time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp {
    pulse: u64,
    at: Duration,
}

impl Meter {
    fn new(pulses_per_kwh: f64, idle: Duration) -> Self {
        Meter { pulses_per_kwh, idle, pulses: 0, told: None, latest: None, watts: 0.0 }
    }

    fn pulse(&mut self, edge: Edge) {
        self.pulses += 1 + u64::from(edge.missed);
        self.latest = Some(Stamp { pulse: self.pulses, at: edge.at });
        if self.told.is_none() {
            self.told = self.latest;
        }
    }

    fn missed(&mut self, pulses: u64) {
        self.pulses += pulses;
    }

    fn kwh(&self) -> f64 {
        self.pulses as f64 / self.pulses_per_kwh
    }

    /// The mean power since the last pulse that was told, from the kernel's time stamps. While no
    /// pulse comes it sinks: it cannot be more than one pulse that were to come now would make it.
    fn watts(&mut self, now: Duration) -> f64 {
        let (Some(told), Some(latest)) = (self.told, self.latest) else { return 0.0 };
        let passed = latest.at.saturating_sub(told.at).as_secs_f64();
        if latest.pulse > told.pulse && passed > 0.0 {
            self.watts = self.energy(latest.pulse - told.pulse) / passed;
            self.told = self.latest;
        }
        let silent = now.saturating_sub(latest.at);
        if silent >= self.idle {
            // What comes next begins a new stretch: nobody drew power in between.
            self.told = None;
            self.watts = 0.0;
        }
        match silent.as_secs_f64() {
            0.0 => self.watts,
            silent => self.watts.min(self.energy(1) / silent),
        }
    }

    /// Of so many pulses, in watt-seconds.
    fn energy(&self, pulses: u64) -> f64 {
        pulses as f64 * KWH / self.pulses_per_kwh
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Edge {
        Edge { level: true, at: Duration::from_secs_f64(seconds), missed: 0 }
    }

    fn meter() -> Meter {
        Meter::new(1000.0, IDLE)
    }

    fn watts(meter: &mut Meter, now: f64) -> f64 {
        meter.watts(Duration::from_secs_f64(now))
    }

    #[test]
    fn power_is_the_distance_of_pulses() {
        let mut meter = meter();
        assert_eq!(watts(&mut meter, 5.0), 0.0);
        meter.pulse(at(10.0));
        assert_eq!(watts(&mut meter, 10.0), 0.0, "one pulse is no distance");
        meter.pulse(at(13.6));
        assert_eq!(watts(&mut meter, 13.6), 1000.0);
        meter.pulse(at(15.4));
        meter.pulse(at(17.2));
        assert_eq!(watts(&mut meter, 17.2).round(), 2000.0, "the mean of the two");
    }

    #[test]
    fn power_sinks_while_nothing_comes_and_ends() {
        let mut meter = meter();
        meter.pulse(at(0.0));
        meter.pulse(at(3.6));
        assert_eq!(watts(&mut meter, 5.0), 1000.0, "the next one is not late yet");
        assert_eq!(watts(&mut meter, 39.6).round(), 100.0);
        assert_eq!(watts(&mut meter, 604.0), 0.0);
        meter.pulse(at(10_000.0));
        assert_eq!(watts(&mut meter, 10_000.0), 0.0, "the pause was no stretch of little power");
        meter.pulse(at(10_003.6));
        assert_eq!(watts(&mut meter, 10_003.6).round(), 1000.0);
    }

    #[test]
    fn what_was_missed_counts_and_the_total_goes_on() {
        let mut meter = meter();
        meter.pulses = 1_234_500;
        meter.pulse(at(0.0));
        meter.pulse(Edge { missed: 3, ..at(3.6) });
        meter.missed(5);
        assert_eq!(meter.kwh(), 1234.51);
        assert_eq!(watts(&mut meter, 3.6), 4000.0);
    }

    proptest! {
        #[test]
        fn power_is_never_absurd(steps in prop::collection::vec((0.0..1e5f64, 0u32..10), 0..50)) {
            let (mut meter, mut now) = (meter(), 0.0);
            for (pause, missed) in steps {
                now += pause;
                meter.pulse(Edge { missed, ..at(now) });
                let watts = watts(&mut meter, now + pause);
                prop_assert!(watts.is_finite() && watts >= 0.0, "{}", watts);
            }
        }
    }
}
