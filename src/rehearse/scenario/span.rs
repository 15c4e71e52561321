//! A length of time in a scenario: `10s`, `5m`, `1d14h`.

use std::time::Duration;

use serde::Deserialize;

use crate::clock::parse_duration;

/// A length of time, at most a hundred years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

/// Keeps sums with dates away from their limits.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let duration = parse_duration(&text).map_err(|error| error.to_string())?;
        if duration > LONGEST {
            return Err(format!("`{text}` is longer than a hundred years"));
        }
        Ok(Span(duration))
    }
}
