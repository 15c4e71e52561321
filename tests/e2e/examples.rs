//! The example scripts on the simulated closet, as a laptop without a site file shows them.

use std::fs;

use watchpost::{
    agent::examples::EXAMPLES,
    journal::{Entry, Event},
};

use crate::{agent::Agent, patience::until};

/// In the first day of the closet every watch of the examples fires, but for what needs its owner.
const FIRINGS: [&str; 6] =
    ["closet-heat", "closet-report", "night-updates", "plex-on", "plex-off", "power-check"];

/// A day in a good minute.
const SPEED: &str = "1200";

#[test]
fn the_examples_run_without_a_mistake() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["run", "--simulated", "--speed", SPEED];
    let agent = Agent::start(folder.path(), &arguments, "watchpost.sock");
    agent.says("wrote 4 example scripts");
    let written = fs::read_dir(folder.path().join("scripts")).expect("the folder").count();
    assert_eq!(written, EXAMPLES.len());
    let fired = |name: &str, journal: &[Entry]| {
        journal.iter().any(|entry| {
            entry.watch == name && matches!(entry.event, Event::Ended { report: _, .. })
        })
    };
    until(
        || {
            let journal = agent.journal();
            FIRINGS.iter().all(|name| fired(name, &journal)).then_some(())
        },
        || {
            let journal = agent.journal();
            let missing: Vec<_> = FIRINGS.iter().filter(|name| !fired(name, &journal)).collect();
            format!("{missing:?} did not fire:\n{}", agent.log())
        },
    );
    let mistakes: Vec<Entry> = agent
        .journal()
        .into_iter()
        .filter(|entry| matches!(entry.event, Event::Failed { .. }))
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}
