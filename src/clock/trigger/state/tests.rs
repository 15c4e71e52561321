//! A trigger's life, told in readings.

use Transition::{Began, Ended};

use super::*;
use crate::clock::{Condition, Direction};

const MAX_AGE: Duration = Duration::from_secs(90);

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn at(minute: f64) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().expect("a moment");
    noon + TimeDelta::milliseconds((minute * 60_000.0) as i64)
}

fn above_70() -> Trigger {
    Trigger::new("closet/temperature", Condition::Above { threshold: 70.0 }).expect("good")
}

/// A trigger with its state.
struct Armed {
    trigger: Trigger,
    state: TriggerState,
}

impl Armed {
    fn new(trigger: Trigger) -> Self {
        Armed { trigger, state: TriggerState::default() }
    }

    fn see(&mut self, minute: f64, value: Value) -> Option<Transition> {
        let (sensor, unit) = (self.trigger.sensor.as_str().into(), "°C".into());
        let reading = Reading { sensor, value, unit, at: at(minute) };
        self.trigger.observe(&mut self.state, &reading, MAX_AGE)
    }

    /// One number a minute, from `minute` on.
    fn see_all(&mut self, minute: u32, numbers: &[f64]) -> Vec<Option<Transition>> {
        let numbers = numbers.iter().enumerate();
        numbers.map(|(i, n)| self.see(f64::from(minute) + i as f64, Value::Number(*n))).collect()
    }

    fn elapsed(&mut self, minute: f64) -> Option<Transition> {
        self.trigger.elapsed(&mut self.state, at(minute))
    }

    fn deadline(&self) -> Option<DateTime<Utc>> {
        self.trigger.deadline(&self.state)
    }

    /// The owner edits the watch.
    fn edit(&mut self, trigger: Trigger) {
        self.trigger = trigger;
        self.trigger.adopt(&mut self.state);
    }

    fn restart(&mut self) {
        let stored = serde_json::to_string(&self.state).expect("it can be stored");
        self.state = serde_json::from_str(&stored).expect("it can be restored");
    }
}

#[test]
fn above_is_strict_and_ends_at_the_threshold() {
    let mut armed = Armed::new(above_70());
    assert_eq!(
        armed.see_all(0, &[70.0, 70.1, 75.0, 70.0, 70.0, 71.0]),
        [None, Some(Began), None, Some(Ended), None, Some(Began)]
    );
}

#[test]
fn clears_at_keeps_it_active_in_between() {
    let mut armed = Armed::new(above_70().clears_at(60.0).expect("good"));
    assert_eq!(
        armed.see_all(0, &[71.0, 65.0, 71.0, 60.0, 59.9, 65.0]),
        [Some(Began), None, None, None, Some(Ended), None]
    );
    let below = Trigger::new("battery", Condition::Below { threshold: 12.0 }).expect("good");
    let mut armed = Armed::new(below.clears_at(12.5).expect("good"));
    assert_eq!(armed.see_all(0, &[12.0, 11.9, 12.5, 12.6]), [None, Some(Began), None, Some(Ended)]);
}

#[test]
fn lasting_begins_with_a_reading_or_without() {
    let mut armed = Armed::new(above_70().lasting(minutes(2)));
    assert_eq!(armed.see_all(0, &[71.0, 69.0, 71.0, 71.0]), [None; 4], "a dip starts anew");
    assert_eq!(armed.deadline(), Some(at(4.0)));
    assert_eq!(armed.elapsed(3.9), None);
    assert_eq!(armed.elapsed(4.0), Some(Began));
    assert_eq!(armed.deadline(), None);
    assert_eq!(armed.see(4.5, Value::Number(71.0)), None, "it began already");
}

#[test]
fn a_stale_reading_fulfils_nothing() {
    let mut armed = Armed::new(above_70().lasting(minutes(2)));
    armed.see(0.0, Value::Number(71.0));
    assert_eq!(armed.deadline(), None, "stale after a minute and a half");
    assert_eq!(armed.elapsed(2.0), None);
    assert_eq!(armed.see_all(2, &[71.0, 71.0]), [None; 2], "nobody knows what was between");
    assert_eq!(armed.see(4.0, Value::Number(71.0)), Some(Began));
}

#[test]
fn a_short_restart_goes_on_and_a_long_one_starts_anew() {
    for (down_min, expected) in [(1.0, Some(Began)), (30.0, None)] {
        let mut armed = Armed::new(above_70().lasting(minutes(2)));
        assert_eq!(armed.see_all(0, &[71.0, 71.0]), [None; 2]);
        armed.restart();
        assert_eq!(armed.elapsed(0.9 + down_min), None);
        assert_eq!(armed.see(1.0 + down_min, Value::Number(71.0)), expected);
    }
}

#[test]
fn a_fault_drops_what_is_pending_and_keeps_what_is_active() {
    let mut armed = Armed::new(above_70().lasting(minutes(2)));
    assert_eq!(armed.see_all(0, &[71.0, 71.0]), [None; 2]);
    armed.trigger.fault(&mut armed.state);
    assert_eq!(armed.deadline(), None);
    assert_eq!(armed.see_all(2, &[71.0, 71.0, 71.0]), [None, None, Some(Began)]);
    armed.trigger.fault(&mut armed.state);
    assert!(armed.state.is_active());
    assert_eq!(armed.see(99.0, Value::Number(60.0)), Some(Ended));
    assert_eq!(armed.see(100.0, Value::Number(f64::NAN)), None);
}

