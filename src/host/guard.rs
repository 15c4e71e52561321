//! What protects a host from being switched to and fro.

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{clock::format_duration, store::HostSwitch};

/// How often and how soon a host may be switched, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchGuard {
    /// Once it is on, it stays so at least this long.
    pub min_on: Duration,
    /// Once it is off, likewise.
    pub min_off: Duration,
    /// Switches within any hour.
    pub per_hour: u32,
}

impl Default for SwitchGuard {
    fn default() -> Self {
        SwitchGuard { min_on: Duration::ZERO, min_off: Duration::ZERO, per_hour: 30 }
    }
}

/// The rule that keeps a host from being switched now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardedBy {
    pub rule: Rule,
    /// When it may be switched.
    pub until: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    MinOn(Duration),
    MinOff(Duration),
    PerHour(u32),
}

impl SwitchGuard {
    /// What keeps the host from being switched `on` (or off) now. `switches` are those of the past,
    /// the oldest first; `since` is when it became as it is, where that was seen.
    pub fn against(
        &self,
        on: bool,
        switches: &[HostSwitch],
        since: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Option<GuardedBy> {
        // A clock that was set back makes a future of what is past.
        let past = switches.iter().filter(|switch| switch.at <= now);
        let opposite = past.clone().filter(|switch| switch.on != on).map(|switch| switch.at).max();
        let since = since.filter(|since| *since <= now).max(opposite);
        let (least, rule) = match on {
            true => (self.min_off, Rule::MinOff(self.min_off)),
            false => (self.min_on, Rule::MinOn(self.min_on)),
        };
        let rested = since.map(|since| GuardedBy { rule, until: since + delta(least) });
        let hour = TimeDelta::hours(1);
        let mut within: Vec<_> =
            past.map(|switch| switch.at).filter(|at| now - *at < hour).collect();
        within.sort();
        let allowed = usize::try_from(self.per_hour).unwrap_or(usize::MAX);
        let spent = within.len().checked_sub(allowed).and_then(|over| within.get(over));
        let spent =
            spent.map(|at| GuardedBy { rule: Rule::PerHour(self.per_hour), until: *at + hour });
        let rules = [rested, spent].into_iter().flatten();
        rules.filter(|guarded| guarded.until > now).max_by_key(|guarded| guarded.until)
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// Why, without the time until which.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::MinOn(least) => {
                write!(f, "it stays on for at least {} (`min_on`)", format_duration(*least))
            }
            Rule::MinOff(least) => {
                write!(f, "it stays off for at least {} (`min_off`)", format_duration(*least))
            }
            Rule::PerHour(count) => {
                write!(f, "it was switched {count} times within an hour (`switches_per_hour`)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: SwitchGuard = SwitchGuard {
        min_on: Duration::from_secs(600),
        min_off: Duration::from_secs(300),
        per_hour: 3,
    };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + minute * 60, 0).unwrap()
    }

    fn switched(minutes: &[(i64, bool)]) -> Vec<HostSwitch> {
        minutes.iter().map(|(minute, on)| HostSwitch { at: at(*minute), on: *on }).collect()
    }

    fn until(on: bool, switches: &[(i64, bool)], since: Option<i64>, now: i64) -> Option<i64> {
        let guarded = GUARD.against(on, &switched(switches), since.map(at), at(now));
        guarded.map(|guarded| (guarded.until - at(0)).num_minutes())
    }

    #[test]
    fn a_host_rests_after_a_switch() {
        assert_eq!(until(false, &[], None, 0), None);
        assert_eq!(until(false, &[(0, true)], None, 9), Some(10));
        assert_eq!(until(false, &[(0, true)], None, 10), None);
        assert_eq!(until(true, &[(0, false)], None, 4), Some(5));
        // Somebody else switched it, and that was seen.
        assert_eq!(until(false, &[(0, true)], Some(20), 21), Some(30));
    }

    #[test]
    fn an_hour_has_so_many_switches_and_no_more() {
        let thrice = [(0, true), (10, false), (20, true)];
        assert_eq!(until(false, &thrice, None, 40), Some(60));
        assert_eq!(until(false, &thrice, None, 60), None);
        let more = [(0, true), (10, false), (20, true), (30, false)];
        assert_eq!(until(true, &more, None, 40), Some(70));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_up_nothing() {
        assert_eq!(until(false, &[(100, true)], Some(100), 40), None);
    }
}
