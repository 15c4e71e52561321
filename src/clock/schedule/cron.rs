//! Cron expressions of five fields, as crontab(5) means them.
//!
//! The `cron` crate parses fields and walks the calendar. It wants seconds, counts the days of the
//! week from 1, and asks both day fields to match where crontab takes either; that is evened out
//! here. It is only ever given local times without a zone: its own way through daylight saving
//! skips a day in spring and fires twice in autumn.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime};
use cron::Schedule as Walker;

use super::{ScheduleError, local::Passes, weekday};

/// Each field's name and what may stand in it.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59, `*`, a list `0,30`, a range `10-20` or a step `*/5`"),
    ("hour", "0 to 23, `*`, a list `6,18`, a range `8-17` or a step `*/2`"),
    ("day of the month", "1 to 31, `*`, a list `1,15`, a range `1-7` or a step `*/2`"),
    ("month", "1 to 12, jan to dec, `*`, a list `1,7`, a range `6-8` or a step `*/3`"),
    (
        "day of the week",
        "0 to 7 (0 and 7 are Sunday), sun to sat, `*`, a list or a range `mon-fri`",
    ),
];

/// A parsed expression that fires at some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Cron {
    text: String,
    /// Two when both day fields are restricted: crontab fires when either matches.
    walkers: Vec<Walker>,
    passes: Passes,
}

impl Cron {
    /// Reads five fields: minute, hour, day of the month, month, day of the week.
    ///
    /// # Errors
    /// [`ScheduleError`] when a field is missing, wrong or too many, and when no year has
    /// such a day.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            let hint = if fields.len() == 6 { "; leave out the seconds" } else { "" };
            let found = fields.len();
            return Err(ScheduleError::CronFields { text: text.to_owned(), found, hint });
        };
        let weekdays = weekday::translate(weekday);
        let alone = [
            Some(format!("0 {minute} * * * * *")),
            Some(format!("0 0 {hour} * * * *")),
            Some(format!("0 0 0 {day} * * *")),
            Some(format!("0 0 0 * {month} * *")),
            weekdays.as_ref().map(|weekdays| format!("0 0 0 * * {weekdays} *")),
        ];
        for ((value, alone), (field, accepted)) in fields.iter().zip(alone).zip(FIELDS) {
            let is_cron = |c: char| c.is_ascii_alphanumeric() || "*,-/".contains(c);
            if !value.chars().all(is_cron) || alone.is_none_or(|alone| walker(&alone).is_none()) {
                let (text, value) = (text.to_owned(), (*value).to_owned());
                return Err(ScheduleError::CronField { text, value, field, accepted });
            }
        }
        let weekdays = weekdays.unwrap_or_default();
        let either_day = !day.starts_with('*') && !weekday.starts_with('*');
        let expressions = if either_day {
            vec![
                format!("0 {minute} {hour} {day} {month} * *"),
                format!("0 {minute} {hour} * {month} {weekdays} *"),
            ]
        } else {
            vec![format!("0 {minute} {hour} {day} {month} {weekdays} *")]
        };
        let cron = Cron {
            text: fields.join(" "),
            walkers: expressions.iter().filter_map(|expression| walker(expression)).collect(),
            passes: if hour.starts_with('*') { Passes::Every } else { Passes::First },
        };
        match cron.next_shown(DateTime::UNIX_EPOCH.naive_utc()) {
            Some(_) => Ok(cron),
            None => Err(ScheduleError::Impossible(cron.text)),
        }
    }

    /// The first matching local time after this one; `None` after the year 2100.
    pub fn next_shown(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        let shown = shown.and_utc();
        let next = self.walkers.iter().filter_map(|walker| walker.after(&shown).next()).min()?;
        Some(next.naive_utc())
    }

    /// An hour field that runs through the hours runs through the repeated ones too.
    pub fn passes(&self) -> Passes {
        self.passes
    }
}

fn walker(expression: &str) -> Option<Walker> {
    Walker::from_str(expression).ok()
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_three(text: &str, after: &str) -> Vec<String> {
        let cron = Cron::parse(text).expect("a good expression");
        let after: NaiveDateTime = after.parse().expect("a test's own date");
        std::iter::successors(cron.next_shown(after), |shown| cron.next_shown(*shown))
            .take(3)
            .map(|shown| shown.format("%a %F %R").to_string())
            .collect()
    }

    #[test]
    fn fires_as_crontab_says() {
        let monday = "2026-06-01T12:02:03.4";
        for (text, expected) in [
            (
                "*/5 * * * *",
                ["Mon 2026-06-01 12:05", "Mon 2026-06-01 12:10", "Mon 2026-06-01 12:15"],
            ),
            (
                "30 22 * * 1-5",
                ["Mon 2026-06-01 22:30", "Tue 2026-06-02 22:30", "Wed 2026-06-03 22:30"],
            ),
            ("0 0 * * 0", ["Sun 2026-06-07 00:00", "Sun 2026-06-14 00:00", "Sun 2026-06-21 00:00"]),
            (
                "0 0 1 jan,JUL *",
                ["Wed 2026-07-01 00:00", "Fri 2027-01-01 00:00", "Thu 2027-07-01 00:00"],
            ),
            // Either day matches: the 13th, and Fridays.
            (
                "0 9 13 * fri",
                ["Fri 2026-06-05 09:00", "Fri 2026-06-12 09:00", "Sat 2026-06-13 09:00"],
            ),
            // A starred day field restricts nothing, so that both must match.
            (
                "0 9 */2 * fri",
                ["Fri 2026-06-05 09:00", "Fri 2026-06-19 09:00", "Fri 2026-07-03 09:00"],
            ),
            (
                "0 0 29 2 *",
                ["Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00", "Fri 2036-02-29 00:00"],
            ),
            (
                "0 0 31 * *",
                ["Fri 2026-07-31 00:00", "Mon 2026-08-31 00:00", "Sat 2026-10-31 00:00"],
            ),
        ] {
            assert_eq!(first_three(text, monday), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, message) in [
            ("61 * * * *", "`61` is no minute; write 0 to 59"),
            ("** * * * *", "`**` is no minute"),
            ("0 24 * * *", "`24` is no hour; write 0 to 23"),
            ("0 22-2 * * *", "`22-2` is no hour"),
            ("0 0 ? * *", "`?` is no day of the month"),
            ("0 0 1 13 *", "`13` is no month"),
            ("0 0 * * 8", "`8` is no day of the week"),
            ("*/0 * * * *", "`*/0` is no minute"),
            (
                "0 */5 * * * *",
                "has 6 fields; it takes five: minute, hour, day of the month, month, \
                               day of the week; leave out the seconds",
            ),
            ("@daily", "has 1 fields"),
            ("", "has 0 fields"),
            (
                "0 0 30 2 *",
                "impossible schedule: cron(\"0 0 30 2 *\") asks for a day that no year has",
            ),
            ("0 0 31 4,6 *", "impossible schedule"),
        ] {
            let error = Cron::parse(text).expect_err(text).to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
