//! Numbers are given once, in order; what waits survives a kill, and its bounds hold.

use std::path::PathBuf;

use super::*;
use crate::{config::HistorySettings, sensor::Value};

const WIDE: QueueBounds = QueueBounds { readings: 1_000_000, age: Duration::from_secs(1 << 30) };

struct Folder {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    fn new() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        Folder { path: dir.path().join("state.db"), _dir: dir }
    }

    fn open(&self, bounds: QueueBounds) -> Store {
        let store = Store::open(&self.path, &HistorySettings::default()).unwrap();
        store.open_mqtt_queue(bounds).wait().unwrap();
        store
    }
}

fn readings(seconds: std::ops::Range<i64>) -> Vec<Reading> {
    let reading = |second| Reading {
        sensor: "a/b".into(),
        value: Value::Number(second as f64 / 10.0),
        unit: "°C".into(),
        at: DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap(),
    };
    seconds.map(reading).collect()
}

fn waiting(store: &Store) -> Vec<u64> {
    store.waiting_for_mqtt(1000).wait().unwrap().iter().map(|each| each.seq).collect()
}

#[test]
fn what_waits_is_numbered_and_goes_when_it_was_taken() {
    let store = Folder::new();
    let store = store.open(WIDE);
    store.queue_for_mqtt(&readings(0..5)).wait().unwrap();
    assert_eq!(waiting(&store), [1, 2, 3, 4, 5]);
    store.taken_by_mqtt(3).wait().unwrap();
    store.queue_for_mqtt(&readings(5..6)).wait().unwrap();
    assert_eq!(waiting(&store), [4, 5, 6]);
    let first = store.waiting_for_mqtt(1).wait().unwrap().remove(0);
    assert_eq!(first.reading, readings(3..4).remove(0));
}

#[test]
fn a_long_outage_goes_through_the_table_in_order() {
    let folder = Folder::new();
    let store = folder.open(WIDE);
    for minute in 0..5 {
        store.queue_for_mqtt(&readings(minute * 60..minute * 60 + 45)).wait().unwrap();
    }
    let rows: i64 = store
        .call_blocking(
            |c| Ok(c.query_row("SELECT count(*) FROM mqtt_queue", [], |row| row.get(0))?),
        )
        .unwrap();
    assert!(rows > 0, "written in batches");
    assert_eq!(waiting(&store), (1..=225).collect::<Vec<_>>());
    store.taken_by_mqtt(200).wait().unwrap();
    assert_eq!(waiting(&store), (201..=225).collect::<Vec<_>>());
}

#[test]
fn a_kill_loses_nothing_and_numbers_go_on() {
    let folder = Folder::new();
    let store = folder.open(WIDE);
    store.queue_for_mqtt(&readings(0..40)).wait().unwrap();
    store.queue_for_mqtt(&readings(40..50)).wait().unwrap();
    store.taken_by_mqtt(45).wait().unwrap();
    // Dropped, not closed: as a killed process leaves it.
    drop(store);
    let store = folder.open(WIDE);
    assert_eq!(waiting(&store), [46, 47, 48, 49, 50]);
    store.taken_by_mqtt(50).wait().unwrap();
    drop(store);
    let store = folder.open(WIDE);
    assert_eq!(waiting(&store), [] as [u64; 0]);
    store.queue_for_mqtt(&readings(50..51)).wait().unwrap();
    assert_eq!(waiting(&store), [51]);
}

#[test]
fn after_a_power_cut_no_number_is_given_twice() {
    let folder = Folder::new();
    let store = folder.open(WIDE);
    store.queue_for_mqtt(&readings(0..10)).wait().unwrap();
    drop(store);
    let side = pending_file(&folder);
    let text = std::fs::read_to_string(&side).unwrap();
    let other_boot = text.lines().skip(1).take(5).collect::<Vec<_>>().join("\n");
    std::fs::write(&side, format!("{{\"boot\":\"x\",\"next\":1}}\n{other_boot}\n")).unwrap();

    let store = folder.open(WIDE);
    store.queue_for_mqtt(&readings(10..11)).wait().unwrap();
    let waiting = waiting(&store);
    assert_eq!(waiting[..5], [1, 2, 3, 4, 5]);
    assert!(waiting[5] > 10, "{waiting:?}");
}

fn pending_file(folder: &Folder) -> PathBuf {
    super::super::pending::beside_state(&folder.path, "mqtt")
}

#[test]
fn an_orderly_end_leaves_no_gap() {
    let folder = Folder::new();
    let store = folder.open(WIDE);
    store.queue_for_mqtt(&readings(0..3)).wait().unwrap();
    store.close().wait().unwrap();
    drop(store);
    assert!(!pending_file(&folder).exists());
    let store = folder.open(WIDE);
    store.queue_for_mqtt(&readings(3..4)).wait().unwrap();
    assert_eq!(waiting(&store), [1, 2, 3, 4]);
}

#[test]
fn the_oldest_are_given_up_when_there_are_too_many_or_they_are_too_old() {
    let folder = Folder::new();
    let store = folder.open(QueueBounds { readings: 50, ..WIDE });
    assert_eq!(store.queue_for_mqtt(&readings(0..120)).wait().unwrap(), 70);
    assert_eq!(waiting(&store), (71..=120).collect::<Vec<_>>());

    let folder = Folder::new();
    let store = folder.open(QueueBounds { age: Duration::from_secs(60), ..WIDE });
    assert_eq!(store.queue_for_mqtt(&readings(0..120)).wait().unwrap(), 59);
    assert_eq!(waiting(&store).first(), Some(&60));
}
