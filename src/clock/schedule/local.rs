//! From the time that a clock on the wall shows to instants, through daylight saving.
//!
//! A time that the spring gap swallows fires at the first instant after the gap. A time that the
//! autumn fold repeats fires on the first pass only, or on every pass for what runs every hour.

use std::iter::successors;

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc, offset::LocalResult};

use crate::clock::Zone;

/// Longer than any fold; the longest today is Troll's in Antarctica, two hours.
const LONGEST_FOLD: TimeDelta = TimeDelta::hours(3);

/// When the local times that an autumn fold repeats fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    First,
    Every,
}

/// The first instant later than `after` at which the local clock shows one of the scheduled times.
///
/// `next_shown` gives the first scheduled local time that is later than its argument.
pub fn next_instant(
    after: DateTime<Utc>,
    timezone: Zone,
    passes: Passes,
    next_shown: impl Fn(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Option<DateTime<Utc>> {
    let scheduled_after = |shown| successors(next_shown(shown), |shown| next_shown(*shown));
    let shown = timezone.from_utc_datetime(&after.naive_utc()).naive_local();
    let ahead = scheduled_after(shown).find_map(|scheduled| {
        let instants = instants(timezone, scheduled);
        let candidates = match passes {
            Passes::First => [Some(instants.first), None],
            Passes::Every => [Some(instants.first), instants.again],
        };
        candidates.into_iter().flatten().find(|instant| *instant > after)
    });
    // Within the first pass, times that were shown already come once more before what lies ahead.
    if passes == Passes::Every
        && let Instants { first, again: Some(_) } = instants(timezone, shown)
        && first == after
    {
        let repeated = scheduled_after(shown - LONGEST_FOLD)
            .take_while(|scheduled| *scheduled <= shown)
            .find_map(|scheduled| instants(timezone, scheduled).again);
        return ahead.into_iter().chain(repeated).min();
    }
    ahead
}

/// When a local time is shown.
struct Instants {
    /// The first time, or the end of the gap that swallows it.
    first: DateTime<Utc>,
    /// The second time, within a fold.
    again: Option<DateTime<Utc>>,
}

fn instants(timezone: Zone, shown: NaiveDateTime) -> Instants {
    let again = match timezone.from_local_datetime(&shown) {
        LocalResult::Ambiguous(_, again) => Some(again.to_utc()),
        LocalResult::Single(_) | LocalResult::None => None,
    };
    Instants { first: timezone.first_instant(shown), again }
}
