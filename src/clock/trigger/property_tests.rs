//! What must hold for every trigger and every course of readings.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, sample::select};

use super::*;

const MAX_AGE: Duration = Duration::from_secs(90);

#[derive(Clone, Debug)]
enum Happening {
    Read(f64),
    Fault,
    Nothing,
}

/// What happens, and how many seconds after the last.
fn courses() -> impl Strategy<Value = Vec<(i64, Happening)>> {
    let happening = prop_oneof![
        6 => (60.0..80.0).prop_map(Happening::Read),
        2 => select(&[60.0, 65.0, 70.0, 71.0][..]).prop_map(Happening::Read),
        1 => Just(Happening::Fault),
        3 => Just(Happening::Nothing),
    ];
    prop::collection::vec((0..120_i64, happening), 1..80)
}

fn triggers() -> impl Strategy<Value = Trigger> {
    static CONDITIONS: [Condition; 4] = [
        Condition::Above { threshold: 70.0 },
        Condition::Below { threshold: 70.0 },
        Condition::Equals(Value::Number(70.0)),
        Condition::Changed,
    ];
    let seconds = || prop_oneof![Just(0), 0..300_u64].prop_map(Duration::from_secs);
    (select(&CONDITIONS), any::<bool>(), seconds(), seconds()).prop_map(
        |(condition, hysteresis, lasting, cooldown)| {
            let trigger = Trigger::new("s", condition).expect("good");
            let level = match condition {
                Condition::Above { .. } => 65.0,
                _ => 75.0,
            };
            let trigger = match trigger.clone().clears_at(level) {
                Ok(cleared) if hysteresis => cleared,
                _ => trigger,
            };
            trigger.lasting(lasting).cooldown(cooldown)
        },
    )
}

fn apply(
    trigger: &Trigger,
    state: &mut TriggerState,
    now: DateTime<Utc>,
    happening: &Happening,
) -> Option<Transition> {
    match happening {
        Happening::Read(number) => {
            let value = Value::Number(*number);
            let reading = Reading { sensor: "s".into(), value, unit: "".into(), at: now };
            trigger.observe(state, &reading, MAX_AGE)
        }
        Happening::Fault => {
            trigger.fault(state);
            None
        }
        Happening::Nothing => trigger.elapsed(state, now),
    }
}

proptest! {
    #[test]
    fn beginnings_and_ends_alternate(trigger in triggers(), course in courses()) {
        let (mut state, mut now) = (TriggerState::default(), DateTime::UNIX_EPOCH);
        let mut active = false;
        for (pause_s, happening) in &course {
            now += TimeDelta::seconds(*pause_s);
            match apply(&trigger, &mut state, now, happening) {
                Some(Transition::Began) if trigger.condition == Condition::Changed => {}
                Some(Transition::Began) => prop_assert!(!std::mem::replace(&mut active, true)),
                Some(Transition::Ended) => prop_assert!(std::mem::replace(&mut active, false)),
                None => {}
            }
            prop_assert_eq!(state.is_active(), active);
        }
    }

    /// Kept book apart from the state machine: since when every reading held, one close on another.
    #[test]
    fn nothing_begins_before_it_lasted(
        trigger in triggers().prop_filter("compares values", |t| t.condition != Condition::Changed),
        course in courses(),
    ) {
        let (mut state, mut now) = (TriggerState::default(), DateTime::UNIX_EPOCH);
        let (mut held_since, mut last_read, mut last_began) = (None, now, None);
        for (pause_s, happening) in &course {
            now += TimeDelta::seconds(*pause_s);
            if now - last_read > TimeDelta::from_std(MAX_AGE).expect("short") {
                held_since = None;
            }
            match happening {
                Happening::Read(number) => {
                    last_read = now;
                    let holds = match trigger.condition {
                        Condition::Above { .. } => *number > 70.0,
                        Condition::Below { .. } => *number < 70.0,
                        _ => *number == 70.0,
                    };
                    held_since = if holds { held_since.or(Some(now)) } else { None };
                }
                Happening::Fault => held_since = None,
                Happening::Nothing => {}
            }
            if apply(&trigger, &mut state, now, happening) == Some(Transition::Began) {
                let held = held_since.map(|since: DateTime<Utc>| (now - since).to_std());
                prop_assert!(held.is_some_and(|held| held.expect("forwards") >= trigger.lasting));
                if let Some(last) = last_began.replace(now) {
                    let pause = (now - last).to_std().expect("forwards");
                    prop_assert!(pause >= trigger.cooldown);
                }
            }
        }
    }

    #[test]
    fn a_restart_at_any_point_changes_nothing(trigger in triggers(), course in courses()) {
        let (mut kept, mut stored, mut now) =
            (TriggerState::default(), TriggerState::default(), DateTime::UNIX_EPOCH);
        for (pause_s, happening) in &course {
            now += TimeDelta::seconds(*pause_s);
            let text = serde_json::to_string(&stored).expect("it can be stored");
            stored = serde_json::from_str(&text).expect("it can be restored");
            prop_assert_eq!(
                apply(&trigger, &mut kept, now, happening),
                apply(&trigger, &mut stored, now, happening)
            );
            prop_assert_eq!(&kept, &stored);
        }
    }

    /// Asking at the deadline begins what the deadline promised.
    #[test]
    fn a_deadline_is_kept(trigger in triggers(), course in courses()) {
        let (mut state, mut now) = (TriggerState::default(), DateTime::UNIX_EPOCH);
        for (pause_s, happening) in &course {
            now += TimeDelta::seconds(*pause_s);
            apply(&trigger, &mut state, now, happening);
            if let Some(deadline) = trigger.deadline(&state).filter(|deadline| *deadline > now) {
                let mut waited = state.clone();
                prop_assert_eq!(trigger.elapsed(&mut waited, deadline), Some(Transition::Began));
            }
        }
    }
}
