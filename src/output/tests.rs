//! The bank of outputs over simulated lines.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    clock::Clock,
    config::{OutputDrive, OutputSettings},
    hal::{
        Board, Hal,
        lines::{LineError, SimulatedLines},
    },
    journal::{Entry, Event, Journal},
    sensor::Reads,
    store::Store,
    tasks,
};

/// A relay on a pin of its own name that is off and may do everything.
pub(super) fn relay(name: &str) -> OutputSettings {
    OutputSettings {
        name: name.into(),
        drive: OutputDrive::Pin(name.to_owned()),
        span: 0..0,
        active_low: false,
        initial: Level::OFF,
        safe: Level::OFF,
        max_on: None,
        min_switch: Duration::ZERO,
        interlock: Vec::new(),
    }
}

struct Bench {
    hal: Hal,
    clock: Clock,
    store: Store,
    journal: Journal,
    said: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let hal = Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| None));
        let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
        let said = Arc::<std::sync::Mutex<Vec<String>>>::default();
        let heard = said.clone();
        let journal = Journal::new(
            clock.clone(),
            vec![Box::new(move |entry: &Entry| {
                if let Event::Note { text } | Event::Failed { message: text } = &entry.event {
                    heard.lock().unwrap().push(text.clone());
                }
            })],
        );
        Bench { hal, clock, store: Store::memory().unwrap(), journal, said }
    }

    /// An agent's life begins: outputs that are started and enforced.
    async fn start(&self, settings: &[OutputSettings]) -> (Outputs, tokio::task::JoinHandle<()>) {
        let (clock, store) = (self.clock.clone(), self.store.clone());
        let outputs =
            Outputs::new(settings, self.hal.lines(), clock, store, Reads::Inline).unwrap();
        outputs.start(&self.journal).await;
        let (enforced, journal) = (outputs.clone(), self.journal.clone());
        let task = tasks::spawn(async move { enforced.enforce(&journal).await });
        (outputs, task)
    }

    fn lines(&self) -> &SimulatedLines {
        self.hal.lines().simulation().unwrap()
    }

    fn driven(&self, pin: &str) -> f64 {
        self.lines().driven(pin).unwrap()
    }

    async fn wait(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().unwrap())
    }
}

fn valve() -> OutputSettings {
    let max_on = Some(Duration::from_secs(3600));
    OutputSettings { initial: Level::ON, max_on, ..relay("valve") }
}

