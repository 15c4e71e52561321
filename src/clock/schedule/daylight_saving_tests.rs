//! A table of what fires around the days on which clocks change, and on a Pi that boots in 1970.

use chrono::{DateTime, Utc};

use super::{Calendar, Schedule, Zone};

/// The instants after `after`, as the clock on the wall shows them with its offset from UTC.
fn shown(zone: &str, schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let timezone: Zone = zone.parse().expect("a zone");
    let calendar = Calendar { timezone, place: None };
    let after: DateTime<Utc> = DateTime::parse_from_rfc3339(after).expect("a moment").to_utc();
    std::iter::successors(schedule.next_after(after, &calendar), |last| {
        schedule.next_after(*last, &calendar)
    })
    .take(count)
    .map(|instant| instant.with_timezone(&timezone).format("%-d %H:%M %:z").to_string())
    .collect()
}

#[track_caller]
fn check(zone: &str, schedule: Schedule, after: &str, expected: &[&str]) {
    assert_eq!(shown(zone, &schedule, after, expected.len()), expected, "{schedule} in {zone}");
}

fn daily(time: &str) -> Schedule {
    Schedule::every_day(time).expect("a time")
}

fn weekdays(time: &str) -> Schedule {
    Schedule::weekdays(time).expect("a time")
}

fn cron(expression: &str) -> Schedule {
    Schedule::cron(expression).expect("an expression")
}

fn every(interval: &str) -> Schedule {
    Schedule::every(interval).expect("an interval")
}

/// 29 March 2026: 02:00 is followed by 03:00, +1 becomes +2.
#[test]
fn berlin_in_spring() {
    let check = |schedule, expected: &[&str]| {
        check("Europe/Berlin", schedule, "2026-03-29T00:30:00+01:00", expected);
    };
    check(Schedule::once_an_hour(), &["29 01:00 +01:00", "29 03:00 +02:00", "29 04:00 +02:00"]);
    check(daily("02:30"), &["29 03:00 +02:00", "30 02:30 +02:00"]);
    check(daily("03:00"), &["29 03:00 +02:00", "30 03:00 +02:00"]);
    check(weekdays("02:30"), &["30 02:30 +02:00"]);
    check(cron("30 2 * * *"), &["29 03:00 +02:00", "30 02:30 +02:00"]);
    check(cron("0,30 2,3 * * *"), &["29 03:00 +02:00", "29 03:30 +02:00", "30 02:00 +02:00"]);
    check(cron("*/30 * * * *"), &["29 01:00 +01:00", "29 01:30 +01:00", "29 03:00 +02:00"]);
    check(cron("30 * * * *"), &["29 01:30 +01:00", "29 03:00 +02:00", "29 03:30 +02:00"]);
    check(every("1h"), &["29 01:30 +01:00", "29 03:30 +02:00"]);
}

/// 25 October 2026: 03:00 +2 is 02:00 +1 again.
#[test]
fn berlin_in_autumn() {
    let check = |schedule, expected: &[&str]| {
        check("Europe/Berlin", schedule, "2026-10-25T01:30:00+02:00", expected);
    };
    check(
        Schedule::once_an_hour(),
        &["25 02:00 +02:00", "25 02:00 +01:00", "25 03:00 +01:00", "25 04:00 +01:00"],
    );
    check(daily("02:30"), &["25 02:30 +02:00", "26 02:30 +01:00"]);
    check(weekdays("02:30"), &["26 02:30 +01:00"]);
    check(cron("30 2 * * *"), &["25 02:30 +02:00", "26 02:30 +01:00"]);
    check(
        cron("*/20 2 * * *"),
        &["25 02:00 +02:00", "25 02:20 +02:00", "25 02:40 +02:00", "26 02:00 +01:00"],
    );
    check(cron("30 */2 * * *"), &["25 02:30 +02:00", "25 02:30 +01:00", "25 04:30 +01:00"]);
    check(
        cron("*/30 * * * *"),
        &[
            "25 02:00 +02:00",
            "25 02:30 +02:00",
            "25 02:00 +01:00",
            "25 02:30 +01:00",
            "25 03:00 +01:00",
        ],
    );
    check(every("1h"), &["25 02:30 +02:00", "25 02:30 +01:00"]);
}

