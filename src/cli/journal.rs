//! `watchpost journal`

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use clap::Args;

use super::{Format, help_after};
use crate::clock::parse_duration;

/// Show what ran, why, and with what result
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost journal closet-heat --since 2h",
    "watchpost journal --since 2026-11-20 --limit 1000 --json",
))]
pub struct JournalArgs {
    /// Only this script, watch or sensor
    pub name: Option<String>,

    /// Only since then: a duration back from now (2h), a local date or time, or RFC 3339
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,

    /// At most the latest N entries
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,

    #[command(flatten)]
    pub format: Format,
}

/// A moment of the past, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    Ago(Duration),
    /// By the clock of the site's time zone.
    Local(NaiveDateTime),
    At(DateTime<Utc>),
}

impl Since {
    /// The moment that is meant.
    ///
    /// Of a local time that the clock shows twice it is the first, and for one that the clock skips
    /// it is the same time of the day before: rather too many entries than too few.
    pub fn moment(self, now: DateTime<Utc>, timezone: Tz) -> DateTime<Utc> {
        let moment = match self {
            Since::At(moment) => moment,
            Since::Ago(duration) => TimeDelta::from_std(duration)
                .ok()
                .and_then(|back| now.checked_sub_signed(back))
                .unwrap_or(DateTime::UNIX_EPOCH),
            Since::Local(local) => timezone
                .from_local_datetime(&local)
                .earliest()
                .or_else(|| timezone.from_local_datetime(&(local - TimeDelta::days(1))).earliest())
                .map_or(DateTime::UNIX_EPOCH, |moment| moment.with_timezone(&Utc)),
        };
        moment.max(DateTime::UNIX_EPOCH)
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(duration) = parse_duration(text) {
            return Ok(Since::Ago(duration));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Since::Local(date.and_time(NaiveTime::MIN)));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Since::At(moment.with_timezone(&Utc)));
        }
        ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(Since::Local)
            .ok_or_else(|| "try 2h, 2026-11-20, \"2026-11-20 22:30\" or RFC 3339".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn moment(text: &str) -> String {
        let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
        text.parse::<Since>().expect("understood").moment(now, Berlin).to_rfc3339()
    }

    #[test]
    fn the_past_is_said_in_many_ways() {
        assert_eq!(moment("2h30m"), "2026-11-22T09:30:00+00:00");
        assert_eq!(moment("2026-11-20"), "2026-11-19T23:00:00+00:00");
        assert_eq!(moment("2026-07-01 22:30"), "2026-07-01T20:30:00+00:00");
        assert_eq!(moment("2026-11-20T22:30:00-05:00"), "2026-11-21T03:30:00+00:00");
    }

    #[test]
    fn clock_changes_and_endless_pasts_lose_no_entries() {
        assert_eq!(moment("2026-10-25 02:30"), "2026-10-25T00:30:00+00:00");
        assert_eq!(moment("2026-03-29 02:30"), "2026-03-28T01:30:00+00:00");
        assert_eq!(moment("9999999w"), "1970-01-01T00:00:00+00:00");
    }

    #[test]
    fn nonsense_is_refused_with_examples() {
        let error = "last tuesday".parse::<Since>().expect_err("not understood");
        assert!(error.contains("2026-11-20"), "{error}");
    }
}
