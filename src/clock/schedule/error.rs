//! What can be wrong with a schedule.

use crate::clock::DurationError;

/// A schedule that cannot be kept, and how to write one that can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("every(\"{0}\") is too often: the shortest interval is `1s`")]
    TooOften(String),
    #[error("{0} is not an hour of the day: write 0 to 23, or a time like \"22:30\"")]
    Hour(i64),
    #[error("`{0}` is not a time of day: write hour and minute like `22:30`, 00:00 to 23:59")]
    TimeOfDay(String),
    #[error(
        "`{0}` is not an offset from the sun: write `-30m` for before and `+1h` for after, \
         up to 12h"
    )]
    Offset(String),
    #[error(
        "cron(\"{text}\") has {found} fields; it takes five: minute, hour, day of the month, \
         month, day of the week{hint}"
    )]
    CronFields { text: String, found: usize, hint: &'static str },
    #[error("cron(\"{text}\"): `{value}` is no {field}; write {accepted}")]
    CronField { text: String, value: String, field: &'static str, accepted: &'static str },
    #[error("impossible schedule: cron(\"{0}\") asks for a day that no year has")]
    Impossible(String),
    #[error(
        "{0} needs to know where the site is: set `latitude` (-90 to 90) and `longitude` \
         (-180 to 180) under [site] in the site file"
    )]
    NoPlace(String),
}
