//! Whole rehearsals.

use std::{
    path::Path,
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::{
    agent::{examples, recorder},
    clock::Clock,
    config::HistorySettings,
    journal::{Entry, Event},
    rehearse::{Decisions, Ledger, Life, Look, Recording, Style, scenario::CLOSET, stage},
    store::Store,
    tasks,
};

/// The embedded closet with a reading a minute, from noon on: when it gets hot.
fn rehearsal(hours: i64, faults: &str) -> Rehearsal {
    let mut scenario = Scenario::parse(&format!("{CLOSET}\n{faults}")).unwrap();
    for sensor in &mut scenario.sensors {
        sensor.every = "1m".to_owned().try_into().unwrap();
    }
    let site = scenario.take_in(Site::simulated(Path::new(".")));
    let start = scenario.start() + TimeDelta::hours(12);
    Rehearsal {
        site,
        scenario,
        scripts: examples::sources(Path::new(".")),
        start,
        end: start + TimeDelta::hours(hours),
        senses: Senses::Closet,
        traced: false,
    }
}

fn written(rehearsal: Rehearsal) -> String {
    let zone = rehearsal.site.timezone;
    let ledger = Ledger::new(Vec::new(), zone, Look::Text(Style::Plain));
    let ledger = Arc::new(Mutex::new(Some(ledger)));
    let outcome = rehearsal.run(ledger.clone()).unwrap();
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap();
    String::from_utf8(ledger.finish(&outcome.closet, outcome.excesses).unwrap()).unwrap()
}

#[derive(Default)]
struct Everything {
    decisions: Decisions,
    entries: Vec<Entry>,
}

impl Audience for Everything {
    fn see(&mut self, entry: &Entry) {
        self.decisions.see(entry);
        self.entries.push(entry.clone());
    }
}

impl Everything {
    fn take(shared: &Mutex<Everything>) -> Everything {
        std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn list(&self) -> Vec<(String, Vec<DateTime<Utc>>)> {
        let mut all: Vec<_> =
            self.decisions.iter().map(|(what, times)| (what.to_owned(), times.to_vec())).collect();
        all.sort();
        all
    }

    /// Whether a run had begun and not ended at that moment.
    fn runs_at(&self, at: DateTime<Utc>) -> bool {
        let before = self.entries.iter().filter(|entry| entry.at < at);
        let change = |entry: &Entry| match entry.event {
            Event::Fired { .. } => 1,
            Event::Ended { .. } => -1,
            _ => 0,
        };
        before.map(change).sum::<i32>() > 0
    }
}

fn all_of(rehearsal: Rehearsal) -> Everything {
    let audience = Arc::new(Mutex::new(Everything::default()));
    rehearsal.run(audience.clone()).unwrap();
    Everything::take(&audience)
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_a_busy_machine() {
    let first = written(rehearsal(8, ""));
    let over = AtomicBool::new(false);
    let second = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let second = written(rehearsal(8, ""));
        over.store(true, Relaxed);
        second
    });
    assert!(first.contains("closet too hot"), "{first}");
    assert_eq!(first, second);
    let mut other = rehearsal(8, "");
    other.scenario.place.seed += 1;
    assert_ne!(first, written(other));
}

#[test]
fn the_agent_outlives_power_cuts_and_a_clock_that_jumps() {
    let faults = "
        [[faults]]
        what = \"power-cut\"
        at = \"2h\"
        lasts = \"10m\"
        [[faults]]
        what = \"clock-jump\"
        at = \"4h\"
        by = \"1h\"
    ";
    let text = written(rehearsal(6, faults));
    for words in ["the power fails", "the power is back", "the wall clock is put on by 1h"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("failed:"), "{text}");
    let loads = |line: &&str| line.contains("closet-heat") && line.ends_with("loaded, 2 watches");
    assert_eq!(text.lines().filter(loads).count(), 2, "{text}");
}

#[test]
fn examples_make_no_mistakes_in_two_days() {
    let seen = all_of(rehearsal(48, ""));
    let failed: Vec<_> =
        seen.entries.iter().filter(|entry| matches!(entry.event, Event::Failed { .. })).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
#[ignore = "slow"]
fn examples_make_no_mistakes_in_a_week() {
    let mut rehearsal = rehearsal(7 * 24, "");
    rehearsal.start -= TimeDelta::hours(12);
    let seen = all_of(rehearsal);
    assert!(!seen.entries.iter().any(|entry| matches!(entry.event, Event::Failed { .. })));
}

/// Everything that was decided, when the power fails for a moment at `cut`.
fn cut_in_two(rehearsal: Rehearsal, cut: DateTime<Utc>) -> Everything {
    let audience = Arc::new(Mutex::new(Everything::default()));
    let Rehearsal { site, scenario, scripts, start, end, .. } = rehearsal;
    let mut stage = Stage::new(site, &scenario, scripts, start, audience.clone()).unwrap();
    stage.live(cut - TimeDelta::milliseconds(1)).unwrap();
    stage.pass(cut);
    stage.live(end).unwrap();
    Everything::take(&audience)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..Default::default() })]
    #[test]
    fn a_rehearsal_cut_in_two_equals_one_in_a_piece(turn in 1i64..350) {
        let rehearsal = || rehearsal(6, "");
        let whole = all_of(rehearsal());
        let cut = rehearsal().start + TimeDelta::minutes(turn);
        let parts = cut_in_two(rehearsal(), cut);
        if whole.runs_at(cut) {
            // It goes on with what it had begun; nothing is left undone.
            let names = |all: &Everything| -> Vec<String> {
                all.list().into_iter().map(|(what, _)| what).filter(|what| !what.contains('"')).collect()
            };
            prop_assert_eq!(names(&whole), names(&parts));
        } else {
            prop_assert_eq!(whole.list(), parts.list());
        }
    }
}

