//! Watches that wait for hosts.

use super::*;
use crate::{plan::HostAct, tasks};

impl Life {
    /// Somebody else switches a host of the closet, which takes its time.
    async fn somebody(&self, act: HostAct, host: &str) {
        let executor = &self.station.executor;
        executor.world.act(executor.hosts.get(host).unwrap(), &act).await.unwrap();
    }

    fn look_after_hosts(&self) {
        tasks::spawn(self.station.executor.clone().look_after_hosts());
    }
}

const WATCHES: &str = r#"
    watch("up", host("foo").started(), || print("up"));
    watch("gone", host("foo").stopped(), |event| print(`gone: ${event.host}`));
    watch("down", host("foo").down().lasting("5m"), || print("down"), || print("back"));
"#;

#[tokio::test(start_paused = true)]
async fn a_host_that_stops_and_starts_fires() {
    let life = Life::of(WATCHES).await;
    life.look_after_hosts();
    life.wait("1m").await;
    assert!(life.notes().is_empty(), "it was up all the time");
    life.somebody(HostAct::Stop, "foo").await;
    life.wait("2m").await;
    assert_eq!(life.notes(), ["gone: foo"]);
    life.wait("5m").await;
    assert_eq!(life.notes(), ["gone: foo", "down"]);
    life.somebody(HostAct::Start, "foo").await;
    life.wait("3m").await;
    assert_eq!(life.notes()[2..], ["up", "back"]);
    assert_eq!(
        life.fired(),
        [
            "gone: foo has stopped",
            "down: foo is down for 5m",
            "up: foo has started",
            "down: foo is up again"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_down_already_fires_and_a_short_absence_does_not() {
    let life = Life::of(
        r#"watch("off", host("worker-1").down(), || print("worker-1 is off"));
           watch("long", host("foo").down().lasting("5m"), || print("long"));"#,
    )
    .await;
    life.look_after_hosts();
    life.wait("1m").await;
    assert_eq!(life.notes(), ["worker-1 is off"]);
    life.somebody(HostAct::Restart, "foo").await;
    life.wait("20m").await;
    assert_eq!(life.notes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_stopped_while_the_agent_was_away_fires_afterwards() {
    let life = Life::of(WATCHES).await;
    life.look_after_hosts();
    life.wait("1m").await;
    let store = life.kill();
    let mut next = Life::prepared(Some(store));
    next.somebody(HostAct::Stop, "foo").await;
    next.wait("1m").await;
    next.load(WATCHES).await;
    next.look_after_hosts();
    next.wait("1m").await;
    assert_eq!(next.notes(), ["gone: foo"]);
}

#[tokio::test(start_paused = true)]
async fn an_edited_script_looks_at_other_hosts() {
    let life = Life::of(WATCHES).await;
    let news = &life.station.executor.news;
    assert_eq!(news.cared(), ["foo".into()]);
    let (timers, _kept) = mpsc::unbounded_channel();
    let text = source(r#"watch("up", host("nas").started(), || print("up"));"#);
    let around = life.station.around.clone();
    let edited = Instance::load(text, around, Limits::default(), true, timers).await.unwrap();
    life.handle.as_ref().unwrap().tell(Command::Load(Box::new(edited)));
    life.settle().await;
    assert_eq!(news.cared(), ["nas".into()]);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let closet = Closet::new();
    let (timers, _kept) = mpsc::unbounded_channel();
    let text = source(r#"watch("up", host("fooo").started(), || print("up"));"#);
    let loaded = Instance::load(text, closet.around, Limits::default(), true, timers).await;
    let error = loaded.unwrap_err();
    assert_eq!(error.message, "no host is called \"fooo\"");
}
