//! What watches, runs, timers, scripts and letters leave behind.

use super::*;

#[test]
fn a_run_begins_with_its_cause_or_not_at_all() {
    let store = Store::memory().unwrap();
    let timer = Timer {
        script: "closet-heat".into(),
        name: "guest-off".into(),
        due: at(60),
        handler: function(Some("off")),
        by: Default::default(),
    };
    store.set_timer(&timer).wait().unwrap();
    let begin = |handler| Begin {
        run: NewRun { handler: Some(handler), ..run("e1") },
        trigger_state: Some(json!({ "above": true })),
        timer: Some("guest-off".into()),
        last_run: Some(at(5)),
    };
    let refused = store.begin_run(begin(function(None))).wait();
    assert!(matches!(refused, Err(StoreError::NotStorable { .. })));
    assert_eq!(store.timers().wait().unwrap().len(), 1);

    let id = store.begin_run(begin(function(Some("off")))).wait().unwrap();
    assert!(store.timers().wait().unwrap().is_empty());
    let state = store.watch_state("closet-heat", "closet-heat").wait().unwrap();
    assert_eq!(state.trigger, Some(json!({ "above": true })));
    assert_eq!(state.last_run, Some(at(5)));

    assert_eq!(store.count_attempt(id).wait().unwrap(), 1);
    let unfinished = store.unfinished().wait().unwrap();
    assert_eq!((unfinished[0].id, unfinished[0].attempts), (id, 1));
    assert!(
        matches!(&unfinished[0].handler, Some(Handler::Function(f)) if f.name.as_deref() == Some("off"))
    );
}

#[test]
fn a_walk_goes_on_where_it_was_and_ends_with_its_run() {
    let store = Store::memory().unwrap();
    let id = store.begin_run(run("e1")).wait().unwrap();
    assert_eq!(store.count_attempt(id).wait().unwrap(), 1);
    for host in ["foo", "bar"] {
        let row = Row { host: Some(host.into()), ok: true, ..Row::default() };
        store.walk_done(id, "0", host, &[row]).wait().unwrap();
    }
    assert_eq!(store.count_attempt(id).wait().unwrap(), 1, "it got on since the last attempt");
    let done = store.walk_progress(id, "0").wait().unwrap();
    assert_eq!(done.iter().map(|(host, _)| host.as_str()).collect::<Vec<_>>(), ["foo", "bar"]);
    assert!(store.walk_progress(id, "1").wait().unwrap().is_empty());

    store.end_run(id).wait().unwrap();
    assert!(store.walk_progress(id, "0").wait().unwrap().is_empty());
    assert!(store.begin_run(run("e2")).wait().unwrap() > id, "a number is never used twice");
}

#[test]
fn a_watch_keeps_its_state() {
    let store = Store::memory().unwrap();
    assert_eq!(store.watch_state("s", "w").wait().unwrap(), WatchState::default());
    let paused = Paused { reason: "five errors".into(), since: at(9) };
    let state = WatchState {
        last_run: Some(at(1)),
        armed_since: Some(at(0)),
        trigger: Some(json!({ "since": 3 })),
        paused: Some(paused.clone()),
        errors: 5,
    };
    store.save_watch_state("s", "w", &state).wait().unwrap();
    assert_eq!(store.watch_states().wait().unwrap(), [("s".into(), "w".into(), state.clone())]);

    store.resume_watch("s", "w").wait().unwrap();
    assert_eq!(store.count_error("s", "w").wait().unwrap(), 1);
    assert_eq!(store.count_error("s", "w").wait().unwrap(), 2);
    store.pause_watch("s", "w", &paused).wait().unwrap();
    let now = store.watch_state("s", "w").wait().unwrap();
    assert_eq!(now, WatchState { errors: 2, ..state });
}

#[test]
fn holds_and_memory_come_back_as_they_were() {
    let store = Store::memory().unwrap();
    let hold = Hold {
        name: "heat".into(),
        script: "closet-heat".into(),
        cause: "too hot".into(),
        kind: HoldKind::Off,
        hosts: vec!["foo".into(), "bar".into()],
        changed: vec!["foo".into()],
        since: at(0),
        releasing: false,
    };
    store.save_hold(&hold).wait().unwrap();
    assert_eq!(store.hold("heat").wait().unwrap(), Some(hold.clone()));
    assert_eq!(store.holds().wait().unwrap(), [hold]);
    assert!(store.remove_hold("heat").wait().unwrap());
    assert!(!store.remove_hold("heat").wait().unwrap());

    store.remember("s", "k", &json!([1, "two"])).wait().unwrap();
    assert_eq!(store.recall("s", "k").wait().unwrap(), Some(json!([1, "two"])));
    assert_eq!(store.recall("t", "k").wait().unwrap(), None);
}

#[test]
fn the_journal_is_found_by_script_or_watch_and_by_time() {
    let store = Store::memory().unwrap();
    for n in 0..5 {
        store.append(&note(&n.to_string(), n)).wait().unwrap();
    }
    store
        .append(&Entry { script: "solar".into(), watch: "power".into(), ..note("other", 9) })
        .wait()
        .unwrap();
    let texts = |filter: JournalFilter| -> Vec<String> {
        let lines = store.recent(&filter).wait().unwrap();
        lines
            .into_iter()
            .map(|(_, entry)| match entry.event {
                Event::Note { text } => text,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    let heat = JournalFilter { name: Some("closet-heat".into()), ..JournalFilter::default() };
    assert_eq!(texts(JournalFilter { limit: Some(2), ..heat.clone() }), ["3", "4"]);
    assert_eq!(texts(JournalFilter { since: Some(at(3)), ..heat }), ["3", "4"]);
    assert_eq!(
        texts(JournalFilter { name: Some("power".into()), ..Default::default() }),
        ["other"]
    );
}

#[test]
fn one_event_is_one_message() {
    let store = Store::memory().unwrap();
    assert!(store.post(&message("m1"), at(0)).wait().unwrap());
    assert!(!store.post(&message("m1"), at(5)).wait().unwrap());
    store.post(&message("m2"), at(1)).wait().unwrap();
    let ids = |now| -> Vec<String> {
        store
            .due(LetterChannel::Email, now, 10)
            .wait()
            .unwrap()
            .into_iter()
            .map(|due| due.message.id)
            .collect()
    };
    assert_eq!(ids(at(1)), ["m1", "m2"]);

    store.failed("m1", "busy", Some(at(60))).wait().unwrap();
    assert_eq!(ids(at(1)), ["m2"]);
    store.sent("m2").wait().unwrap();
    assert_eq!(store.next_due(LetterChannel::Email).wait().unwrap(), Some(at(60)));
    assert!(!store.post(&message("m2"), at(2)).wait().unwrap(), "sent is sent");

    store.failed("m1", "no such address", None).wait().unwrap();
    let dead = store.dead().wait().unwrap();
    assert_eq!((dead[0].attempts, dead[0].last_error.as_deref()), (2, Some("no such address")));
    assert_eq!(store.next_due(LetterChannel::Email).wait().unwrap(), None);
}
