//! A tariff by the hour: prices that hold from a time of the day, or from a date and time, until the
//! next one.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};

/// Prices per kWh, or per hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hours {
    daily: BTreeMap<NaiveTime, f64>,
    dated: BTreeMap<NaiveDateTime, f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HoursError(String);

/// The last price of a list with dates holds so long: such lists go by the hour.
const LAST_HOLDS: TimeDelta = TimeDelta::hours(1);

impl Hours {
    /// From a table: `"07:00"`, and the price from then on.
    ///
    /// # Errors
    /// A time of the day that is none, a price that is none.
    pub fn of_table<'t>(
        rows: impl IntoIterator<Item = (&'t str, f64)>,
    ) -> Result<Hours, HoursError> {
        let mut hours = Hours::default();
        for (time, price) in rows {
            hours.add(time, price)?;
        }
        hours.filled()
    }

    /// From lines of `07:00,0.31` or `2026-11-22T14:00,0.27`, in local time. A line of words at the
    /// head, empty lines and lines that begin with `#` say nothing.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn of_csv(text: &str) -> Result<Hours, HoursError> {
        let mut hours = Hours::default();
        let mut is_first = true;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let columns = line.split_once([',', ';', '\t']);
            let number = columns.and_then(|(_, price)| price.trim().parse::<f64>().ok());
            let was_first = std::mem::replace(&mut is_first, false);
            let Some((time, price)) = columns.map(|(time, _)| time).zip(number) else {
                if was_first && !line.starts_with(|c: char| c.is_ascii_digit()) {
                    continue;
                }
                let message = format!("line {}: `{line}` is not like 07:00,0.31", index + 1);
                return Err(HoursError(message));
            };
            hours
                .add(time, price)
                .map_err(|HoursError(why)| HoursError(format!("line {}: {why}", index + 1)))?;
        }
        hours.filled()
    }

    fn add(&mut self, time: &str, price: f64) -> Result<(), HoursError> {
        if !price.is_finite() {
            return Err(HoursError(format!("`{price}` is no price")));
        }
        let time = time.trim();
        let of_day = || NaiveTime::parse_from_str(time, "%H:%M").ok();
        let dated = || {
            let formats =
                ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
            formats.iter().find_map(|format| NaiveDateTime::parse_from_str(time, format).ok())
        };
        match (of_day(), dated()) {
            (Some(time), _) => drop(self.daily.insert(time, price)),
            (_, Some(time)) => drop(self.dated.insert(time, price)),
            _ => {
                let message = format!(
                    "`{time}` is no time: write it like 07:00, or like 2026-11-22T14:00 for one day"
                );
                return Err(HoursError(message));
            }
        }
        Ok(())
    }

    fn filled(self) -> Result<Hours, HoursError> {
        if self.daily.is_empty() && self.dated.is_empty() {
            return Err(HoursError("there is no price in it".to_owned()));
        }
        Ok(self)
    }

    /// The price at a local time: that of the date, else that of the time of the day.
    pub fn at(&self, now: NaiveDateTime) -> Option<f64> {
        let mut later = self.dated.range(now..);
        let next = later.find(|(from, _)| **from > now);
        if let Some((from, price)) = self.dated.range(..=now).next_back()
            && (next.is_some() || now - *from < LAST_HOLDS)
        {
            return Some(*price);
        }
        let earlier = self.daily.range(..=now.time()).next_back();
        // Before the first one holds the last one, of yesterday.
        earlier.or_else(|| self.daily.last_key_value()).map(|(_, price)| *price)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_price_holds_until_the_next_also_over_midnight() {
        let hours = Hours::of_table([("22:00", 0.2), ("06:30", 0.3)]).unwrap();
        for (time, price) in [
            ("06:29:59", 0.2),
            ("06:30:00", 0.3),
            ("21:59:00", 0.3),
            ("23:00:00", 0.2),
            ("00:00:00", 0.2),
        ] {
            assert_eq!(hours.at(at(&format!("2026-11-22T{time}"))), Some(price), "{time}");
        }
    }

    #[test]
    fn dates_go_before_times_of_the_day_as_long_as_they_last() {
        let csv = "from,price\n# tomorrow's\n2026-11-22T13:00,0.10\r\n2026-11-22T14:00;-0.02\n";
        let hours = Hours::of_csv(csv).unwrap();
        assert_eq!(hours.at(at("2026-11-22T12:59:00")), None);
        assert_eq!(hours.at(at("2026-11-22T13:30:00")), Some(0.1));
        assert_eq!(hours.at(at("2026-11-22T14:59:00")), Some(-0.02));
        assert_eq!(hours.at(at("2026-11-22T15:00:00")), None);
        let hours = Hours::of_csv(&format!("{csv}00:00,0.3")).unwrap();
        assert_eq!(hours.at(at("2026-11-22T15:00:00")), Some(0.3));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (csv, wanted) in [
            ("", "no price in it"),
            ("from,price\n", "no price in it"),
            ("07:00,0.3\n25:00,0.1", "line 2: `25:00` is no time"),
            ("07:00,0.3\n08:00,cheap", "line 2: `08:00,cheap` is not like 07:00,0.31"),
            ("07:00", "line 1"),
        ] {
            let error = Hours::of_csv(csv).unwrap_err().to_string();
            assert!(error.contains(wanted), "{csv:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in r"[0-9:,;T \n#.a-z-]{0,60}") {
            if let Ok(hours) = Hours::of_csv(&text) {
                let _ = hours.at(at("2026-11-22T13:00:00"));
            }
        }
    }
}
