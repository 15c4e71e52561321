//! What a watch may rely on: in virtual time, over restarts, with sensors that come and go.

mod hosts;
mod order;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};

use super::*;
use crate::{
    config::Limits,
    journal::{Entry, Journal},
    plan::{Channel, Owner},
    script::testing::{Closet, source},
    sensor::{Fault, Value},
    store::Store,
    tasks,
};

/// A script's actor in a simulated closet, with a journal to look into.
struct Life {
    closet: Closet,
    station: Station,
    entries: Arc<Mutex<Vec<Entry>>>,
    trust: watch::Sender<bool>,
    handle: Option<Handle>,
}

impl Life {
    async fn of(text: &str) -> Self {
        let mut life = Life::prepared(None);
        life.load(text).await;
        life
    }

    /// A closet whose agent remembers what the store holds.
    fn prepared(store: Option<Store>) -> Self {
        let mut closet = Closet::new();
        if let Some(store) = store {
            closet.around.store = store;
        }
        let entries: Arc<Mutex<Vec<Entry>>> = Arc::default();
        let kept = entries.clone();
        let sink = Box::new(move |entry: &Entry| kept.lock().unwrap().push(entry.clone()));
        closet.around.journal = Journal::new(closet.around.clock.clone(), vec![sink]);
        closet.measure();
        let executor = Arc::new(closet.executor());
        let channels = vec![Channel::Email { to: Vec::new() }];
        let (trust, trusted) = watch::channel(true);
        let station = Station {
            around: closet.around.clone(),
            owner: Arc::new(Owner::new(
                executor.world.clone(),
                channels,
                closet.around.journal.clone(),
            )),
            executor,
            trusted,
            switches: Switchboard::default(),
            outputs: closet.levels(),
            safe_mode: false,
        };
        Life { closet, station, entries, trust, handle: None }
    }

    async fn load(&mut self, text: &str) {
        let (timers, changes) = mpsc::unbounded_channel();
        let around = self.station.around.clone();
        let instance =
            Instance::load(source(text), around, Limits::default(), true, timers).await.unwrap();
        self.handle = Some(start(instance, changes, self.station.clone()));
        self.settle().await;
    }

    /// Lets everything that is due happen.
    async fn settle(&self) {
        self.wait("50ms").await;
    }

    async fn wait(&self, time: &str) {
        self.closet.around.clock.sleep(crate::clock::parse_duration(time).unwrap()).await;
    }

    /// The sensor says something at every ten seconds, as a sampler would.
    async fn reads(&self, sensor: &str, value: f64, for_time: &str) {
        let end =
            self.closet.around.clock.monotonic() + crate::clock::parse_duration(for_time).unwrap();
        while self.closet.around.clock.monotonic() < end {
            self.closet.around.sensors.publish(sensor, Ok(Value::Number(value))).unwrap();
            self.wait("10s").await;
        }
    }

    fn fired(&self) -> Vec<String> {
        self.of_events(|entry| match &entry.event {
            Event::Fired { cause } => Some(format!("{}: {cause}", entry.watch)),
            _ => None,
        })
    }

    fn notes(&self) -> Vec<String> {
        self.of_events(|entry| match &entry.event {
            Event::Note { text } => Some(text.clone()),
            _ => None,
        })
    }

    fn skipped(&self) -> Vec<String> {
        self.of_events(|entry| match &entry.event {
            Event::Skipped { reason } => Some(reason.clone()),
            _ => None,
        })
    }

    fn failures(&self) -> Vec<String> {
        self.of_events(|entry| match &entry.event {
            Event::Failed { message } => Some(message.clone()),
            _ => None,
        })
    }

    fn of_events(&self, choose: impl Fn(&Entry) -> Option<String>) -> Vec<String> {
        self.entries.lock().unwrap().iter().filter_map(choose).collect()
    }