/// 8 March 2026: 02:00 is followed by 03:00, -5 becomes -4.
#[test]
fn new_york_in_spring() {
    let check = |schedule, expected: &[&str]| {
        check("America/New_York", schedule, "2026-03-08T00:30:00-05:00", expected);
    };
    check(Schedule::once_an_hour(), &["8 01:00 -05:00", "8 03:00 -04:00", "8 04:00 -04:00"]);
    check(daily("02:00"), &["8 03:00 -04:00", "9 02:00 -04:00"]);
    check(weekdays("02:59"), &["9 02:59 -04:00"]);
    check(cron("15 2 8 3 *"), &["8 03:00 -04:00"]);
    check(cron("*/30 * * * *"), &["8 01:00 -05:00", "8 01:30 -05:00", "8 03:00 -04:00"]);
    check(every("1h"), &["8 01:30 -05:00", "8 03:30 -04:00"]);
}

/// 1 November 2026: 02:00 -4 is 01:00 -5 again.
#[test]
fn new_york_in_autumn() {
    let check = |schedule, expected: &[&str]| {
        check("America/New_York", schedule, "2026-11-01T00:30:00-04:00", expected);
    };
    check(Schedule::once_an_hour(), &["1 01:00 -04:00", "1 01:00 -05:00", "1 02:00 -05:00"]);
    check(daily("01:30"), &["1 01:30 -04:00", "2 01:30 -05:00"]);
    check(weekdays("01:30"), &["2 01:30 -05:00"]);
    check(cron("59 1 * * *"), &["1 01:59 -04:00", "2 01:59 -05:00"]);
    check(cron("59 * * * *"), &["1 00:59 -04:00", "1 01:59 -04:00", "1 01:59 -05:00"]);
    check(every("1h"), &["1 01:30 -04:00", "1 01:30 -05:00"]);
}

/// 4 October 2026: 02:00 is followed by 02:30, +10:30 becomes +11.
#[test]
fn lord_howe_in_spring() {
    let check = |schedule, expected: &[&str]| {
        check("Australia/Lord_Howe", schedule, "2026-10-04T00:45:00+10:30", expected);
    };
    check(Schedule::once_an_hour(), &["4 01:00 +10:30", "4 02:30 +11:00", "4 03:00 +11:00"]);
    check(daily("02:15"), &["4 02:30 +11:00", "5 02:15 +11:00"]);
    check(weekdays("02:15"), &["5 02:15 +11:00"]);
    check(cron("0 2 * * *"), &["4 02:30 +11:00", "5 02:00 +11:00"]);
    check(cron("*/15 2 * * *"), &["4 02:30 +11:00", "4 02:45 +11:00", "5 02:00 +11:00"]);
    check(cron("30 * * * *"), &["4 01:30 +10:30", "4 02:30 +11:00", "4 03:30 +11:00"]);
    check(every("1h"), &["4 01:45 +10:30", "4 03:15 +11:00"]);
}

/// 5 April 2026: 02:00 +11 is 01:30 +10:30 again.
#[test]
fn lord_howe_in_autumn() {
    let check = |schedule, expected: &[&str]| {
        check("Australia/Lord_Howe", schedule, "2026-04-05T00:45:00+11:00", expected);
    };
    check(Schedule::once_an_hour(), &["5 01:00 +11:00", "5 02:00 +10:30", "5 03:00 +10:30"]);
    check(daily("01:45"), &["5 01:45 +11:00", "6 01:45 +10:30"]);
    check(daily("02:00"), &["5 02:00 +10:30", "6 02:00 +10:30"]);
    check(weekdays("01:45"), &["6 01:45 +10:30"]);
    check(cron("45 1 * * *"), &["5 01:45 +11:00", "6 01:45 +10:30"]);
    check(cron("45 * * * *"), &["5 01:45 +11:00", "5 01:45 +10:30", "5 02:45 +10:30"]);
    check(every("1h"), &["5 01:45 +11:00", "5 02:15 +10:30"]);
}

/// What is asked between the two passes must not fall back into the first.
#[test]
fn within_the_second_pass() {
    let again = "2026-10-25T02:15:00+01:00";
    check("Europe/Berlin", daily("02:30"), again, &["26 02:30 +01:00"]);
    check("Europe/Berlin", cron("*/10 * * * *"), again, &["25 02:20 +01:00", "25 02:30 +01:00"]);
    let last_of_first = "2026-10-25T02:59:59.5+02:00";
    check("Europe/Berlin", Schedule::once_an_hour(), last_of_first, &["25 02:00 +01:00"]);
}

#[test]
fn a_pi_that_boots_in_1970() {
    let boot = "1970-01-01T00:00:00Z";
    check("Europe/Berlin", Schedule::once_an_hour(), boot, &["1 02:00 +01:00"]);
    check("Europe/Berlin", daily("22:30"), boot, &["1 22:30 +01:00", "2 22:30 +01:00"]);
    check("Europe/Berlin", cron("0 0 29 2 *"), boot, &["29 00:00 +01:00"]);
    check("Europe/Berlin", every("10m"), boot, &["1 01:10 +01:00"]);
}
