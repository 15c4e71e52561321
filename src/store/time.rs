//! Moments in the state file: milliseconds since 1970, UTC.

use chrono::{DateTime, Utc};

pub(super) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A number that is no moment chrono knows (some 262,000 years away) becomes the nearest one.
pub(super) fn moment(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(if millis < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}
