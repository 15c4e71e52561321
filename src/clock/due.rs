//! When a scheduled watch runs next, after downtime and steps of the clock too.
//!
//! A pure decision from what the store remembers: asked again at any moment, after a restart or a
//! step of the wall clock, it neither runs an instant twice nor waits for one that never comes.

use std::{iter::successors, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Calendar, Schedule};

/// How late an instant may be and still run as if it were on time: a busy board, a slow start.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// A last run further in the future than this was written under a wrong clock. A smaller step
/// backwards is waited out, because what it repeats has run already.
const LONGEST_STEP_BACK: TimeDelta = TimeDelta::hours(24);

/// Instants that were passed over are counted up to here; a month of minutes is just "many".
const MOST_COUNTED: u32 = 1000;

/// What happens to instants that passed while nothing could run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// They are not made up for.
    #[default]
    Skip,
    /// One run, right away, makes up for all of them.
    Once,
}

/// `.missed()` with another word than `skip` or `once`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no way to treat missed runs: write \"skip\" to leave them out, or \"once\" for one \
     run that makes up for all"
)]
pub struct UnknownMissed(String);

impl FromStr for Missed {
    type Err = UnknownMissed;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "skip" => Ok(Missed::Skip),
            "once" => Ok(Missed::Once),
            _ => Err(UnknownMissed(word.to_owned())),
        }
    }
}

/// What the store remembers of a scheduled watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// When the watch was first seen.
    pub armed_since: DateTime<Utc>,
    /// [`Due::next`] of the newest run, written when it began; for an interval, whose `next` may
    /// have been reckoned under another clock, the clock's time when it began.
    pub last_run: Option<DateTime<Utc>>,
}

/// What [`due`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When to run: right away when it is not later than now.
    pub next: DateTime<Utc>,
    /// How many instants passed without a run since the last one, at most 1000. Counted anew at
    /// every question until there is a run.
    pub missed: u32,
}

impl Due {
    fn at(next: DateTime<Utc>, missed: u32) -> Self {
        Due { next, missed }
    }
}

/// Decides when the watch runs next; `None` when its schedule has no further instant.
///
/// To wait for it: a schedule that needs the wall clock sleeps until [`Due::next`] and asks again,
/// because the clock may have stepped. An interval sleeps for `next - now` and then runs without
/// asking, because it is the time that passes that counts. For an interval the last run is the
/// anchor, or the moment of arming before the first one.
pub fn due(
    schedule: &Schedule,
    history: History,
    now: DateTime<Utc>,
    missed: Missed,
    calendar: &Calendar,
) -> Option<Due> {
    let known = history.last_run.unwrap_or(history.armed_since).max(history.armed_since);
    let anchor = match schedule.interval() {
        Some(interval) => {
            let interval = TimeDelta::from_std(interval).ok()?;
            return due_interval(interval, known.min(now), now, missed);
        }
        // A little before now, so that an instant that is waited for is still seen when it comes.
        None if known - now > LONGEST_STEP_BACK => now - GRACE,
        None => known,
    };
    let instants = |after| {
        successors(schedule.next_after(after, calendar), |last| {
            schedule.next_after(*last, calendar)
        })
    };
    let first = instants(anchor).next()?;
    if first > now {
        return Some(Due::at(first, 0));
    }
    // Just before the grace begins, because an instant exactly as old as it still counts.
    let graced_after = anchor.max(now - GRACE - TimeDelta::milliseconds(1));
    let on_time = instants(graced_after).take_while(|instant| *instant <= now).last();
    let until = on_time.unwrap_or(now + TimeDelta::nanoseconds(1));
    let passed = instants(anchor).take_while(|instant| *instant < until);
    let passed = passed.take(MOST_COUNTED as usize).count() as u32;
    match (on_time, missed) {
        (Some(instant), _) => Some(Due::at(instant, passed)),
        (None, Missed::Once) => Some(Due::at(now, passed)),
        (None, Missed::Skip) => Some(Due::at(schedule.next_after(now, calendar)?, passed)),
    }
}

/// Intervals fall on multiples counted from `anchor`, which is not later than `now`.
fn due_interval(
    interval: TimeDelta,
    anchor: DateTime<Utc>,
    now: DateTime<Utc>,
    missed: Missed,
) -> Option<Due> {
    let interval_ms = interval.num_milliseconds();
    let intervals = (now - anchor).num_milliseconds() / interval_ms;
    let multiple = |count: i64| {
        anchor.checked_add_signed(TimeDelta::try_milliseconds(interval_ms.checked_mul(count)?)?)
    };
    let counted = |count: i64| count.clamp(0, i64::from(MOST_COUNTED)) as u32;
    let newest = multiple(intervals)?;
    match missed {
        _ if intervals == 0 => Some(Due::at(multiple(1)?, 0)),
        _ if now - newest <= GRACE => Some(Due::at(newest, counted(intervals - 1))),
        Missed::Once => Some(Due::at(now, counted(intervals))),
        Missed::Skip => Some(Due::at(multiple(intervals + 1)?, counted(intervals))),
    }
}

#[cfg(test)]
mod tests;
