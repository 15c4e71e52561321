//! What must hold for every schedule, zone and moment.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use proptest::{prelude::*, sample::select};

use super::{Calendar, Schedule, Zone};

fn schedules() -> impl Strategy<Value = Schedule> {
    let time = (0..24, 0..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    static CRONS: [&str; 7] = [
        "*/5 * * * *",
        "30 * * * *",
        "17 */3 * * *",
        "0,30 1-3 * * *",
        "30 2 * * sun",
        "0 0 1 * mon",
        "59 23 31 12 *",
    ];
    static OFFSETS: [Option<&str>; 4] = [None, Some("-30m"), Some("+12h"), Some("-12h")];
    let good = "the strategy makes good ones";
    prop_oneof![
        Just(Schedule::once_an_hour()),
        (1..200_000).prop_map(move |s| Schedule::every(&format!("{s}s")).expect(good)),
        time.clone().prop_map(move |time| Schedule::every_day(&time).expect(good)),
        time.prop_map(move |time| Schedule::weekdays(&time).expect(good)),
        select(&CRONS).prop_map(move |text| Schedule::cron(text).expect(good)),
        select(&OFFSETS).prop_map(move |offset| Schedule::sunrise(offset).expect(good)),
        select(&OFFSETS).prop_map(move |offset| Schedule::sunset(offset).expect(good)),
    ]
}

fn zones() -> impl Strategy<Value = Zone> {
    select(Zone::names().collect::<Vec<_>>()).prop_map(|name| name.parse().expect("a zone"))
}

fn calendars() -> impl Strategy<Value = Calendar> {
    (zones(), -66.0..80.0, -180.0..180.0).prop_map(|(timezone, latitude, longitude)| Calendar {
        timezone,
        place: Some((latitude, longitude)),
    })
}

/// Moments between 2020 and 2036, to the millisecond.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (1_577_836_800_000..2_082_758_400_000_i64)
        .prop_map(|ms| DateTime::from_timestamp_millis(ms).expect("within range"))
}

/// Moments within two days of a zone's change of clocks, where the trouble is.
fn near_a_change() -> impl Strategy<Value = (Zone, DateTime<Utc>)> {
    static CHANGES: [(&str, &str); 10] = [
        ("Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z"),
        ("America/New_York", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-11-01T06:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
        ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
        ("America/Havana", "2026-03-08T05:00:00Z"),
        ("America/Havana", "2026-11-01T05:00:00Z"),
    ];
    (select(&CHANGES), -2880..2880_i64).prop_map(|((zone, change), minutes)| {
        let change: DateTime<Utc> = change.parse().expect("a moment");
        (zone.parse().expect("a zone"), change + TimeDelta::minutes(minutes))
    })
}

proptest! {
    #[test]
    fn the_next_is_later(s in schedules(), calendar in calendars(), after in moments()) {
        prop_assert!(s.next_after(after, &calendar).is_none_or(|next| next > after));
    }

    /// Asking later never answers earlier, and any moment before the answer gives the same answer.
    #[test]
    fn the_next_is_monotone_and_stable(
        s in schedules(),
        calendar in calendars(),
        after in moments(),
        part in 0.0..1.0,
    ) {
        let Some(next) = s.next_after(after, &calendar) else { return Ok(()) };
        let part_ms = (next - after).num_milliseconds() as f64 * part;
        let between = after + TimeDelta::milliseconds(part_ms as i64);
        let later = s.next_after(between, &calendar).expect("there is one at `next`");
        if s.needs_wall_clock() && between < next {
            prop_assert_eq!(later, next);
        } else {
            prop_assert!(later >= next);
        }
        prop_assert!(s.next_after(next, &calendar).is_none_or(|second| second > later.min(next)));
    }

    /// Nothing is skipped or invented: every minute is asked what its local clock shows.
    #[test]
    fn every_hour_schedules_agree_with_brute_force(
        (timezone, after) in near_a_change(),
        minute_step in select(&[7_u32, 15, 20, 30, 60][..]),
    ) {
        let schedule = match minute_step {
            60 => Schedule::once_an_hour(),
            step => Schedule::cron(&format!("*/{step} * * * *")).expect("good"),
        };
        let matches = |instant: DateTime<Utc>| {
            instant.with_timezone(&timezone).minute().is_multiple_of(minute_step)
        };
        // What the gap swallowed comes at its end: the offset has grown since a minute ago.
        let ends_gap = |instant: DateTime<Utc>| {
            let shown = |at: DateTime<Utc>| at.with_timezone(&timezone).naive_local();
            let before = shown(instant - TimeDelta::minutes(1));
            let swallowed = (shown(instant) - before).num_minutes();
            let mut minutes = (1..swallowed).map(|m| (before + TimeDelta::minutes(m)).minute());
            minutes.any(|minute| minute.is_multiple_of(minute_step))
        };
        let calendar = Calendar { timezone, place: None };
        let mut minute = after;
        let mut next = schedule.next_after(after, &calendar);
        for _ in 0..2 * 1440 {
            minute += TimeDelta::minutes(1);
            if matches(minute) || ends_gap(minute) {
                prop_assert_eq!(next, Some(minute));
                next = schedule.next_after(minute, &calendar);
            }
        }
    }

    /// Each local day gets its one run, at the time it names unless a gap swallows that.
    #[test]
    fn daily_fires_once_a_day(
        timezone in zones(),
        year in 2020..2036,
        hour in 0..24_u32,
        minute in 0..60_u32,
    ) {
        let schedule = Schedule::every_day(&format!("{hour:02}:{minute:02}")).expect("good");
        let calendar = Calendar { timezone, place: None };
        let first_day = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
        let time = |day: NaiveDate| day.and_hms_opt(hour, minute, 0).expect("a time");
        let mut last = Utc.from_utc_datetime(&time(first_day)) - TimeDelta::days(2);
        while last.with_timezone(&timezone).naive_local() < time(first_day - Days::new(1)) {
            last = schedule.next_after(last, &calendar).expect("daily always fires");
        }
        for day in first_day.iter_days().take(365) {
            last = schedule.next_after(last, &calendar).expect("daily always fires");
            let shown = last.with_timezone(&timezone).naive_local();
            let late = shown - time(day);
            let in_gap = timezone.from_local_datetime(&time(day)).earliest().is_none();
            prop_assert!(late == TimeDelta::zero() || in_gap, "{shown} for {day}");
            let gap = TimeDelta::zero()..=TimeDelta::hours(2);
            prop_assert!(gap.contains(&late), "{shown} for {day}");
        }
    }
}
