//! Times of day and offsets: reading them, and stepping from one local time to the next.

use chrono::{Datelike, Days, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

use super::ScheduleError;
use crate::clock::{format_duration, parse_duration};

/// The longest offset from sunrise or sunset; a longer one would belong to the next.
const LONGEST_OFFSET: TimeDelta = TimeDelta::hours(12);

/// Reads `22:30` or `7:05`.
///
/// # Errors
/// [`ScheduleError::TimeOfDay`] for all else, seconds and 24:00 among it.
pub fn parse(text: &str) -> Result<NaiveTime, ScheduleError> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':')
        .filter(|(hour, minute)| hour.len() <= 2 && minute.len() == 2)
        .filter(|(hour, minute)| digits(hour) && digits(minute))
        .and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)))
        .and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0))
        .ok_or_else(|| ScheduleError::TimeOfDay(text.to_owned()))
}

/// Reads `-30m` (before) or `+1h` (after); none is zero.
///
/// # Errors
/// [`ScheduleError::Offset`] when the sign is missing, the rest is no duration, or it is longer
/// than 12 hours.
pub fn parse_offset(text: Option<&str>) -> Result<TimeDelta, ScheduleError> {
    let Some(text) = text else {
        return Ok(TimeDelta::zero());
    };
    let signed = |sign| {
        let length = parse_duration(text.strip_prefix(sign)?).ok()?;
        TimeDelta::from_std(length).ok().filter(|length| *length <= LONGEST_OFFSET)
    };
    signed('+')
        .or_else(|| signed('-').map(|before| -before))
        .ok_or_else(|| ScheduleError::Offset(text.to_owned()))
}

/// The offset as a script writes it, quotes included; nothing for zero.
pub fn quote_offset(offset: TimeDelta) -> String {
    let sign = if offset < TimeDelta::zero() { '-' } else { '+' };
    match offset.abs().to_std() {
        Ok(length) if !length.is_zero() => format!("\"{sign}{}\"", format_duration(length)),
        _ => String::new(),
    }
}

/// The next full hour after a local time.
pub fn next_full_hour(shown: NaiveDateTime) -> Option<NaiveDateTime> {
    shown.date().and_hms_opt(shown.hour(), 0, 0)?.checked_add_signed(TimeDelta::hours(1))
}

/// The next time after `shown` that is `time` on a day of the week that `serves`.
pub fn next_day(
    shown: NaiveDateTime,
    time: NaiveTime,
    serves: impl Fn(Weekday) -> bool,
) -> Option<NaiveDateTime> {
    let today = shown.date().and_time(time);
    let first = if today > shown { today } else { today.checked_add_days(Days::new(1))? };
    first.date().iter_days().take(7).find(|day| serves(day.weekday())).map(|day| day.and_time(time))
}
