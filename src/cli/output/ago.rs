//! Times as people say them.

use chrono::{DateTime, Utc};

/// `3 min ago`, `in 2 h`. Within five seconds it is `now`.
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - then).num_seconds();
    let distance = match seconds.unsigned_abs() {
        0..5 => return "now".to_owned(),
        s @ 5..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min", s / 60),
        s @ 3_600..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    };
    if seconds > 0 { format!("{distance} ago") } else { format!("in {distance}") }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_unit_fits_the_distance() {
        let now = DateTime::UNIX_EPOCH;
        let said = |seconds| ago(now - TimeDelta::seconds(seconds), now);
        for (seconds, expected) in [
            (0, "now"),
            (-4, "now"),
            (59, "59 s ago"),
            (200, "3 min ago"),
            (-3_600, "in 1 h"),
            (172_799, "47 h ago"),
            (172_800, "2 days ago"),
            (400 * 86_400, "400 days ago"),
        ] {
            assert_eq!(said(seconds), expected);
        }
    }
}