#[test]
fn a_recorded_history_gives_the_decisions_that_were_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watchpost.db");
    let audience = Arc::new(Mutex::new(Everything::default()));
    let Rehearsal { site, scenario, scripts, start, end, .. } = rehearsal(
        6,
        "
        [[faults]]
        what = \"sensor-gone\"
        of = \"solar/power\"
        at = \"3h\"
        lasts = \"40m\"
    ",
    );
    // What is due in the very moment of the end may happen or not.
    let end = end - TimeDelta::seconds(30);
    // The agent lives, and its own recorder writes down what its sensors say.
    let stage = Stage::new(site, &scenario, scripts, start, audience.clone()).unwrap();
    let taken = stage::runtime().unwrap().block_on(async {
        let kept = Store::open(&file, &HistorySettings::default()).unwrap();
        let clock = Clock::simulated(start, 1.0);
        let life = Life::begin(&stage, clock.clone()).await.unwrap();
        let journal = life.station.around.journal.clone();
        let (_open, closing) = tokio::sync::watch::channel(false);
        let events = life.sensors.subscribe_all();
        let record = recorder::record(events, kept.clone(), journal.silent(), closing);
        let record = tasks::spawn(record);
        clock.sleep((end - start).to_std().unwrap()).await;
        // While the store's own thread works, time goes on.
        let taken = Everything::take(&audience);
        record.abort();
        for entry in &taken.entries {
            kept.append(entry).wait().unwrap();
        }
        kept.close().await.unwrap();
        taken
    });

    let mut again = rehearsal(6, "");
    let recording = Recording::load(&file).unwrap();
    recording.serve(&mut again.site);
    again.end = end;
    again.senses = Senses::Recording(Arc::new(recording));
    let rehearsed = all_of(again);
    assert!(taken.list().iter().any(|(what, _)| what == "foo stopped"));
    assert_eq!(taken.list(), rehearsed.list());
}

#[test]
fn a_gap_in_a_csv_is_a_silent_sensor() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heat.csv");
    let mut text = "time,sensor,value,unit\n".to_owned();
    for minute in (0..10).chain(60..90) {
        text += &format!("{},attic/heat,71,°C\n", 1_752_570_000 + minute * 60);
    }
    std::fs::write(&file, text).unwrap();
    let recording = Recording::load(&file).unwrap();
    let mut rehearsal = rehearsal(1, "");
    recording.serve(&mut rehearsal.site);
    (rehearsal.start, rehearsal.end) = (recording.first, recording.last);
    rehearsal.senses = Senses::Recording(Arc::new(recording));
    rehearsal.scripts.truncate(1);
    rehearsal.scripts[0].text =
        "watch(\"hot\", above(\"attic/heat\", 70.0).lasting(\"20m\"), email(\"hot\"));".to_owned();
    let text = written(rehearsal);
    assert!(text.contains("✘ stale: last read"), "{text}");
    assert!(text.contains("12:00:00  attic/heat   ✔ believed again: 71 °C"), "{text}");
    // Nobody knows what was between: the 20 minutes begin anew.
    assert_eq!(text.matches("fired: attic/heat 71 °C").count(), 1, "{text}");
    assert!(text.contains("12:20:00  hot "), "{text}");
}