    async fn fire(&self, watch: &str) -> Result<Fired, String> {
        let (reply, answer) = oneshot::channel();
        let handle = self.handle.as_ref().unwrap();
        handle.tell(Command::Fire { watch: watch.into(), reply });
        answer.await.unwrap()
    }

    /// The plug is pulled: nothing is told, and only the store is left.
    fn kill(self) -> Store {
        self.handle.unwrap().abort();
        self.closet.around.store.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_fires_at_its_instants() {
    let life = Life::of(
        r#"watch("half", every("30m"), || print("tick"));
           watch("hour", once_an_hour, || print("hour"));"#,
    )
    .await;
    life.wait("3h").await;
    assert_eq!(life.notes().iter().filter(|text| *text == "tick").count(), 6);
    assert_eq!(life.notes().iter().filter(|text| *text == "hour").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_threshold_fires_once_and_its_end_once() {
    let life = Life::of(
        r#"watch("heat", above("closet/temperature", 70.0).clears_at(60.0).lasting("2m"),
             || print("hot"), || print("cool"));"#,
    )
    .await;
    life.reads("closet/temperature", 75.0, "90s").await;
    life.reads("closet/temperature", 65.0, "30s").await;
    assert!(life.fired().is_empty(), "it did not last");
    life.reads("closet/temperature", 75.0, "5m").await;
    life.reads("closet/temperature", 65.0, "5m").await;
    assert_eq!(life.fired().len(), 1, "{:?}", life.fired());
    life.reads("closet/temperature", 55.0, "1m").await;
    assert_eq!(life.notes(), ["hot", "cool"]);
}

#[tokio::test(start_paused = true)]
async fn what_began_is_undone_even_when_it_ends_while_it_runs() {
    let life = Life::of(
        r#"watch("heat", above("closet/temperature", 70.0),
             hold_off(hosts("big-iron"), "heat"), release("heat") | pretty("cool again"));"#,
    )
    .await;
    // Stopping takes the simulated host most of a minute; it is cool again long before.
    life.reads("closet/temperature", 75.0, "10s").await;
    life.reads("closet/temperature", 50.0, "10m").await;
    assert_eq!(life.fired().len(), 2, "{:?}", life.fired());
    let ended = life.of_events(|entry| match &entry.event {
        Event::Told { subject, .. } => Some(subject.clone()),
        _ => None,
    });
    assert_eq!(ended, ["cool again"]);
    assert!(life.closet.around.store.holds().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_watch_never_queues_behind_itself() {
    let life = Life::of(
        r#"watch("slow", every("1m"), || run(update(hosts("nas")) | pretty("updated")));"#,
    )
    .await;
    life.wait("5m30s").await;
    assert_eq!(life.fired().len(), 2, "one update takes four minutes: {:?}", life.fired());
    assert!(life.skipped().iter().any(|reason| reason.contains("still running")));
}

#[tokio::test(start_paused = true)]
async fn functions_of_one_script_run_one_at_a_time_and_pipes_beside_them() {
    let life = Life::of(
        r#"watch("first", every("1m"), || { run(update(hosts("nas"))); print("first") });
           watch("second", every("1m"), || print("second"));
           watch("pipe", every("1m"), stop(hosts("coin-1")) | pretty("pipe"));"#,
    )
    .await;
    life.wait("3m").await;
    assert!(life.notes().is_empty(), "the second waits for the first: {:?}", life.notes());
    assert!(life.fired().iter().any(|fired| fired.starts_with("pipe")));
    life.wait("3m").await;
    assert_eq!(life.notes()[..2], ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn five_mistakes_pause_a_watch_and_the_owner_is_told() {
    let life = Life::of(
        r#"watch("bad", every("1m"), || { let x = []; x[3] });
           watch("vital", every("1m").critical(), || { let x = []; x[3] });"#,
    )
    .await;
    life.wait("20m").await;
    let fired = life.fired();
    assert_eq!(fired.iter().filter(|fired| fired.starts_with("bad")).count(), 5);
    assert_eq!(fired.iter().filter(|fired| fired.starts_with("vital")).count(), 20);
    let told: Vec<_> = life.notes().into_iter().filter(|note| note.contains("is paused")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let (reply, answer) = oneshot::channel();
    life.handle.as_ref().unwrap().tell(Command::Resume { watch: "bad".into(), reply });
    answer.await.unwrap().unwrap();
    life.wait("1m30s").await;
    assert!(life.fired().iter().filter(|fired| fired.starts_with("bad")).count() > 5);
}

#[tokio::test(start_paused = true)]
async fn what_is_so_at_the_start_counts() {
    let mut life = Life::prepared(None);
    let sensors = life.closet.around.sensors.clone();
    sensors.publish("closet/temperature", Ok(Value::Number(75.0))).unwrap();
    sensors.publish("solar/power", Err(Fault::Failing { message: "no answer".into() })).unwrap();
    life.load(
        r#"watch("heat", above("closet/temperature", 70.0), || print("hot"));
           watch("sun", above("solar/power", 99_000.0), || print("bright"));"#,
    )
    .await;
    life.wait("1s").await;
    let notes = life.notes();
    assert!(notes.contains(&"hot".to_owned()), "{notes:?}");
    assert!(notes.iter().any(|it| it.contains("solar/power has no value any more")), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gone_sensor_pauses_nothing_and_is_told_once() {
    let life = Life::of(
        r#"watch("look", every("1m"), || print(`${sensor("closet/temperature")}`));
           watch("heat", above("closet/temperature", 70.0), || print("hot"));
           watch("guarded", above("solar/power", 99_000.0).on_fault(pretty("no sun")), || ());"#,
    )
    .await;
    let gone = |message: &str| Err(Fault::Failing { message: message.into() });
    life.closet.around.sensors.publish("closet/temperature", gone("no answer")).unwrap();
    life.closet.around.sensors.publish("solar/power", gone("no answer")).unwrap();
    life.wait("30m").await;
    let told: Vec<_> =
        life.notes().into_iter().filter(|note| note.contains("no value any more")).collect();
    assert_eq!(told.len(), 2, "one for each watch without a handler for it: {told:?}");
    assert_eq!(life.fired().iter().filter(|fired| fired.starts_with("look")).count(), 30);
    assert_eq!(life.fired().iter().filter(|fired| fired.starts_with("guarded")).count(), 1);
    let paused = life.handle.as_ref().unwrap().watches().await;
    assert!(paused.iter().all(|watch| watch.paused.is_none()));
    life.reads("closet/temperature", 75.0, "20s").await;
    assert!(life.notes().contains(&"hot".to_owned()), "it is armed still");
}

#[tokio::test(start_paused = true)]
async fn timers_outlive_the_agent_and_fire_once() {
    const SCRIPT: &str = r#"
        fn later() { print("later") }
        watch("set", every("1h"), || { after("10m", "later", later); after("20m", "pipe", stop(hosts("coin-1")) | pretty("stopped")) });"#;
    let life = Life::of(SCRIPT).await;
    life.fire("set").await.unwrap();
    life.wait("5m").await;
    let store = life.kill();
    assert_eq!(store.timers().await.unwrap().len(), 2);
    // The new closet begins at its noon again: five minutes earlier than the old one ended.
    let mut life = Life::prepared(Some(store.clone()));
    life.load(SCRIPT).await;
    life.wait("15m").await;
    assert_eq!(life.notes(), ["later"]);
    life.wait("15m").await;
    assert_eq!(life.notes(), ["later"]);
    assert!(life.fired().contains(&"pipe: timer \"pipe\"".to_owned()));
    assert!(store.timers().await.unwrap().is_empty());
}

/// Nothing of what rests is lost: its timers, its runs, what its triggers wait for.
#[tokio::test(start_paused = true)]
async fn in_safe_mode_only_critical_watches_run_and_the_rest_keeps_its_state() {
    const SCRIPT: &str = r#"
        fn later() { print("later") }
        watch("set", every("1h"), || { after("2m", "later", later) });
        watch("often", every("1m"), || print("often"));
        watch("heat", above("closet/temperature", 70.0).lasting("1m"), || print("usual"));
        watch("vital", above("closet/temperature", 70.0).critical(), || print("vital"));
        wemo("lamp", || print("lamp"));"#;
    let life = Life::of(SCRIPT).await;
    life.fire("set").await.unwrap();
    life.reads("closet/temperature", 75.0, "30s").await;
    let store = life.kill();
    let kept = store.watch_state("closet", "heat").await.unwrap();

    let mut life = Life::prepared(Some(store.clone()));
    life.station.safe_mode = true;
    life.load(SCRIPT).await;
    life.reads("closet/temperature", 20.0, "1m").await;
    life.reads("closet/temperature", 75.0, "10m").await;
    assert_eq!(life.notes(), ["vital"]);
    let watches = life.handle.as_ref().unwrap().watches().await;
    let resting: Vec<_> = watches.iter().filter(|watch| watch.paused.is_some()).collect();
    assert_eq!(resting.len(), 3, "{watches:?}");
    assert!(resting.iter().all(|watch| watch.paused.as_deref() == Some("safe mode")));
    assert_eq!(store.timers().await.unwrap().len(), 1);
    let refused = life.fire("often").await.unwrap_err();
    assert!(refused.contains("safe mode"), "{refused}");
    assert_eq!(store.watch_state("closet", "heat").await.unwrap(), kept);
    let store = life.kill();

    let mut life = Life::prepared(Some(store));
    life.load(SCRIPT).await;
    life.reads("closet/temperature", 75.0, "5m").await;
    for note in ["later", "often", "usual"] {
        assert!(life.notes().contains(&note.to_owned()), "{note}: {:?}", life.notes());
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_goes_on_after_a_restart() {
    const SCRIPT: &str = r#"
        watch("walk", every("5h"), one_by_one(hosts(["nas", "foo", "bar"]), |h| shell(h, "x") | update(h)) | pretty("walked"));"#;
    let mut life = Life::prepared(None);
    life.load(SCRIPT).await;
    let (reply, _answer) = oneshot::channel();
    let fire = Command::Fire { watch: "walk".into(), reply };
    life.handle.as_ref().unwrap().tell(fire);
    // The first host takes four minutes, the others three.
    life.wait("5m").await;
    let store = life.kill();
    assert_eq!(store.unfinished().await.unwrap().len(), 1);
    let mut life = Life::prepared(Some(store.clone()));
    life.load(SCRIPT).await;
    life.wait("10m").await;
    assert!(life.fired()[0].contains("going on after a restart"), "{:?}", life.fired());
    let did = life.of_events(|entry| match &entry.event {
        Event::Did { row } if row.verb == "update" => row.host.clone(),
        _ => None,
    });
    assert_eq!(did, ["foo", "bar"], "the first host was done with");
    assert!(store.unfinished().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lasting_goes_on_over_a_short_restart() {
    const SCRIPT: &str =
        r#"watch("heat", above("closet/temperature", 70.0).lasting("5m"), || print("hot"));"#;
    let life = Life::of(SCRIPT).await;
    life.reads("closet/temperature", 75.0, "4m").await;
    let reading = life.closet.around.sensors.read("closet/temperature").unwrap();
    let store = life.kill();
    let mut life = Life::prepared(Some(store.clone()));
    // The agent is back a few seconds after the last reading.
    life.closet.around.clock.jump(reading.at - life.closet.around.clock.now());
    store.record(&[reading]).await.unwrap();
    life.closet.around.sensors.publish("closet/temperature", Ok(Value::Number(75.0))).unwrap();
    life.load(SCRIPT).await;
    life.reads("closet/temperature", 75.0, "90s").await;
    assert_eq!(life.notes(), ["hot"], "four minutes before and one after");
}

#[tokio::test(start_paused = true)]
async fn wall_clock_schedules_wait_for_a_clock_that_can_be_believed() {
    let mut life = Life::prepared(None);
    life.trust.send(false).unwrap();
    life.load(
        r#"watch("wall", cron("* * * * *"), || print("wall"));
           watch("interval", every("1m"), || print("interval"));"#,
    )
    .await;
    life.wait("5m").await;
    assert_eq!(life.notes(), vec!["interval"; 5]);
    life.trust.send(true).unwrap();
    life.wait("2m").await;
    // The minute that had just begun is within the grace, and two more follow.
    assert_eq!(life.notes().iter().filter(|note| *note == "wall").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_edit_keeps_what_was_waited_for_and_replaces_the_handler() {
    let mut life = Life::prepared(None);
    let (timers, changes) = mpsc::unbounded_channel();
    let version = |text: &'static str| {
        let around = life.station.around.clone();
        Instance::load(source(text), around, Limits::default(), true, timers.clone())
    };
    let old = version(
        r#"watch("heat", above("closet/temperature", 70.0).lasting("5m"), || print("old"));"#,
    );
    let new = version(
        r#"watch("heat", above("closet/temperature", 70.0).lasting("5m"), || print("new"));"#,
    );
    let (old, new) = (old.await.unwrap(), new.await.unwrap());
    life.handle = Some(start(old, changes, life.station.clone()));
    life.reads("closet/temperature", 75.0, "4m").await;
    life.handle.as_ref().unwrap().tell(Command::Load(Box::new(new)));
    life.reads("closet/temperature", 75.0, "90s").await;
    assert_eq!(life.notes(), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_actor_finishes_what_runs_and_begins_nothing() {
    let mut life = Life::of(
        r#"watch("slow", every("1m"), || { run(update(hosts("nas"))); print("done") });
           watch("other", every("1m"), || print("other"));"#,
    )
    .await;
    life.wait("70s").await;
    let began = life.closet.around.clock.monotonic();
    life.handle.take().unwrap().stop().await;
    assert!(life.closet.around.clock.monotonic() - began > Duration::from_secs(60));
    assert_eq!(life.notes(), ["done"]);
    // What waited for its turn is in the store, for the next life.
    assert_eq!(life.closet.around.store.unfinished().await.unwrap().len(), 1);
    assert!(life.failures().is_empty(), "{:?}", life.failures());
}

#[tokio::test(start_paused = true)]
async fn a_paused_watch_repeats_nothing_and_still_tells_the_end() {
    let life = Life::of(
        r#"watch("heat", above("closet/temperature", 70.0),
               notify("hot").again_every("10m").recovered("cool again"));"#,
    )
    .await;
    let executor = life.station.executor.clone();
    tasks::spawn(async move { executor.keep_reminding().await });
    let told = || {
        life.of_events(|entry| match &entry.event {
            Event::Told { subject, .. } => Some(subject.clone()),
            _ => None,
        })
    };
    life.reads("closet/temperature", 75.0, "15m").await;
    assert_eq!(told(), ["hot", "still: hot"]);
    let (reply, answer) = oneshot::channel();
    let reason = crate::store::BY_HAND.to_owned();
    let pause = Command::Pause { watch: "heat".into(), reason, reply };
    life.handle.as_ref().unwrap().tell(pause);
    answer.await.unwrap().unwrap();
    life.reads("closet/temperature", 75.0, "1h").await;
    assert_eq!(told().len(), 2, "{:?}", told());
    life.reads("closet/temperature", 50.0, "5m").await;
    assert_eq!(told()[2..], ["cool again"]);
    let (reply, answer) = oneshot::channel();
    life.handle.as_ref().unwrap().tell(Command::Resume { watch: "heat".into(), reply });
    answer.await.unwrap().unwrap();
    life.reads("closet/temperature", 75.0, "5m").await;
    assert_eq!(told()[3..], ["hot"], "it is news again");
}