#[tokio::test(start_paused = true)]
async fn an_output_is_initial_at_start_and_safe_at_the_end() {
    let bench = Bench::new();
    let (outputs, _task) = bench.start(&[valve()]).await;
    assert_eq!(bench.driven("valve"), 1.0);
    outputs.stop().await;
    assert_eq!(bench.driven("valve"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn in_safe_mode_an_output_waits_safely_for_somebody_to_switch_it() {
    let bench = Bench::new();
    let settings = [valve()];
    let (clock, store) = (bench.clock.clone(), bench.store.clone());
    let outputs = Outputs::new(&settings, bench.hal.lines(), clock, store, Reads::Inline).unwrap();
    outputs.start_safe(&bench.journal).await;
    assert_eq!(bench.driven("valve"), 0.0);
    assert_eq!(outputs.set("valve", Level::ON, "a/b").await, Ok(true));
    assert_eq!(bench.driven("valve"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn without_an_agent_an_output_can_only_be_made_safe() {
    let bench = Bench::new();
    let (clock, store) = (bench.clock.clone(), bench.store.clone());
    let settings = [relay("valve")];
    let outputs = Outputs::new(&settings, bench.hal.lines(), clock, store, Reads::Inline).unwrap();
    let refused = outputs.set("valve", Level::ON, "a/b").await.unwrap_err().to_string();
    assert!(refused.contains("no agent runs"), "{refused}");
    assert_eq!(outputs.set("valve", Level::OFF, "a/b").await, Ok(true));
    assert_eq!(bench.driven("valve"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn max_on_ends_in_safe_and_asking_again_does_not_stretch_it() {
    let bench = Bench::new();
    let (outputs, _task) = bench.start(&[valve()]).await;
    bench.wait(3500).await;
    assert_eq!(outputs.set("valve", Level::ON, "a/b").await, Ok(false));
    bench.wait(101).await;
    assert_eq!(bench.driven("valve"), 0.0);
    assert_eq!(bench.said(), ["valve was on for 1h (`max_on`): switched off"]);
    assert_eq!(outputs.set("valve", Level::ON, "a/b").await, Ok(true));
    assert_eq!(bench.driven("valve"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn max_on_goes_on_over_restarts() {
    let bench = Bench::new();
    let (first, task) = bench.start(&[valve()]).await;
    bench.wait(3000).await;
    // Killed: nothing is made safe.
    task.abort();
    drop(first);
    let (second, task) = bench.start(&[valve()]).await;
    assert_eq!(bench.driven("valve"), 1.0);
    bench.wait(601).await;
    assert_eq!(bench.driven("valve"), 0.0, "not an hour from the second start");
    bench.said();

    task.abort();
    drop(second);
    let (third, _task) = bench.start(&[valve()]).await;
    assert_eq!(bench.driven("valve"), 0.0);
    let said = bench.said();
    assert!(said[0].contains("its `max_on` ran out before this start"), "{said:?}");
    assert_eq!(third.set("valve", Level::ON, "a/b").await, Ok(true), "whoever asks may");
}

#[tokio::test(start_paused = true)]
async fn a_pulse_ends_by_itself_and_a_second_one_begins_anew() {
    let bench = Bench::new();
    let (outputs, _task) = bench.start(&[relay("gate")]).await;
    outputs.pulse("gate", Duration::from_secs(4), "a/b").await.unwrap();
    bench.wait(3).await;
    outputs.pulse("gate", Duration::from_secs(4), "a/b").await.unwrap();
    bench.wait(3).await;
    assert_eq!(bench.driven("gate"), 1.0);
    bench.wait(2).await;
    assert_eq!(bench.driven("gate"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn two_that_exclude_each_other_are_never_on_together() {
    let bench = Bench::new();
    let up = OutputSettings { interlock: vec!["down".into()], ..relay("up") };
    let (outputs, _task) = bench.start(&[up, relay("down")]).await;
    outputs.set("down", Level::ON, "a/b").await.unwrap();
    let error = outputs.set("up", Level::ON, "a/b").await.unwrap_err().to_string();
    assert!(error.contains("down is on"), "{error}");
    assert_eq!(bench.lines().driven("up"), Some(0.0));

    let gone = LineError::Gone { line: "down".into() };
    bench.lines().break_output("down", Some(gone));
    assert!(outputs.set("down", Level::OFF, "a/b").await.is_err());
    assert!(outputs.set("up", Level::ON, "a/b").await.is_err(), "nobody knows whether it is off");

    bench.lines().break_output("down", None);
    bench.wait(6).await;
    assert_eq!(outputs.set("up", Level::ON, "a/b").await, Ok(true), "it was tried again");
}

#[tokio::test(start_paused = true)]
async fn a_paused_watch_leaves_its_outputs_safe() {
    let bench = Bench::new();
    let (outputs, _task) = bench.start(&[relay("a"), relay("b")]).await;
    outputs.set("a", Level::ON, "garden/water").await.unwrap();
    outputs.set("b", Level::ON, "garden/light").await.unwrap();
    let done = outputs.make_safe_after("garden/water").await;
    assert_eq!(done, [("a".to_owned(), Ok(()))]);
    assert_eq!([bench.driven("a"), bench.driven("b")], [0.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn a_broken_line_is_told_once_and_heals() {
    let bench = Bench::new();
    let busy = LineError::Busy { line: "pump".into(), holder: "`gpioset`".into() };
    bench.lines().break_output("pump", Some(busy));
    let (outputs, _task) = bench.start(&[relay("pump")]).await;
    bench.wait(60).await;
    let said = bench.said();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("pump is busy: `gpioset` holds it"), "{said:?}");
    bench.lines().break_output("pump", None);
    bench.wait(10).await;
    assert_eq!(bench.said(), ["pump works again, and is off"]);
    assert!(
        outputs.set("pumb", Level::ON, "x").await.unwrap_err().to_string().contains("\"pump\"?")
    );
}
