//! Sunrise and sunset at the site.

use chrono::{DateTime, Days, TimeDelta, Utc};
use sunrise::{Coordinates, SolarDay, SolarEvent};

/// How far to look: through the longest polar night or day and then some.
const DAYS_AHEAD: usize = 366;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sun {
    Rise,
    Set,
}

/// The place on Earth, or `None` when latitude or longitude is out of range.
pub fn coordinates((latitude, longitude): (f64, f64)) -> Option<Coordinates> {
    Coordinates::new(latitude, longitude)
}

/// The first sunrise or sunset, moved by `offset`, that is later than `after`. Days without one,
/// near the poles, are passed over; `None` when a year has none.
pub fn next_event(
    sun: Sun,
    offset: TimeDelta,
    after: DateTime<Utc>,
    place: Coordinates,
) -> Option<DateTime<Utc>> {
    let event = match sun {
        Sun::Rise => SolarEvent::Sunrise,
        Sun::Set => SolarEvent::Sunset,
    };
    let event_after = after.checked_sub_signed(offset)?;
    // A date's event can fall on the day before or after it in UTC.
    let first_day = event_after.date_naive().checked_sub_days(Days::new(2))?;
    first_day
        .iter_days()
        .take(DAYS_AHEAD + 4)
        .filter_map(|day| SolarDay::new(place, day).event_time(event))
        .find(|instant| *instant > event_after)?
        .checked_add_signed(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: (f64, f64) = (52.52, 13.405);
    const TROMSO: (f64, f64) = (69.65, 18.96);

    fn next(sun: Sun, offset_min: i64, after: &str, place: (f64, f64)) -> Option<String> {
        let after = after.parse().expect("a test's own date");
        let place = coordinates(place).expect("a place on Earth");
        next_event(sun, TimeDelta::minutes(offset_min), after, place)
            .map(|instant| instant.format("%F %R").to_string())
    }

    /// Berlin's longest day lasts from 04:43 to 21:33 local time.
    #[test]
    fn rises_and_sets_to_the_minute() {
        let day = "2026-06-21T00:00:00Z";
        assert_eq!(next(Sun::Rise, 0, day, BERLIN).as_deref(), Some("2026-06-21 02:43"));
        assert_eq!(next(Sun::Set, 0, day, BERLIN).as_deref(), Some("2026-06-21 19:33"));
        assert_eq!(next(Sun::Rise, -30, day, BERLIN).as_deref(), Some("2026-06-21 02:13"));
        // The moved moment counts, not the sunset itself, which was an hour ago.
        let late = "2026-06-21T20:30:00Z";
        assert_eq!(next(Sun::Set, 60, late, BERLIN).as_deref(), Some("2026-06-21 20:33"));
    }

    #[test]
    fn days_without_a_sunset_are_passed_over() {
        let summer = next(Sun::Set, 0, "2026-05-25T00:00:00Z", TROMSO).expect("July has one");
        assert!(summer.starts_with("2026-07-2"), "{summer}");
        let winter = next(Sun::Rise, 0, "2026-12-01T00:00:00Z", TROMSO).expect("January has one");
        assert!(winter.starts_with("2027-01-1"), "{winter}");
    }

    /// West of the date line the local day is far from UTC's.
    #[test]
    fn fires_every_day_at_the_edges_of_the_map() {
        for longitude in [-180.0, 180.0] {
            let place = coordinates((-17.0, longitude)).expect("a place on Earth");
            let mut last = DateTime::from_timestamp(1_780_000_000, 0).expect("a moment");
            for _ in 0..365 {
                let next = next_event(Sun::Rise, TimeDelta::zero(), last, place).expect("daily");
                if last.timestamp() != 1_780_000_000 {
                    assert!((next - last - TimeDelta::days(1)).abs() < TimeDelta::minutes(5));
                }
                last = next;
            }
        }
    }
}
