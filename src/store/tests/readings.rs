//! Readings: none is lost, the card is spared, the oldest go first.

use super::*;

#[test]
fn a_killed_process_loses_no_reading() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    store.record(&[reading("a", 1.0, 0), reading("b \"x\"", 2.0, 0)]).wait().unwrap();
    store.record(&[reading("a", 1.5, 10)]).wait().unwrap();
    assert_eq!(values(&store, "a"), [1.0, 1.5], "buffered readings are seen");
    drop(store);

    let store = folder.open().unwrap();
    assert!(!store.ended_well());
    assert_eq!(values(&store, "a"), [1.0, 1.5]);
    assert_eq!(values(&store, "b \"x\""), [2.0]);
    let written: i64 = store
        .call_blocking(|c| Ok(c.query_row("SELECT count(*) FROM readings", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(written, 3);
}

#[test]
fn a_count_outlives_a_kill_and_is_written_seldom() {
    let folder = Folder::new();
    let count = |store: &Store| store.counts().wait().unwrap().get("meter").copied();
    let written = |store: &Store| {
        let sql = "SELECT count FROM counts";
        let row = |c: &mut Connection| Ok(c.query_row(sql, [], |row| row.get::<_, i64>(0)).ok());
        store.call_blocking(row).unwrap()
    };
    let store = folder.open().unwrap();
    let meter = "meter".into();
    store.keep_count(&meter, 7, at(0)).wait().unwrap();
    store.keep_count(&meter, 8, at(10)).wait().unwrap();
    // What is written of the readings takes no count along.
    store.record(&[reading("a", 1.0, 0), reading("a", 2.0, 60)]).wait().unwrap();
    assert_eq!((count(&store), written(&store)), (Some(8), None));
    drop(store);

    let store = folder.open().unwrap();
    assert_eq!((count(&store), written(&store)), (Some(8), Some(8)));
    store.keep_count(&meter, 9, at(20)).wait().unwrap();
    assert_eq!(written(&store), Some(8));
    store.keep_count(&meter, 10, at(320)).wait().unwrap();
    assert_eq!(written(&store), Some(10));
    store.keep_count(&meter, 11, at(330)).wait().unwrap();
    store.close().wait().unwrap();
    assert_eq!(written(&store), Some(11));
}

#[test]
fn a_line_of_the_side_file_that_was_cut_short_costs_only_itself() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    store.record(&[reading("a", 1.0, 0), reading("a", 2.0, 10)]).wait().unwrap();
    drop(store);
    let side = lock::beside(&folder.path, "-pending");
    let text = fs::read(&side).unwrap();
    fs::write(&side, &text[..text.len() - 5]).unwrap();

    assert_eq!(values(&folder.open().unwrap(), "a"), [1.0]);
}

#[test]
fn readings_are_written_together_when_the_first_is_old_enough() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let size = || fs::metadata(lock::beside(&folder.path, "-pending")).unwrap().len();
    store.record(&[reading("a", 1.0, 0)]).wait().unwrap();
    store.record(&[reading("a", 2.0, 29)]).wait().unwrap();
    assert!(size() > 0);
    store.record(&[reading("a", 3.0, 30)]).wait().unwrap();
    assert_eq!(size(), 0);
    assert_eq!(values(&store, "a"), [1.0, 2.0, 3.0]);
}

#[test]
fn what_the_file_does_not_take_is_kept_until_it_does() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let rename = |from: &str, to: &str| {
        let sql = format!("PRAGMA legacy_alter_table = ON; ALTER TABLE {from} RENAME TO {to}");
        store.call_blocking(move |connection| Ok(connection.execute_batch(&sql)?)).unwrap();
    };
    rename("readings", "away");
    store.record(&[reading("a", 1.0, 0)]).wait().unwrap();
    assert!(store.record(&[reading("a", 2.0, 60)]).wait().is_err());
    rename("away", "readings");
    store.record(&[reading("a", 3.0, 70)]).wait().unwrap();
    assert_eq!(values(&store, "a"), [1.0, 2.0, 3.0]);

    rename("readings", "away");
    let many: Vec<_> = (0..60_000).map(|n| reading("b", 1.0, n)).collect();
    let error = store.record(&many).wait().unwrap_err();
    assert!(matches!(error, StoreError::Dropped { dropped: 10_000, .. }), "{error}");
}

