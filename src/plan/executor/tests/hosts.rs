//! What hosts may rely on: the order of dependence, rest between two switches, holds that hold.

use super::*;
use crate::{
    host::{HostKind, SwitchGuard},
    journal::Entry,
    tasks,
};

fn clock() -> Clock {
    Clock::simulated(DateTime::from_timestamp(1_780_000_000, 0).unwrap(), 1.0)
}

/// A host whose command tells its state, so that a restart needs no looking away.
fn service(name: &str) -> Host {
    let mut host = host(name);
    host.commands.state = Some("true".into());
    host
}

fn on(name: &str, ground: &str) -> Host {
    Host { on: Some(ground.into()), ..service(name) }
}

fn restart(hosts: &[&str]) -> Step {
    act(Verb::Restart, Some(hosts))
}

fn hold_off(hosts: &[&str]) -> Step {
    act(Verb::HoldOff { hold: "heat".into() }, Some(hosts))
}

fn release() -> Step {
    act(Verb::Release { hold: "heat".into() }, None)
}

impl Fixture {
    fn resting(guard: SwitchGuard) -> Self {
        Self::of(clock(), [Host { guard, ..host("foo") }])
    }

    /// The next life of the agent, on the same store and in the same world.
    fn next_life(&self) -> Self {
        let old = &self.executor;
        let executor = Arc::new(Executor {
            world: old.world.clone(),
            clock: old.clock.clone(),
            timezone: old.timezone,
            hosts: old.hosts.clone(),
            news: HostNews::new(old.clock.clone()),
            costs: old.costs.clone(),
            scans: old.scans.clone(),
            store: old.store.clone(),
            journal: old.journal.clone(),
            parallel_hosts: 8,
            locks: HostLocks::default(),
        });
        Fixture { executor, bench: self.bench.clone() }
    }

    fn look_after(&self) -> tokio::task::AbortHandle {
        tasks::spawn(self.executor.clone().look_after_hosts()).abort_handle()
    }