#[test]
fn what_still_holds_after_the_cooldown_begins_then() {
    let mut armed = Armed::new(above_70().cooldown(minutes(5)));
    assert_eq!(armed.see_all(0, &[71.0, 69.0, 71.0]), [Some(Began), Some(Ended), None]);
    assert_eq!(armed.see_all(3, &[69.0, 71.0]), [None; 2], "it never began, so it does not end");
    assert_eq!(armed.deadline(), Some(at(5.0)));
    assert_eq!(armed.elapsed(5.0), Some(Began));
}

#[test]
fn equals_compares_exactly() {
    let equals = |value| Armed::new(Trigger::new("s", Condition::Equals(value)).expect("good"));
    let mut number = equals(Value::Number(3.0));
    assert_eq!(number.see_all(0, &[3.0001, 3.0, 3.0001]), [None, Some(Began), Some(Ended)]);
    let mut contact = equals(Value::Switch(true));
    assert_eq!(contact.see(0.0, Value::Number(1.0)), None);
    assert_eq!(contact.see(1.0, Value::Switch(true)), Some(Began));
    assert_eq!(contact.see(2.0, Value::Switch(false)), Some(Ended));
}

#[test]
fn changed_fires_on_every_change_even_over_downtime() {
    let mut armed = Armed::new(Trigger::new("s", Condition::Changed).expect("good"));
    assert_eq!(armed.see_all(0, &[1.0, 1.0, 2.0, 1.0]), [None, None, Some(Began), Some(Began)]);
    armed.restart();
    assert_eq!(armed.see_all(600, &[1.0, 3.0]), [None, Some(Began)]);
}

#[test]
fn an_edge_is_a_turn_and_never_the_first_look() {
    for (direction, expected) in [
        (Direction::Both, [None, Some(Began), None, Some(Began)]),
        (Direction::Rising, [None, None, None, Some(Began)]),
        (Direction::Falling, [None, Some(Began), None, None]),
    ] {
        let mut armed = Armed::new(Trigger::new("s", Condition::Edge(direction)).expect("good"));
        assert_eq!(armed.see_all(0, &[1.0, 0.0, 0.0, 1.0]), expected, "{direction:?}");
        armed.restart();
        let turned = (direction != Direction::Rising).then_some(Began);
        assert_eq!(armed.see_all(600, &[0.0]), [turned], "{direction:?}, over downtime");
    }
}

#[test]
fn changed_and_lasting_wait_until_it_is_quiet() {
    let changed = Trigger::new("s", Condition::Changed).expect("good").lasting(minutes(2));
    let mut armed = Armed::new(changed);
    assert_eq!(armed.see_all(0, &[0.0, 1.0, 0.0, 0.0, 0.0]), [None; 5], "it came back");
    assert_eq!(armed.see_all(5, &[1.0, 2.0, 2.0, 2.0]), [None, None, None, Some(Began)]);
}

#[test]
fn a_clock_set_back_starts_lasting_anew_and_prolongs_no_cooldown() {
    let mut armed = Armed::new(above_70().lasting(minutes(2)).cooldown(minutes(5)));
    assert_eq!(armed.see_all(600, &[71.0, 71.0, 71.0]), [None, None, Some(Began)]);
    assert_eq!(armed.see_all(0, &[69.0, 71.0, 71.0, 71.0]), [Some(Ended), None, None, None]);
    assert_eq!(armed.see(4.0, Value::Number(71.0)), None);
    assert_eq!(armed.see(5.0, Value::Number(71.0)), Some(Began));
}

fn above(threshold: f64) -> Trigger {
    Trigger::new("closet/temperature", Condition::Above { threshold }).expect("good")
}

#[test]
fn what_began_ends_by_the_edited_threshold() {
    for (threshold, expected) in [(80.0, Some(Ended)), (60.0, None)] {
        let mut armed = Armed::new(above(70.0));
        armed.edit(above(70.0));
        assert_eq!(armed.see(0.0, Value::Number(75.0)), Some(Began));
        armed.edit(above(threshold));
        assert_eq!(armed.see(1.0, Value::Number(75.0)), expected, "above {threshold}");
    }
}

#[test]
fn an_edited_condition_starts_lasting_anew_and_an_edited_length_does_not() {
    let lasting = |trigger: Trigger, count| trigger.lasting(minutes(count));
    for restarts in [false, true] {
        let mut armed = Armed::new(lasting(above(60.0), 5));
        armed.edit(lasting(above(60.0), 5));
        assert_eq!(armed.see_all(0, &[65.0, 65.0, 75.0]), [None; 3]);
        if restarts {
            armed.restart();
        }
        armed.edit(lasting(above(70.0), 3));
        // It is above 70 since minute 3, as far as this trigger knows.
        assert_eq!(armed.see_all(3, &[75.0, 75.0, 75.0]), [None; 3]);
        armed.edit(lasting(above(70.0), 2));
        assert_eq!(armed.see(5.5, Value::Number(75.0)), Some(Began));
    }
}