#[test]
fn the_view_reads_like_a_table_of_measurements() {
    let store = Store::memory().unwrap();
    store.record(&[reading("closet/temperature", 21.5, 0)]).wait().unwrap();
    store.flush().wait().unwrap();
    let row: (String, String, f64, String) = store
        .call_blocking(|c| {
            Ok(c.query_row("SELECT time, sensor, value, unit FROM reading", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?)
        })
        .unwrap();
    assert_eq!(row.0, "2027-01-15T08:00:00.000Z");
    assert_eq!((row.1.as_str(), row.2, row.3.as_str()), ("closet/temperature", 21.5, "°C"));
}

#[test]
fn the_newest_moment_is_known_with_and_without_readings() {
    let store = Store::memory().unwrap();
    assert_eq!(store.newest().wait().unwrap(), None);
    store.touch_newest(at(0)).wait().unwrap();
    store.touch_newest(at(60)).wait().unwrap();
    assert_eq!(store.newest().wait().unwrap(), Some(at(0)), "not written again so soon");
    store.touch_newest(at(300)).wait().unwrap();
    assert_eq!(store.newest().wait().unwrap(), Some(at(300)));
    store.record(&[reading("a", 1.0, 310)]).wait().unwrap();
    assert_eq!(store.newest().wait().unwrap(), Some(at(310)));
}

#[tokio::test]
async fn old_rows_go_by_age_and_then_by_size() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let day = 86_400;
    let readings: Vec<_> = (0..30_000).map(|n| reading("a", n as f64 + 0.5, n * 10)).collect();
    store.record(&readings).await.unwrap();
    store.append(&note("old", 0)).await.unwrap();
    store.append(&note("new", 3 * day)).await.unwrap();

    let mut history =
        HistorySettings { keep: Duration::from_secs(2 * day as u64), ..Default::default() };
    let trimmed = store.trim(at(3 * day), &history).await.unwrap();
    assert_eq!(trimmed, Trimmed { readings: 8_640, journal: 1, letters: 0 });

    history.max_size = 300_000;
    store.trim(at(3 * day), &history).await.unwrap();
    let left = values(&store, "a");
    assert!(!left.is_empty() && left.len() < 20_000);
    assert_eq!(left.last(), Some(&29_999.5), "the newest stay");
    assert_eq!(store.recent(&JournalFilter::default()).await.unwrap().len(), 1);
    store.close().await.unwrap();
    drop(store);
    let size = fs::metadata(&folder.path).unwrap().len();
    assert!(size < 300_000 + 256 * 4096, "{size}");
}

/// A day of ten sensors, each every ten seconds: what goes to the file and its log, without the side
/// file. It was 17.9 MB when this was written.
#[test]
fn a_day_of_readings_spares_the_card() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let written = |store: &Store| -> u64 {
        let io = store.call_blocking(|_| Ok(fs::read_to_string("/proc/thread-self/io").unwrap()));
        let io = io.unwrap();
        io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().parse().unwrap()
    };
    let names: Vec<String> = (0..10).map(|n| format!("closet/sensor-{n}")).collect();
    let before = written(&store);
    let mut side = 0;
    for tick in 0..8_640 {
        let readings: Vec<_> = names.iter().map(|name| reading(name, 21.5, tick * 10)).collect();
        store.record(&readings).wait().unwrap();
        if tick == 0 {
            side = fs::metadata(lock::beside(&folder.path, "-pending")).unwrap().len();
        }
    }
    let day = written(&store) - before - side * 8_640;
    assert!(day < 20_000_000, "{day}");
    assert!(day > 5_000_000, "the measurement is wrong: {day}");
}