    async fn wait(&self, seconds: u64) {
        self.executor.clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// Somebody else switches it.
    fn set(&self, host: &str, up: bool) {
        self.bench.up.lock().unwrap().insert(host.to_owned(), up);
    }

    fn is_up(&self, host: &str) -> bool {
        self.bench.up.lock().unwrap()[host]
    }
}

#[tokio::test(start_paused = true)]
async fn holding_off_goes_in_the_order_of_dependence_too() {
    let bench = Fixture::new();
    let report = bench.run("heat", pipe([hold_off(&["big-iron", "plex"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
    assert_eq!(bench.acts(), ["stop plex", "stop big-iron"]);
    bench.run("heat", pipe([release()])).await;
    assert_eq!(bench.acts(), ["start big-iron", "start plex"]);
}

#[tokio::test(start_paused = true)]
async fn guests_go_and_come_when_what_they_run_on_restarts() {
    let bench = Fixture::of(
        clock(),
        [service("iron"), on("plex", "iron"), on("inner", "plex"), service("foo")],
    );
    let report = bench.run("s", pipe([restart(&["foo", "iron", "plex", "inner"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
    let acts = bench.acts();
    assert_eq!(acts[..2], ["stop inner", "stop plex"]);
    assert_eq!(acts[4..], ["start plex", "start inner"]);

    let report = bench.run("s", pipe([restart(&["iron"])])).await;
    let error = error_of(&report, "iron");
    assert_eq!(error, "not restarted: its guest plex is up and was not named; name it too");
    assert!(bench.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_guest_of_which_nothing_is_known_keeps_its_ground_up() {
    let bench = Fixture::new();
    bench.bench.unknown.lock().unwrap().push("plex".into());
    let report = bench.run("s", pipe([stop(&["big-iron"])])).await;
    let error = error_of(&report, "big-iron");
    assert!(error.contains("whether its guest plex is up cannot be known (it refuses)"), "{error}");
    assert!(bench.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn this_board_goes_last_and_what_carries_it_does_not_go() {
    let mut pi = service("pi");
    (pi.kind, pi.on) = (HostKind::ThisBoard, Some("iron".into()));
    let bench = Fixture::of(clock(), [pi, service("iron"), service("foo"), on("plex", "foo")]);
    let report = bench.run("s", pipe([restart(&["pi", "foo", "plex"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
    assert_eq!(bench.acts(), ["stop plex", "restart foo", "start plex", "restart pi"]);
    let report = bench.run("s", pipe([stop(&["iron", "pi"])])).await;
    assert!(error_of(&report, "iron").contains("this very board (pi) runs on it"));
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_gone_when_nothing_comes_from_it() {
    let physical = Host { kind: HostKind::Physical, ..host("iron") };
    let bench = Fixture::of(clock(), [physical, host("plex")]);
    for name in ["iron", "plex"] {
        bench.fail("silence", name);
    }
    let report = bench.run("s", pipe([stop(&["iron", "plex"])])).await;
    let error = error_of(&report, "iron");
    assert!(error.starts_with("whether it is gone 3m after it was told to stop"), "{error}");
    // Behind a port that somebody else holds for it, it may refuse for ever.
    assert_eq!(error_of(&report, "plex"), "");
}

#[tokio::test(start_paused = true)]
async fn a_lost_packet_is_sent_again() {
    let bench = Fixture::of(clock(), [host("foo")]);
    bench.set("foo", false);
    bench.fail("first start", "foo");
    let report = bench.run("s", pipe([start(&["foo"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
    assert_eq!(bench.acts(), ["start foo", "start foo"]);
}

#[tokio::test(start_paused = true)]
async fn a_host_rests_between_two_switches_also_over_a_restart() {
    let guard = SwitchGuard { min_off: Duration::from_secs(600), ..SwitchGuard::default() };
    let bench = Fixture::resting(guard);
    assert!(bench.run("s", pipe([stop(&["foo"])])).await.is_ok());
    let bench = bench.next_life();
    let report = bench.run("s", pipe([start(&["foo"])])).await;
    let error = error_of(&report, "foo");
    assert!(error.starts_with("not started before 2"), "{error}");
    assert!(error.ends_with("it stays off for at least 10m (`min_off`)"), "{error}");
    bench.wait(600).await;
    assert!(bench.run("s", pipe([start(&["foo"])])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_has_to_stop_at_once_is_not_told_to_wait() {
    let guard = SwitchGuard { min_on: Duration::from_secs(600), ..SwitchGuard::default() };
    let bench = Fixture::resting(guard);
    bench.set("foo", false);
    bench.run("s", pipe([start(&["foo"])])).await;
    let report = bench.run("s", pipe([stop(&["foo"])])).await;
    assert!(error_of(&report, "foo").contains("(`min_on`)"));
    let critical = bench.begin("heat").await.of_critical(true);
    let report = bench.executor.execute(&critical, &pipe([stop(&["foo"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
}

#[tokio::test(start_paused = true)]
async fn an_hour_has_so_many_switches() {
    let bench = Fixture::resting(SwitchGuard { per_hour: 2, ..SwitchGuard::default() });
    bench.run("s", pipe([stop(&["foo"])])).await;
    bench.run("s", pipe([restart(&["foo"])])).await;
    let report = bench.run("s", pipe([start(&["foo"])])).await;
    assert!(error_of(&report, "foo").contains("switched 2 times within an hour"));
    // What is so already needs no switch.
    assert!(bench.run("s", pipe([stop(&["foo"])])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_held_off_and_comes_up_is_stopped_again_and_in_the_next_life_too() {
    let bench = Fixture::new();
    let entries: Arc<Mutex<Vec<Entry>>> = Arc::default();
    let kept = entries.clone();
    let sink: crate::journal::Sink =
        Box::new(move |entry| kept.lock().unwrap().push(entry.clone()));
    let mut executor = Arc::into_inner(bench.executor).unwrap();
    executor.journal = Journal::new(executor.clock.clone(), vec![sink]);
    let bench = Fixture { executor: Arc::new(executor), bench: bench.bench };
    let life = bench.look_after();
    bench.run("heat", pipe([hold_off(&["foo", "bar"])])).await;
    bench.acts();
    bench.wait(60).await;
    bench.set("foo", true);
    bench.wait(60).await;
    assert_eq!(bench.acts(), ["stop foo"]);
    let why = entries.lock().unwrap().iter().find_map(|entry| match &entry.event {
        Event::Fired { cause } => Some((entry.script.clone(), entry.watch.clone(), cause.clone())),
        _ => None,
    });
    let expected = ("heat".into(), "heat".into(), "foo is up, and held off: test".into());
    assert_eq!(why, Some(expected));

    life.abort();
    bench.set("bar", true);
    let next = bench.next_life();
    next.look_after();
    next.wait(60).await;
    assert_eq!(next.acts(), ["stop bar"]);
    next.run("heat", pipe([release()])).await;
    next.wait(60).await;
    assert!(next.is_up("foo") && next.is_up("bar"));
    next.set("foo", false);
    next.wait(60).await;
    assert!(!next.is_up("foo"), "nobody holds it any more");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_keeps_coming_up_is_not_fought_for_ever() {
    let bench = Fixture::resting(SwitchGuard { per_hour: 4, ..SwitchGuard::default() });
    bench.look_after();
    bench.run("heat", pipe([hold_off(&["foo"])])).await;
    for _ in 0..20 {
        bench.set("foo", true);
        bench.wait(60).await;
    }
    assert_eq!(bench.acts().len(), 4);
    bench.wait(3600).await;
    assert_eq!(bench.acts(), ["stop foo"]);
}

#[tokio::test(start_paused = true)]
async fn what_must_rest_is_released_when_it_has_rested() {
    let guard = SwitchGuard { min_off: Duration::from_secs(600), ..SwitchGuard::default() };
    let bench = Fixture::resting(guard);
    bench.look_after();
    bench.run("heat", pipe([hold_off(&["foo"])])).await;
    let report = bench.run("heat", pipe([release()])).await;
    assert!(error_of(&report, "foo").contains("(`min_off`)"));
    bench.wait(500).await;
    assert!(!bench.is_up("foo"));
    bench.wait(160).await;
    assert!(bench.is_up("foo"));
    assert_eq!(bench.executor.store.holds().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_two_hold_off_comes_back_with_the_last_release() {
    let bench = Fixture::new();
    bench.look_after();
    for script in ["one", "two"] {
        bench.run(script, pipe([hold_off(&["foo"])])).await;
    }
    bench.run("one", pipe([release()])).await;
    bench.wait(120).await;
    assert!(!bench.is_up("foo"));
    bench.run("two", pipe([release()])).await;
    bench.wait(120).await;
    assert!(bench.is_up("foo"));
}

#[tokio::test(start_paused = true)]
async fn a_script_may_think_better_of_what_it_holds() {
    let bench = Fixture::new();
    bench.look_after();
    bench.run("heat", pipe([hold_off(&["foo"])])).await;
    assert!(bench.run("heat", pipe([start(&["foo"])])).await.is_ok());
    bench.wait(120).await;
    assert!(bench.is_up("foo"));
}

#[tokio::test(start_paused = true)]
async fn since_when_is_known_in_the_next_life() {
    let bench = Fixture::new();
    let executor = bench.executor.clone();
    tasks::spawn(async move { executor.remember_hosts().await });
    bench.wait(1).await;
    bench.run("s", pipe([stop(&["foo"])])).await;
    bench.wait(1).await;
    let known = bench.executor.news.last("foo").expect("it was stopped");
    let next = bench.next_life();
    next.executor.recall_hosts().await.unwrap();
    let recalled = next.executor.news.last("foo").expect("it is remembered");
    assert_eq!((recalled.power, recalled.since), (Power::Down, known.since));
}
