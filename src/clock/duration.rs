//! Durations as people write them: `90s`, `5m`, `2h30m`.

use std::{fmt::Write, time::Duration};

/// The units, longest first, with their length in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a duration: {reason}; \
     write it like `500ms`, `90s`, `5m`, `2h30m`, `1d` or `1w`"
)]
pub struct DurationError {
    text: String,
    reason: String,
}

/// Reads whole numbers with units, longest unit first: `500ms`, `90s`, `5m`, `2h30m`, `1d`, `1w`.
///
/// # Errors
/// When the text is empty, a number or a unit is missing or unknown, a unit comes twice or after a
/// shorter one, or the sum is more than 584 million years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let fail = |reason: String| DurationError { text: text.to_owned(), reason };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(fail("it is empty".to_owned()));
    }
    let mut total_ms: u64 = 0;
    let mut units_left = &UNITS[..];
    while !rest.is_empty() {
        let (digits, tail) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, tail) = split_where(tail, |c| !c.is_alphabetic());
        if digits.is_empty() {
            return Err(fail(format!("a whole number is missing before `{rest}`")));
        }
        if unit.is_empty() {
            return Err(fail(format!("a unit (w, d, h, m, s, ms) is missing after `{digits}`")));
        }
        let Some(at) = units_left.iter().position(|(name, _)| *name == unit) else {
            let known = UNITS.iter().any(|(name, _)| *name == unit);
            return Err(fail(match known {
                true => format!("`{unit}` stands after itself or a shorter unit"),
                false => format!("there is no unit `{unit}`"),
            }));
        };
        let sum = digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(units_left[at].1))
            .and_then(|ms| total_ms.checked_add(ms));
        total_ms = sum.ok_or_else(|| fail(format!("`{digits}{unit}` is too long")))?;
        units_left = &units_left[at + 1..];
        rest = tail;
    }
    Ok(Duration::from_millis(total_ms))
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// Writes a duration the way [`parse_duration`] reads it, in whole milliseconds: `2h30m`, `0s`.
///
/// Weeks are left to those who write them; people read `9d` more easily than `1w2d`.
pub fn format_duration(duration: Duration) -> String {
    let mut left_ms = duration.as_millis();
    if left_ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (name, unit_ms) in &UNITS[1..] {
        let count = left_ms / u128::from(*unit_ms);
        left_ms %= u128::from(*unit_ms);
        if count > 0 {
            write!(text, "{count}{name}").expect("a string takes any text");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [
            ("500ms", 0.5),
            ("90s", 90.0),
            ("5m", 300.0),
            ("2h30m", 9_000.0),
            ("1d", 86_400.0),
            ("1w", 604_800.0),
            ("1m30s250ms", 90.25),
            (" 0s ", 0.0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn names_what_it_could_not_read() {
        for (text, reason) in [
            ("", "it is empty"),
            ("5", "a unit (w, d, h, m, s, ms) is missing after `5`"),
            ("m", "a whole number is missing before `m`"),
            ("1.5h", "a unit (w, d, h, m, s, ms) is missing after `1`"),
            ("-5m", "a whole number is missing before `-5m`"),
            ("5 m", "a unit (w, d, h, m, s, ms) is missing after `5`"),
            ("5min", "there is no unit `min`"),
            ("30m2h", "`h` stands after itself or a shorter unit"),
            ("1h1h", "`h` stands after itself or a shorter unit"),
            ("99999999999999999999w", "`99999999999999999999w` is too long"),
        ] {
            assert_eq!(parse_duration(text).unwrap_err().reason, reason, "{text}");
        }
        assert_eq!(
            parse_duration("5min").unwrap_err().to_string(),
            "`5min` is not a duration: there is no unit `min`; \
             write it like `500ms`, `90s`, `5m`, `2h30m`, `1d` or `1w`"
        );
    }

    #[test]
    fn writes_compactly() {
        for (ms, text) in [
            (0, "0s"),
            (500, "500ms"),
            (90_000, "1m30s"),
            (9_000_000, "2h30m"),
            (777_600_000, "9d"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(ms)), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(ms in any::<u64>()) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse_duration(&text);
        }
    }
}
