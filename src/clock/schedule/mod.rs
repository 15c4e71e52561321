//! When scheduled watches fire: `once_an_hour`, `every`, `every_day`, `weekdays`, `cron`,
//! `sunrise`, `sunset`.

mod cron;
mod error;
mod local;
mod sun;
mod time_of_day;
mod weekday;

#[cfg(test)]
mod daylight_saving_tests;
#[cfg(test)]
mod property_tests;

use std::{fmt, time::Duration};

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};

use self::{cron::Cron, local::Passes, sun::Sun};
use super::{Zone, format_duration, parse_duration};

pub use error::ScheduleError;

/// What schedules need to know about the site.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    pub timezone: Zone,
    /// Latitude and longitude in degrees; only sunrise and sunset need it.
    pub place: Option<(f64, f64)>,
}

/// When a watch fires. Made by the constructors, which refuse what cannot be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    OnceAnHour,
    Every(Duration),
    EveryDay(NaiveTime),
    Weekdays(NaiveTime),
    Cron(Cron),
    Sun { sun: Sun, offset: TimeDelta },
}

impl Schedule {
    /// At minute 0 of every local hour.
    pub fn once_an_hour() -> Self {
        Schedule(Kind::OnceAnHour)
    }

    /// `every("10m")`: counted from the last run.
    ///
    /// # Errors
    /// When the interval is not a duration or shorter than a second.
    pub fn every(interval: &str) -> Result<Self, ScheduleError> {
        let parsed = parse_duration(interval)?;
        if parsed < Duration::from_secs(1) {
            return Err(ScheduleError::TooOften(interval.to_owned()));
        }
        Ok(Schedule(Kind::Every(parsed)))
    }

    /// `every_day(22)`: at this full hour, local time.
    ///
    /// # Errors
    /// When the hour is not within 0 to 23.
    pub fn every_day_at_hour(hour: i64) -> Result<Self, ScheduleError> {
        let full_hour = u32::try_from(hour).ok().and_then(|h| NaiveTime::from_hms_opt(h, 0, 0));
        full_hour.map(|time| Schedule(Kind::EveryDay(time))).ok_or(ScheduleError::Hour(hour))
    }

    /// `every_day("22:30")`: at this local time.
    ///
    /// # Errors
    /// When the text is not hour and minute.
    pub fn every_day(time: &str) -> Result<Self, ScheduleError> {
        Ok(Schedule(Kind::EveryDay(time_of_day::parse(time)?)))
    }

    /// `weekdays("07:00")`: at this local time, Monday to Friday.
    ///
    /// # Errors
    /// When the text is not hour and minute.
    pub fn weekdays(time: &str) -> Result<Self, ScheduleError> {
        Ok(Schedule(Kind::Weekdays(time_of_day::parse(time)?)))
    }

    /// `cron("*/5 * * * *")`: five fields, local time, as crontab(5) means them.
    ///
    /// # Errors
    /// When a field is wrong, seconds are given, or no year has such a day.
    pub fn cron(expression: &str) -> Result<Self, ScheduleError> {
        Ok(Schedule(Kind::Cron(Cron::parse(expression)?)))
    }

    /// `sunrise()`, `sunrise("-30m")`: when the sun's upper rim appears, or before or after that.
    ///
    /// # Errors
    /// When the offset has no sign, is not a duration, or is longer than 12 hours.
    pub fn sunrise(offset: Option<&str>) -> Result<Self, ScheduleError> {
        Ok(Schedule(Kind::Sun { sun: Sun::Rise, offset: time_of_day::parse_offset(offset)? }))
    }

    /// `sunset()`, `sunset("+1h")`: when the sun's upper rim is gone, or before or after that.
    ///
    /// # Errors
    /// When the offset has no sign, is not a duration, or is longer than 12 hours.
    pub fn sunset(offset: Option<&str>) -> Result<Self, ScheduleError> {
        Ok(Schedule(Kind::Sun { sun: Sun::Set, offset: time_of_day::parse_offset(offset)? }))
    }

    /// Whether the site file says what this schedule needs.
    ///
    /// # Errors
    /// [`ScheduleError::NoPlace`] for sunrise and sunset without a valid place.
    pub fn check(&self, calendar: &Calendar) -> Result<(), ScheduleError> {
        let placed = calendar.place.and_then(sun::coordinates).is_some();
        match self.0 {
            Kind::Sun { .. } if !placed => Err(ScheduleError::NoPlace(self.to_string())),
            _ => Ok(()),
        }
    }

