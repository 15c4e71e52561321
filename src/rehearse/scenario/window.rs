//! A part of every day in local time: `08:00-23:00`, or over midnight `22:00-06:00`.

use std::str::FromStr;

use chrono::NaiveTime;
use serde::Deserialize;

/// From a minute of the day, inclusive, to another, exclusive; the same twice is the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Window {
    from: NaiveTime,
    until: NaiveTime,
}

impl Window {
    pub fn contains(&self, time: NaiveTime) -> bool {
        if self.from < self.until {
            self.from <= time && time < self.until
        } else {
            self.from <= time || time < self.until
        }
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part of the day; write it like `08:00-23:00`");
        let minute = |text: &str| {
            let text = if text.trim() == "24:00" { "00:00" } else { text.trim() };
            NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| wrong())
        };
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        Ok(Window { from: minute(from)?, until: minute(until)? })
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(window: &str, time: &str) -> bool {
        let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap();
        window.parse::<Window>().unwrap().contains(time)
    }

    #[test]
    fn the_end_is_outside() {
        assert!(contains("08:00-23:00", "08:00"));
        assert!(!contains("08:00-23:00", "23:00"));
    }

    #[test]
    fn it_may_go_over_midnight_or_up_to_it() {
        assert!(contains("22:00-06:00", "23:59"));
        assert!(contains("22:00-06:00", "05:59"));
        assert!(!contains("22:00-06:00", "12:00"));
        assert!(contains("20:00-24:00", "23:59"));
        assert!(!contains("20:00-24:00", "00:00"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "8", "25:00-26:00", "08:00", "08:00-"] {
            assert!(text.parse::<Window>().is_err(), "{text:?}");
        }
    }
}
