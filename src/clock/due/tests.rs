//! Runs and missed runs around downtime and steps of the clock.

use proptest::prelude::*;

use super::*;
use crate::clock::Zone;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a test's own date")
}

/// A moment of 1 June 2026.
fn june(time: &str) -> DateTime<Utc> {
    at(&format!("2026-06-01T{time}Z"))
}

fn utc() -> Calendar {
    Calendar { timezone: Zone::UTC, place: None }
}

fn hourly() -> Schedule {
    Schedule::once_an_hour()
}

fn every(interval: &str) -> Schedule {
    Schedule::every(interval).expect("a good interval")
}

fn ask(schedule: &Schedule, last_run: Option<&str>, now: &str, missed: Missed) -> (String, u32) {
    let history = History { armed_since: june("09:30:00"), last_run: last_run.map(june) };
    let due = due(schedule, history, june(now), missed, &utc()).expect("these go on for ever");
    (due.next.format("%T").to_string(), due.missed)
}

fn answer(next: &str, missed: u32) -> (String, u32) {
    (next.to_owned(), missed)
}

#[test]
fn on_time_both_ways_agree() {
    for missed in [Missed::Skip, Missed::Once] {
        assert_eq!(ask(&hourly(), None, "09:30:00", missed), answer("10:00:00", 0));
        assert_eq!(ask(&hourly(), Some("10:00:00"), "10:00:00", missed), answer("11:00:00", 0));
        // A minute late is on time; the instants before it are not.
        assert_eq!(ask(&hourly(), Some("10:00:00"), "11:01:00", missed), answer("11:00:00", 0));
        assert_eq!(ask(&hourly(), Some("10:00:00"), "13:00:30", missed), answer("13:00:00", 2));
        assert_eq!(ask(&every("10m"), None, "09:30:00", missed), answer("09:40:00", 0));
        assert_eq!(ask(&every("10m"), Some("10:03:00"), "10:04:00", missed), answer("10:13:00", 0));
        assert_eq!(ask(&every("10m"), Some("10:03:00"), "10:34:00", missed), answer("10:33:00", 2));
        assert_eq!(ask(&every("10s"), Some("10:00:00"), "10:00:35", missed), answer("10:00:30", 2));
    }
}

#[test]
fn after_downtime_skip_leaves_out_and_once_makes_up() {
    let last = Some("10:00:00");
    assert_eq!(ask(&hourly(), last, "13:20:00", Missed::Skip), answer("14:00:00", 3));
    assert_eq!(ask(&hourly(), last, "13:20:00", Missed::Once), answer("13:20:00", 3));
    assert_eq!(ask(&hourly(), Some("13:20:00"), "13:20:00", Missed::Once), answer("14:00:00", 0));
    assert_eq!(ask(&every("25m"), last, "13:00:00", Missed::Skip), answer("13:20:00", 7));
    assert_eq!(ask(&every("25m"), last, "13:00:00", Missed::Once), answer("13:00:00", 7));
    assert_eq!(ask(&hourly(), last, "11:01:01", Missed::Skip), answer("12:00:00", 1));
}

#[test]
fn the_count_is_bounded() {
    let minutely = Schedule::cron("* * * * *").expect("good");
    for schedule in [minutely, every("1s")] {
        let history = History { armed_since: at("1970-01-01T00:00:00Z"), last_run: None };
        let due = due(&schedule, history, june("12:00:00"), Missed::Skip, &utc()).expect("goes on");
        assert_eq!(due, Due { next: june("12:00:00"), missed: 1000 });
    }
}

#[test]
fn a_step_backwards_repeats_nothing() {
    let last = Some("12:00:00");
    for missed in [Missed::Skip, Missed::Once] {
        assert_eq!(ask(&hourly(), last, "10:20:00", missed), answer("13:00:00", 0));
        assert_eq!(ask(&every("10m"), last, "10:20:00", missed), answer("10:30:00", 0));
    }
}

#[test]
fn a_run_under_a_wrong_clock_does_not_silence_a_watch() {
    let history =
        History { armed_since: june("00:00:00"), last_run: Some(at("2038-01-19T03:14:07Z")) };
    for now in ["12:20:00", "13:00:00", "13:00:59"] {
        let due = due(&hourly(), history, june(now), Missed::Skip, &utc()).expect("goes on");
        assert_eq!(due, Due { next: june("13:00:00"), missed: 0 });
    }
}

#[test]
fn a_schedule_that_ends_is_not_due() {
    let sunrise = Schedule::sunrise(None).expect("good");
    let history = History { armed_since: june("09:30:00"), last_run: None };
    assert_eq!(due(&sunrise, history, june("09:30:00"), Missed::Once, &utc()), None);
}

#[test]
fn words_are_skip_and_once() {
    assert_eq!("skip".parse(), Ok(Missed::Skip));
    assert_eq!("once".parse(), Ok(Missed::Once));
    let error = "all".parse::<Missed>().unwrap_err().to_string();
    assert!(error.starts_with("`all` is no way to treat missed runs"), "{error}");
}

proptest! {
    /// A wall clock that wanders in steps, an agent that wakes whenever: every run is a new
    /// instant, and each is at most the grace late.
    #[test]
    fn no_instant_runs_twice(steps in prop::collection::vec(-7_200..14_400_i64, 1..200)) {
        let mut now = june("09:30:00");
        let mut history = History { armed_since: now, last_run: None };
        for step in steps {
            now += TimeDelta::seconds(step);
            let due = due(&hourly(), history, now, Missed::Skip, &utc()).expect("goes on");
            if due.next <= now {
                prop_assert!(history.last_run.is_none_or(|last| due.next > last));
                prop_assert!(now - due.next <= GRACE);
                history.last_run = Some(due.next);
            }
        }
    }

    /// Sleeping until `next` and asking again always ends in a run, whatever was remembered.
    #[test]
    fn waiting_ends_in_a_run(
        armed_h in -100_000..100_000_i64,
        last_h in prop::option::of(-100_000..100_000_i64),
        once in any::<bool>(),
    ) {
        let now = june("12:34:56");
        let missed = if once { Missed::Once } else { Missed::Skip };
        let history = History {
            armed_since: now + TimeDelta::hours(armed_h),
            last_run: last_h.map(|hours| now + TimeDelta::hours(hours)),
        };
        let first = due(&hourly(), history, now, missed, &utc()).expect("goes on");
        prop_assert!(first.next - now <= LONGEST_STEP_BACK + TimeDelta::hours(1));
        let woken = first.next.max(now) + TimeDelta::milliseconds(3);
        let second = due(&hourly(), history, woken, missed, &utc()).expect("goes on");
        prop_assert!(second.next <= woken);
    }
}
