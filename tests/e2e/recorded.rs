//! What the agent recorded, rehearsed over: the same decisions.

use std::{fs, process::Command};

use chrono::{DateTime, Utc};
use nix::sys::signal::Signal;
use serde_json::Value;
use watchpost::journal::{Entry, Event};

use crate::agent::{Agent, Site};

const SCRIPT: &str = r#"
    watch("heat", above("closet/temperature", 70.0).clears_at(60.0).lasting("1s"),
        pretty("hot"), pretty("cool"));
    watch("door", changed("closet/door"), || print(`the door: ${sensor("closet/door")}`));
"#;

/// Which watch fired, when, and why.
type Firing = (String, DateTime<Utc>, String);

fn firings(journal: &[Entry]) -> Vec<Firing> {
    let firing = |entry: &Entry| match &entry.event {
        Event::Fired { cause } => Some((entry.watch.clone(), entry.at, cause.clone())),
        _ => None,
    };
    journal.iter().filter_map(firing).collect()
}

/// Waits until the agent has fired a watch because of this.
fn await_firing(agent: &Agent, part: &str) {
    agent.await_entry(&format!("firing \"{part}\""), |entry| match &entry.event {
        Event::Fired { cause } if cause.contains(part) => Some(()),
        _ => None,
    });
}

#[test]
fn the_agents_own_history_gives_the_decisions_that_were_taken() {
    let site = Site::new("");
    site.configure(
        &(site.sensor("closet/temperature", "temperature") + &site.sensor("closet/door", "door")),
    );
    site.write("temperature", "45.5");
    site.write("door", "0");
    site.script("closet", SCRIPT);
    let mut agent = site.start();
    agent.await_loaded();
    site.write("temperature", "71.25");
    await_firing(&agent, "71.25, above 70");
    site.write("door", "1");
    await_firing(&agent, "closet/door 1");
    fs::remove_file(site.path("temperature")).expect("removed");
    agent.await_entry("fault", |entry| matches!(entry.event, Event::Fault { .. }).then_some(()));
    site.write("temperature", "59");
    await_firing(&agent, "closet/temperature 59, no longer above 70");
    site.write("temperature", "80");
    await_firing(&agent, "closet/temperature 80, above 70");
    let mut taken = firings(&agent.journal());
    agent.signal(Signal::SIGTERM);
    assert!(agent.ended().success(), "{}", agent.log());

    let run = Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .args(["rehearse", "--from", "watchpost.db", "--config", "watchpost.toml", "--json"])
        .current_dir(site.path(""))
        .output()
        .expect("it runs");
    let said: Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stderr)));
    let entries: Vec<Entry> = serde_json::from_value(said["entries"].clone()).expect("a journal");
    let mut rehearsed = firings(&entries);
    taken.sort();
    rehearsed.sort();
    let kept = |firings: &[Firing]| -> Vec<(String, String)> {
        firings.iter().map(|(watch, _, cause)| (watch.clone(), cause.clone())).collect()
    };
    assert_eq!(kept(&taken), kept(&rehearsed), "{taken:?}\n{rehearsed:?}");
    for ((watch, then, _), (_, now, _)) in taken.iter().zip(&rehearsed) {
        // A busy machine decides late in reality.
        assert!((*then - *now).num_milliseconds().abs() < 1_000, "{watch}: {then}, {now}");
    }
}
