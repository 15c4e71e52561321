//! The file: what is refused, what is kept, what is copied.

use super::*;

#[test]
fn an_orderly_end_is_remembered() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    assert!(store.ended_well(), "a new file");
    store.close().wait().unwrap();
    drop(store);
    assert!(folder.open().unwrap().ended_well());
    assert!(!folder.open().unwrap().ended_well());
}

#[test]
fn a_second_agent_is_told_who_has_the_file() {
    let folder = Folder::new();
    let _store = folder.open().unwrap();
    let error = folder.open().err().unwrap();
    assert!(
        matches!(error, StoreError::InUse { holder: Some(pid), .. } if pid == std::process::id())
    );
}

#[test]
fn a_file_cut_short_is_refused_and_kept() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    for n in 0..200 {
        store.append(&note(&"x".repeat(500), n)).wait().unwrap();
    }
    store.close().wait().unwrap();
    drop(store);
    let whole = fs::read(&folder.path).unwrap();
    for length in [100, 5_000, whole.len() / 2, whole.len() - 4096] {
        fs::write(&folder.path, &whole[..length]).unwrap();
        let error = folder.open().err().unwrap();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{length}: {error}");
        assert!(error.to_string().contains("watchpost restore"));
        assert_eq!(fs::metadata(&folder.path).unwrap().len(), length as u64);
    }
}

#[test]
fn what_is_not_ours_is_refused() {
    let folder = Folder::new();
    fs::write(&folder.path, "a text that somebody keeps here\n".repeat(40)).unwrap();
    assert!(matches!(folder.open(), Err(StoreError::Corrupt { .. })));

    let folder = Folder::new();
    let other = Connection::open(&folder.path).unwrap();
    other.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(folder.open(), Err(StoreError::Foreign { .. })));

    let folder = Folder::new();
    drop(folder.open().unwrap());
    let newer = Connection::open(&folder.path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(folder.open(), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let error = Store::open("/proc/watchpost.db".as_ref(), &HistorySettings::default());
    let error = error.err().unwrap();
    assert!(matches!(error, StoreError::NoAccess { .. }), "{error}");
    assert!(error.to_string().contains("/proc/watchpost.db"));
}

#[test]
fn a_snapshot_keeps_its_writes_to_itself() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    store.remember("s", "k", &json!(1)).wait().unwrap();
    let run = store.begin_run(run("e1")).wait().unwrap();
    store.walk_done(run, "0", "foo", &[Row::default()]).wait().unwrap();

    let copy = store.snapshot().wait().unwrap();
    assert_eq!(copy.walk_progress(run, "0").wait().unwrap().len(), 1);
    copy.remember("s", "k", &json!(2)).wait().unwrap();
    copy.end_run(run).wait().unwrap();
    assert_eq!(store.recall("s", "k").wait().unwrap(), Some(json!(1)));
    assert_eq!(store.unfinished().wait().unwrap().len(), 1);
}

#[tokio::test]
async fn a_backup_is_whole_and_is_brought_back_only_where_nothing_is_lost() {
    let folder = Folder::new();
    let backup = folder.path.with_extension("backup");
    let store = folder.open().unwrap();
    store.record(&[reading("a", 1.0, 0)]).await.unwrap();
    store.remember("s", "k", &json!(1)).await.unwrap();
    store.backup(&backup, Vec::new()).await.unwrap();
    store.remember("s", "k", &json!(2)).await.unwrap();
    assert!(matches!(restore(&backup, &folder.path, true), Err(StoreError::InUse { .. })));
    drop(store);

    assert!(matches!(restore(&backup, &folder.path, false), Err(StoreError::Exists { .. })));
    restore(&backup, &folder.path, true).unwrap();
    let store = folder.open().unwrap();
    assert_eq!(store.recall("s", "k").await.unwrap(), Some(json!(1)));
    assert_eq!(values(&store, "a"), [1.0]);

    let whole = fs::read(&backup).unwrap();
    fs::write(&backup, &whole[..whole.len() - 4096]).unwrap();
    let target = folder.path.with_extension("other");
    assert!(matches!(restore(&backup, &target, false), Err(StoreError::Corrupt { .. })));
    assert!(!target.exists());
}

#[test]
fn a_reader_may_look_while_the_agent_runs() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    store.record(&[reading("a", 1.0, 0)]).wait().unwrap();
    let reader = Store::open_read_only(&folder.path).unwrap();
    assert_eq!(values(&reader, "a"), [1.0]);
    assert!(reader.remember("s", "k", &json!(1)).wait().is_err());
}

#[tokio::test(start_paused = true)]
async fn in_memory_nothing_is_waited_for() {
    let store = Store::memory().unwrap();
    let call = store.remember("s", "k", &json!(1)).into_future();
    assert!(futures::FutureExt::now_or_never(call).is_some());
}

#[tokio::test]
async fn a_panic_in_one_call_leaves_the_store_to_the_others() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let lost = store
        .call(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("INSERT INTO memory VALUES ('s', 'k', '1')", [])?;
            if transaction.is_autocommit() { Ok(()) } else { panic!("a caller's mistake") }
        })
        .await;
    assert!(matches!(lost, Err(StoreError::Closed)));
    assert_eq!(store.recall("s", "k").await.unwrap(), None);
}
