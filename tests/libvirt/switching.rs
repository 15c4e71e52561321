//! The agent switches machines: it waits, forces, hears of what others do, and survives its daemon.

use watchpost::{
    control::Request,
    host::{HostNews, How},
    plan::Power,
};

use crate::{
    agent::Site,
    hosts,
    libvirtd::{DEAF, Libvirtd, OBEDIENT},
    patience::until,
};

const SCRIPT: &str = r#"
const PLEX = hosts("plex");
watch("on", cron("0 0 1 1 *"), start(PLEX));
watch("off", cron("0 0 1 1 *"), stop(PLEX));
watch("again", cron("0 0 1 1 *"), restart(PLEX));
"#;

fn site(daemon: &Libvirtd, more: &str) -> Site {
    let uri = daemon.qemu();
    let site = Site::new(&format!(
        "[hosts.plex]\nkind = \"libvirt\"\nuri = \"{uri}\"\ntags = [\"media\"]\n{more}\n"
    ));
    site.script("media", SCRIPT);
    site
}

fn row(report: &serde_json::Value) -> serde_json::Value {
    report["report"]["rows"][0].clone()
}

#[test]
fn a_script_switches_a_machine_that_obeys() {
    let mut daemon = Libvirtd::start();
    daemon.define("plex", OBEDIENT);
    let site = site(&daemon, "");
    let agent = site.start();
    agent.await_loaded();
    let state = |daemon: &Libvirtd| daemon.says(&daemon.qemu(), &["domstate", "plex"]);

    let started = row(&agent.fire("on"));
    assert_eq!((&started["ok"], &started["changed"]), (&true.into(), &true.into()), "{started}");
    assert_eq!(state(&daemon), "running");
    let again = row(&agent.fire("on"));
    assert_eq!((&again["ok"], &again["changed"]), (&true.into(), &false.into()), "{again}");
    let listed = agent.ask(&Request::Hosts);
    assert_eq!(listed[0]["up"], true, "{listed:?}");
    assert_eq!(listed[0]["kind"], "libvirt");

    let restarted = row(&agent.fire("again"));
    assert_eq!(restarted["ok"], true, "{restarted}");
    assert_eq!(state(&daemon), "running");

    // The daemon dies and comes back under the agent; the machine goes on meanwhile.
    daemon.kill();
    agent.says("libvirt (");
    daemon.revive();
    agent.says("is back");
    let stopped = row(&agent.fire("off"));
    assert_eq!((&stopped["ok"], &stopped["changed"]), (&true.into(), &true.into()), "{stopped}");
    assert!(stopped["output"].is_null(), "it was forced: {stopped}");
    assert_eq!(state(&daemon), "shut off");
}

#[test]
fn a_machine_that_hears_nothing_is_forced_after_the_grace_time_or_never() {
    let daemon = Libvirtd::start();
    daemon.define("plex", DEAF);
    daemon.says(&daemon.qemu(), &["start", "plex"]);
    let patient = site(&daemon, "force_after = \"never\"\nstop_within = \"3s\"");
    let agent = patient.start();
    agent.await_loaded();
    let refused = row(&agent.fire("off"));
    assert_eq!(refused["ok"], false);
    let error = refused["error"].as_str().expect("an error");
    assert!(error.contains("did not shut down within 3 s"), "{error}");
    assert_eq!(daemon.says(&daemon.qemu(), &["domstate", "plex"]), "running");
    drop(agent);

    let site = site(&daemon, "force_after = \"3s\"");
    let agent = site.start();
    agent.await_loaded();
    let forced = row(&agent.fire("off"));
    assert_eq!((&forced["ok"], &forced["changed"]), (&true.into(), &true.into()), "{forced}");
    assert_eq!(forced["output"], "it did not shut down within 3 s, so its power was cut");
    assert!(forced["seconds"].as_f64().expect("seconds") >= 3.0, "{forced}");
    assert_eq!(daemon.says(&daemon.qemu(), &["domstate", "plex"]), "shut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_do_is_heard_also_after_the_daemon_was_away() {
    let mut daemon = Libvirtd::start();
    daemon.define("plex", OBEDIENT);
    let uri = daemon.qemu();
    let (remote, inventory) =
        hosts(&format!("[hosts.plex]\nkind = \"libvirt\"\nuri = \"{uri}\"\n"));
    let news = HostNews::new(watchpost::clock::Clock::system());
    let watching = watchpost::tasks::spawn(remote.machines().clone().watch(news.clone()));
    let is = |power, how| {
        until(
            || {
                let last = news.last("plex")?;
                (last.power == power && last.how == how).then_some(())
            },
            || format!("{power:?} by {how:?} is never told: {:?}", news.last("plex")),
        );
    };
    tokio::task::block_in_place(|| {
        is(Power::Down, How::Look);
        daemon.says(&uri, &["start", "plex"]);
        is(Power::Up, How::Event);
        daemon.says(&uri, &["destroy", "plex"]);
        is(Power::Down, How::Fell);
        daemon.kill();
        daemon.revive();
        // Somebody starts it before we are back; then it was a look, else an event.
        daemon.says(&uri, &["start", "plex"]);
        until(
            || news.last("plex").filter(|last| last.power == Power::Up),
            || "the start after the daemon came back is never told".to_owned(),
        );
    });
    let plex = inventory.get("plex").expect("a host");
    assert_eq!(remote.probe(plex).await, Ok(Power::Up));
    daemon.says(&uri, &["suspend", "plex"]);
    let failure = remote.probe(plex).await.unwrap_err();
    assert_eq!(failure.message, "plex: it is paused");
    watching.abort();
}

#[test]
fn what_others_do_fires_watches_at_once_and_what_is_held_is_switched_back() {
    let daemon = Libvirtd::start();
    daemon.define("plex", OBEDIENT);
    let uri = daemon.qemu();
    let site = site(&daemon, "switches_per_hour = 100");
    site.script(
        "told",
        r#"
        watch("up", host("plex").started(), || { print("plex was started"); });
        watch("gone", host("plex").stopped(), || { print("plex was stopped"); });
        watch("hold", cron("0 0 1 1 *"), hold_off(hosts("plex"), "night"));
        "#,
    );
    let agent = site.start();
    agent.await_loaded();
    daemon.says(&uri, &["start", "plex"]);
    agent.says("plex was started");
    daemon.says(&uri, &["destroy", "plex"]);
    agent.says("plex was stopped");

    assert_eq!(row(&agent.fire("hold"))["ok"], true);
    daemon.says(&uri, &["start", "plex"]);
    agent.says("plex is up, and held off");
    until(
        || (daemon.says(&uri, &["domstate", "plex"]) == "shut off").then_some(()),
        || format!("it is left running:\n{}", agent.log()),
    );
}
