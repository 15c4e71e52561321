//! Bad input: each has a clear error, and nothing is lost.

use std::fs;

use watchpost::{control::Request, journal::Event, plan::Report};

use crate::{
    agent::{Agent, Site},
    host,
    sshd::Sshd,
};

const TICK: &str = "watch(\"tick\", every(\"1s\"), || print(\"tick\"));";

/// An agent is refused with code 1, and says all of this.
fn refused(site: &Site, parts: &[&str]) {
    let (said, status) = site.refused();
    assert_eq!(status.code(), Some(1), "{said}");
    for part in parts {
        assert!(said.contains(part), "\"{part}\" in:\n{said}");
    }
}

#[test]
fn a_site_file_with_mistakes() {
    let site = Site::new("");
    site.write("watchpost.toml", "[board]\nprofile = \n");
    refused(&site, &["watchpost.toml:2"]);
    site.configure("[sites]\nname = \"closet\"\n");
    refused(&site, &["watchpost.toml:5:2", "`sites`", "did you mean `site`"]);
    site.write("watchpost.toml", "[board]\nprofile = \"simulatd\"\n");
    refused(&site, &["simulatd", "did you mean `simulated`"]);
    assert!(!site.path("watchpost.db").exists(), "nothing is begun before all is right");
    let sensor = site.sensor("a/b", "value").replace("driver = \"file\"", "driver = \"fil\"");
    site.configure(&sensor);
    refused(&site, &["did you mean `file`"]);
}

/// Waits until the other script has ticked twice after what stands in the journal now.
fn ticks_on(agent: &Agent) {
    let seen = agent.journal().len();
    crate::patience::until(
        || {
            let journal = agent.journal();
            let ticks = journal.iter().skip(seen);
            let is_tick =
                |event: &Event| matches!(event, Event::Note { text } if text.starts_with("tick"));
            (ticks.filter(|entry| is_tick(&entry.event)).count() >= 2).then_some(())
        },
        || format!("the other script stands still:\n{}", agent.log()),
    );
}

#[test]
fn scripts_gone_wild_disturb_nobody() {
    let site = Site::new("[limits]\nrun_time = \"5s\"\noperations = 1_000_000_000\n");
    let wild = [
        ("loops", "loop { }"),
        ("recurses", "deeper(1)"),
        ("eats-memory", "let s = \"x\"; loop { s += s; }"),
        ("eats-arrays", "let a = [1]; loop { a += a; }"),
        ("sleeps", "sleep(3600)"),
        ("throws", "throw \"on purpose\""),
    ];
    for (name, body) in wild {
        let text = format!(
            "fn deeper(n) {{ deeper(n + 1) }}\nwatch(\"{name}\", every(\"1s\"), || {{ {body} }});"
        );
        site.script(name, &text);
    }
    site.script("no-script", "watch(\"x\", every(\"1s\"), || {");
    site.script("z-good", TICK);
    let agent = site.start();
    agent.await_mistake("no-script.rhai:1");
    for (name, _) in wild {
        // While each of them misbehaves the good one keeps its time.
        let message =
            agent.await_entry(&format!("mistake of {name}"), |entry| match &entry.event {
                Event::Failed { message } if entry.script == name => Some(message.clone()),
                _ => None,
            });
        assert!(message.contains(&format!("scripts/{name}.rhai:")), "{message}");
    }
    ticks_on(&agent);
    // After five in a row the watch is paused, and an edit wakes it.
    agent.await_entry("pause", |entry| {
        (entry.watch == "throws" && matches!(entry.event, Event::Paused { .. })).then_some(())
    });
    site.script("throws", "watch(\"throws\", every(\"1s\"), || print(\"mended\"));");
    agent.await_note("mended");
}

#[test]
fn an_endless_top_level_holds_up_nobody_for_long() {
    let site = Site::new("[limits]\nrun_time = \"2s\"\n");
    site.script("a-loops", "loop { }");
    site.script("z-good", TICK);
    let agent = site.start();
    agent.await_mistake("a-loops.rhai");
    ticks_on(&agent);
}

#[test]
fn a_state_file_that_is_damaged_or_newer_is_left_alone() {
    let site = Site::new("");
    site.script("z-good", TICK);
    let agent = site.start();
    agent.await_note("tick");
    agent.signal(nix::sys::signal::Signal::SIGTERM);
    let mut agent = agent;
    assert_eq!(agent.ended().code(), Some(0));
    let state = site.path("watchpost.db");
    let whole = fs::read(&state).expect("the state");

    let cut = &whole[..whole.len() / 2];
    fs::write(&state, cut).expect("cut");
    refused(&site, &["is damaged", "nothing was changed", "restore"]);
    assert!(fs::read(&state).expect("the state") == cut, "nothing was changed in it");

    fs::write(&state, &whole).expect("mended");
    let newer = rusqlite::Connection::open(&state).expect("a database");
    newer.pragma_update(None, "user_version", 99).expect("marked");
    drop(newer);
    refused(&site, &["newer Watchpost (schema 99"]);

    fs::write(&state, &whole).expect("mended");
    let agent = site.start();
    agent.await_note("tick");
    let loads = agent.journal();
    let loads = loads.iter().filter(|entry| matches!(entry.event, Event::Loaded { .. }));
    assert_eq!(loads.count(), 2, "the journal of the first life is still there");
}

#[test]
fn a_changed_host_key_is_refused_and_told() {
    let mut server = Sshd::start();
    let site = Site::new("");
    site.configure(&host("foo", &server, ""));
    site.script("work", "watch(\"work\", every_day(\"03:00\"), shell(hosts(\"foo\"), \"true\"));");
    let agent = site.start();
    agent.await_entry("loaded script", |entry| {
        matches!(entry.event, Event::Loaded { .. }).then_some(())
    });
    let report = |fired: serde_json::Value| -> Report {
        serde_json::from_value(fired["report"].clone()).expect("a report")
    };
    assert!(report(agent.fire("work")).is_ok());
    server.make_host_key("ed25519");
    server.restart();
    let report = report(agent.fire("work"));
    let row = &report.rows[0];
    assert!(!row.ok && row.code.is_none(), "{row:?}");
    let error = row.error.as_deref().expect("a reason");
    assert!(error.contains("HAS CHANGED"), "{error}");
    assert_eq!(agent.ask(&Request::Hosts)[0]["up"], true);
}
