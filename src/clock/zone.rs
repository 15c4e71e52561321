//! The time zones of the tz database, which is built in: a board may have none, or an old one.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{LazyLock, Mutex},
};

use chrono::{
    DateTime, Datelike, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone,
    Timelike, Utc,
};
use jiff::{
    Timestamp, civil,
    tz::{self, AmbiguousOffset, TimeZoneDatabase},
};
use serde::{Deserialize, Deserializer, de::Error};

/// A time zone: `Europe/Berlin`. Its rules are read once and kept as long as the process runs.
#[derive(Clone, Copy)]
pub struct Zone(&'static tz::TimeZone);

/// There is no such time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{0}`")]
pub struct UnknownZone(pub String);

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
static UTC: tz::TimeZone = tz::TimeZone::UTC;

impl Zone {
    pub const UTC: Zone = Zone(&UTC);

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = String> {
        DATABASE.available().map(|name| name.to_string())
    }

    pub fn name(self) -> &'static str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the zone's time is called at that moment: `CEST`, or `+03` where it has no name.
    pub fn abbreviation(self, at: DateTime<Utc>) -> String {
        self.0.to_offset_info(timestamp(at.timestamp())).abbreviation().to_owned()
    }

    /// When the local clock shows this time: the first time if it does so twice, and the end of the
    /// gap that swallows it if it never does.
    pub fn first_instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.from_local_datetime(&local) {
            MappedLocalTime::Single(instant) | MappedLocalTime::Ambiguous(instant, _) => {
                instant.to_utc()
            }
            MappedLocalTime::None => self.end_of_gap(local),
        }
    }

    /// The end of the gap in which `local` lies.
    fn end_of_gap(self, local: NaiveDateTime) -> DateTime<Utc> {
        let AmbiguousOffset::Gap { before, .. } = self.offset_at(&local) else {
            return local.and_utc();
        };
        // By the offset before the gap it is past the change already.
        let past = local.and_utc().timestamp() - i64::from(before.seconds());
        let change = self.0.preceding(timestamp(past + 1)).next();
        let change = change.map_or(past, |change| change.timestamp().as_second());
        DateTime::from_timestamp(change, 0).unwrap_or_else(|| local.and_utc())
    }

    fn offset_at(self, local: &NaiveDateTime) -> AmbiguousOffset {
        self.0.to_ambiguous_timestamp(civil_time(local)).offset()
    }

    fn with(self, offset: tz::Offset) -> ZoneOffset {
        let fixed = FixedOffset::east_opt(offset.seconds());
        ZoneOffset { zone: self, fixed: fixed.expect("the tz database stays below a day") }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Zone::UTC
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// By its name in the tz database, in any case.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        static READ: LazyLock<Mutex<HashMap<String, Zone>>> = LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(zone) = read.get(name) {
            return Ok(*zone);
        }
        let rules = DATABASE.get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        // There are as many as there are zones; a process meets two or three.
        let zone = Zone(Box::leak(Box::new(rules)));
        read.insert(name.to_owned(), zone);
        Ok(zone)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// How far a zone is ahead of UTC at some moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    fixed: FixedOffset,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fixed)
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fixed)
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Zone {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        match self.offset_at(local) {
            AmbiguousOffset::Unambiguous { offset } => MappedLocalTime::Single(self.with(offset)),
            AmbiguousOffset::Gap { .. } => MappedLocalTime::None,
            AmbiguousOffset::Fold { before, after } => {
                MappedLocalTime::Ambiguous(self.with(before), self.with(after))
            }
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.with(self.0.to_offset(timestamp(utc.and_utc().timestamp())))
    }
}

/// chrono knows more millennia than jiff; what lies beyond has the offset of the last one.
fn timestamp(seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn civil_time(local: &NaiveDateTime) -> civil::DateTime {
    let part = |number: u32| i8::try_from(number).unwrap_or_default();
    let end = if local.year() < 0 { civil::DateTime::MIN } else { civil::DateTime::MAX };
    let Ok(year) = i16::try_from(local.year()) else { return end };
    let (month, day) = (part(local.month()), part(local.day()));
    let (hour, minute, second) = (part(local.hour()), part(local.minute()), part(local.second()));
    civil::DateTime::new(year, month, day, hour, minute, second, 0).unwrap_or(end)
}

/// Where most tests live.
#[cfg(test)]
pub fn berlin() -> Zone {
    "Europe/Berlin".parse().expect("a zone")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn local(text: &str) -> NaiveDateTime {
        text.parse().expect("a local time")
    }

    #[test]
    fn a_gap_ends_when_the_clock_goes_on() {
        for (name, swallowed, end) in [
            ("Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T01:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-04T02:10:00", "2026-10-03T15:30:00Z"),
            ("Antarctica/Troll", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
            // Samoa left out a day.
            ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"),
            // Far ahead, by the rule and not by the list.
            ("Europe/Berlin", "2090-03-26T02:30:00", "2090-03-26T01:00:00Z"),
        ] {
            let end: DateTime<Utc> = end.parse().expect("a moment");
            assert_eq!(zone(name).from_local_datetime(&local(swallowed)), MappedLocalTime::None);
            assert_eq!(zone(name).first_instant(local(swallowed)), end, "{swallowed} in {name}");
        }
    }

    #[test]
    fn a_fold_comes_twice() {
        let berlin = zone("Europe/Berlin");
        let MappedLocalTime::Ambiguous(first, again) =
            berlin.from_local_datetime(&local("2026-10-25T02:30:00"))
        else {
            panic!("it is shown twice");
        };
        assert_eq!(first.to_rfc3339(), "2026-10-25T02:30:00+02:00");
        assert_eq!(again.to_rfc3339(), "2026-10-25T02:30:00+01:00");
        assert_eq!(berlin.first_instant(local("2026-10-25T02:30:00")), first);
    }

    #[test]
    fn names_are_the_database_s() {
        assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
        assert_eq!(zone("europe/berlin"), zone("Europe/Berlin"));
        assert_eq!("Berlin".parse::<Zone>(), Err(UnknownZone("Berlin".into())));
        assert_eq!(zone("UTC"), Zone::UTC);
        assert!(Zone::names().count() > 400);
    }

    #[test]
    fn the_time_has_a_name() {
        let at = |text: &str| text.parse().expect("a moment");
        assert_eq!(zone("Europe/Berlin").abbreviation(at("2026-07-15T12:00:00Z")), "CEST");
        assert_eq!(zone("Europe/Berlin").abbreviation(at("2026-12-15T12:00:00Z")), "CET");
        assert_eq!(zone("America/Sao_Paulo").abbreviation(at("2026-12-15T12:00:00Z")), "-03");
    }

    #[test]
    fn the_ends_of_time_are_bearable() {
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            zone("Europe/Berlin").offset_from_utc_datetime(&end.naive_utc());
            zone("Europe/Berlin").offset_from_local_datetime(&end.naive_utc());
        }
    }
}