    /// The first instant later than `after`; for `every`, `after` is the last run.
    ///
    /// `None` when there is none: a sun that neither rises nor sets for a year, a site without a
    /// place ([`Schedule::check`] says so), a cron expression after the year 2100.
    pub fn next_after(&self, after: DateTime<Utc>, calendar: &Calendar) -> Option<DateTime<Utc>> {
        let local = |passes, next_shown: &dyn Fn(NaiveDateTime) -> Option<NaiveDateTime>| {
            local::next_instant(after, calendar.timezone, passes, next_shown)
        };
        match &self.0 {
            Kind::OnceAnHour => local(Passes::Every, &time_of_day::next_full_hour),
            Kind::Every(interval) => after.checked_add_signed(TimeDelta::from_std(*interval).ok()?),
            Kind::EveryDay(time) => {
                local(Passes::First, &|shown| time_of_day::next_day(shown, *time, |_| true))
            }
            Kind::Weekdays(time) => local(Passes::First, &|shown| {
                let works = |day| !matches!(day, Weekday::Sat | Weekday::Sun);
                time_of_day::next_day(shown, *time, works)
            }),
            Kind::Cron(cron) => local(cron.passes(), &|shown| cron.next_shown(shown)),
            Kind::Sun { sun, offset } => {
                sun::next_event(*sun, *offset, after, sun::coordinates(calendar.place?)?)
            }
        }
    }

    /// Whether the wall clock must be right for this schedule; `every` needs only the time that
    /// passes.
    pub fn needs_wall_clock(&self) -> bool {
        self.interval().is_none()
    }

    /// The interval of `every`.
    pub fn interval(&self) -> Option<Duration> {
        match self.0 {
            Kind::Every(interval) => Some(interval),
            _ => None,
        }
    }
}

/// As the script writes it: `every_day("22:30")`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::OnceAnHour => f.write_str("once_an_hour"),
            Kind::Every(interval) => write!(f, "every(\"{}\")", format_duration(*interval)),
            Kind::EveryDay(time) => write!(f, "every_day(\"{}\")", time.format("%H:%M")),
            Kind::Weekdays(time) => write!(f, "weekdays(\"{}\")", time.format("%H:%M")),
            Kind::Cron(cron) => write!(f, "cron(\"{cron}\")"),
            Kind::Sun { sun, offset } => {
                let word = match sun {
                    Sun::Rise => "sunrise",
                    Sun::Set => "sunset",
                };
                write!(f, "{word}({})", time_of_day::quote_offset(*offset))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_the_script() {
        for (schedule, text) in [
            (Ok(Schedule::once_an_hour()), "once_an_hour"),
            (Schedule::every("90m"), "every(\"1h30m\")"),
            (Schedule::every_day_at_hour(22), "every_day(\"22:00\")"),
            (Schedule::every_day("7:05"), "every_day(\"07:05\")"),
            (Schedule::weekdays("07:00"), "weekdays(\"07:00\")"),
            (Schedule::cron(" */5 *  * * * "), "cron(\"*/5 * * * *\")"),
            (Schedule::sunrise(Some("-30m")), "sunrise(\"-30m\")"),
            (Schedule::sunset(Some("+1h")), "sunset(\"+1h\")"),
            (Schedule::sunset(None), "sunset()"),
        ] {
            assert_eq!(schedule.expect(text).to_string(), text);
        }
    }

    #[test]
    fn refuses_what_cannot_be_kept() {
        for (schedule, message) in [
            (Schedule::every("10"), "`10` is not a duration"),
            (Schedule::every("999ms"), "the shortest interval is `1s`"),
            (Schedule::every_day_at_hour(24), "24 is not an hour of the day"),
            (Schedule::every_day_at_hour(-1), "-1 is not an hour of the day"),
            (Schedule::every_day("24:00"), "`24:00` is not a time of day"),
            (Schedule::every_day("22"), "`22` is not a time of day"),
            (Schedule::weekdays("7:5"), "`7:5` is not a time of day"),
            (Schedule::weekdays("07:00:00"), "`07:00:00` is not a time of day"),
            (Schedule::sunrise(Some("30m")), "`30m` is not an offset"),
            (Schedule::sunrise(Some("-13h")), "`-13h` is not an offset"),
        ] {
            let error = schedule.expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn the_sun_needs_a_place() {
        let nowhere = Calendar { timezone: Zone::UTC, place: None };
        let sunset = Schedule::sunset(None).expect("good");
        assert_eq!(sunset.next_after(DateTime::UNIX_EPOCH, &nowhere), None);
        assert!(sunset.check(&nowhere).unwrap_err().to_string().starts_with("sunset() needs"));
        assert!(sunset.check(&Calendar { place: Some((91.0, 0.0)), ..nowhere.clone() }).is_err());
        assert!(sunset.check(&Calendar { place: Some((52.5, 13.4)), ..nowhere.clone() }).is_ok());
        assert!(Schedule::once_an_hour().check(&nowhere).is_ok());
    }
}
