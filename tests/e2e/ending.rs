//! How the agent ends, and that there is one for each state file.

use std::{fs, thread};

use nix::sys::signal::Signal;
use watchpost::{config::HistorySettings, control::Request, journal::Event, store::Store};

use crate::agent::{Agent, Site};

const PI: &str = "[hosts.pi]\nkind = \"self\"\n";

/// An agent in the middle of a pipe that ends once the file `go` is there.
fn in_a_pipe() -> (Site, Agent) {
    let site = Site::new(PI);
    let (begun, go) = (site.path("begun"), site.path("go"));
    site.script(
        "slow",
        &format!(
            "watch(\"slow\", every(\"1s\"), shell(hosts(\"pi\"), \"touch {}; \
             until [ -e {} ]; do sleep 0.05; done\") | pretty(\"done\"));",
            begun.display(),
            go.display()
        ),
    );
    let agent = site.start();
    crate::patience::until(
        || begun.exists().then_some(()),
        || format!("the pipe never begins:\n{}", agent.log()),
    );
    (site, agent)
}

#[test]
fn ctrl_c_and_sigterm_drain_what_runs() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (site, mut agent) = in_a_pipe();
        agent.signal(signal);
        // The request is only refused or unanswered once the drain has begun; the pipe still waits.
        site.write("go", "");
        assert_eq!(agent.ended().code(), Some(0), "{}", agent.log());
        assert!(agent.log().contains("done"), "{}", agent.log());

        // What it did in its last moments is in the journal, and the run is not taken up again.
        fs::remove_file(site.path("scripts/slow.rhai")).expect("removed");
        let again = site.start();
        let ended = again.await_entry("end of the run", |entry| match &entry.event {
            Event::Ended { report, .. } => report.clone(),
            _ => None,
        });
        assert!(ended.is_ok(), "{ended:?}");
    }
}

#[test]
fn a_second_signal_waits_for_nothing() {
    let (site, mut agent) = in_a_pipe();
    agent.signal(Signal::SIGTERM);
    // A signal that comes before the drain listens would be the first one once more.
    let agent_ended = loop {
        agent.signal(Signal::SIGTERM);
        if agent.log().contains("ended at once") {
            break agent.ended();
        }
        thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(agent_ended.code(), Some(0), "{}", agent.log());
    site.write("go", "");

    let again = site.start();
    again.await_entry("run that goes on", |entry| match &entry.event {
        Event::Fired { cause } if cause.contains("going on after a restart") => Some(()),
        _ => None,
    });
}

#[test]
fn a_state_file_has_one_agent() {
    let site = Site::new("");
    let first = site.start();
    first.ask(&Request::Status);
    let (said, status) = site.refused();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("another agent is running"), "{said}");
    first.ask(&Request::Status);

    let second = Site::new("");
    second.write(
        "watchpost.toml",
        &format!("state = {:?}\n{}", site.path("watchpost.db"), Site::text("")),
    );
    let (said, status) = second.refused();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("in use by another Watchpost"), "{said}");
}

#[test]
fn a_verb_that_has_the_state_file_for_a_moment_is_waited_for() {
    let site = Site::new("");
    let state = site.path("watchpost.db");
    let verb = Store::open(&state, &HistorySettings::default()).expect("the state");
    let started = thread::scope(|scope| {
        let started = scope.spawn(|| site.start());
        // The agent is on its way: it has its socket, and waits for the state.
        crate::patience::until(
            || site.path("socket").exists().then_some(()),
            || "the agent never binds its socket".to_owned(),
        );
        verb.close().wait().expect("closed");
        started.join()
    });
    let agent = started.expect("an agent");
    assert_eq!(agent.ask(&Request::Sensors).len(), 0, "{}", agent.log());
}
