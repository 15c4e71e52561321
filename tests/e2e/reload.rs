//! Scripts are loaded on save, the site file on SIGHUP; a mistake changes nothing.

use nix::sys::signal::Signal;
use watchpost::{control::Request, journal::Event};

use crate::agent::{Agent, Site};

fn says(word: &str) -> String {
    format!("watch(\"say\", every(\"1s\"), || print(\"{word}\"));")
}

fn times_loaded(agent: &Agent, script: &str) -> usize {
    let journal = agent.journal();
    let loaded = |entry: &&watchpost::journal::Entry| {
        entry.script == script && matches!(entry.event, Event::Loaded { .. })
    };
    journal.iter().filter(loaded).count()
}

/// Waits until the script says this after everything that stands in the journal now.
fn says_anew(agent: &Agent, word: &str) {
    let seen = agent.journal().len();
    crate::patience::until(
        || {
            let journal = agent.journal();
            let mut later = journal.iter().skip(seen);
            later
                .any(|entry| matches!(&entry.event, Event::Note { text } if text == word))
                .then_some(())
        },
        || format!("\"{word}\" is not said any more:\n{}", agent.log()),
    );
}

#[test]
fn a_script_is_loaded_on_save_and_a_mistake_leaves_the_old_version() {
    let site = Site::new("");
    site.script("edited", &says("one"));
    site.script("other", &says("other"));
    let agent = site.start();
    agent.await_note("one");

    site.script("edited", &says("two"));
    agent.await_note("two");

    site.script("edited", "watch(\"say\", every(\"1s\"), || print(word));");
    let mistake = agent.await_mistake("word");
    assert!(mistake.contains("scripts/edited.rhai:1"), "{mistake}");
    assert!(mistake.contains("The version before this keeps running"), "{mistake}");
    says_anew(&agent, "two");
    says_anew(&agent, "other");

    site.script("edited", &says("three"));
    agent.await_note("three");
    assert_eq!((times_loaded(&agent, "edited"), times_loaded(&agent, "other")), (3, 1));
}

#[test]
fn sighup_reads_the_site_file_anew_unless_it_has_a_mistake() {
    let site = Site::new("");
    site.write("value", "7");
    site.script("other", &says("other"));
    let agent = site.start();
    agent.await_note("other");
    assert_eq!(agent.ask(&Request::Sensors).len(), 0);

    let sensor = site.sensor("some/value", "value");
    site.configure(&sensor);
    agent.signal(Signal::SIGHUP);
    crate::patience::until(
        || agent.try_ask(&Request::Sensors).filter(|sensors| sensors.len() == 1),
        || format!("the new sensor is not there:\n{}", agent.log()),
    );
    says_anew(&agent, "other");

    site.configure(&sensor.replace("every", "evry"));
    agent.signal(Signal::SIGHUP);
    agent.says("the site file before this stays in force");
    agent.says("did you mean `every`");
    assert_eq!(agent.ask(&Request::Sensors).len(), 1);
    says_anew(&agent, "other");
}

#[test]
fn what_a_check_would_find_is_said_on_load_and_the_script_runs() {
    let site = Site::new("");
    let text = "watch(\"say\", every(\"1s\"), || {
        if false { sensor(\"nowhere\"); }
        print(\"on it goes\")
    });";
    site.script("hasty", text);
    let agent = site.start();
    let finding = agent.await_mistake("no sensor is called \"nowhere\"");
    assert!(finding.contains("scripts/hasty.rhai:2"), "{finding}");
    agent.await_note("on it goes");
}

#[test]
fn another_schedule_has_missed_nothing() {
    let site = Site::new("");
    site.script("edited", &says("one").replace("1s", "1h"));
    let agent = site.start();
    crate::patience::until(|| (times_loaded(&agent, "edited") == 1).then_some(()), || agent.log());
    site.script("edited", &says("two"));
    agent.await_note("two");
    let journal = agent.journal();
    let skipped = journal.iter().find(|entry| matches!(entry.event, Event::Skipped { .. }));
    assert_eq!(skipped, None);
}
