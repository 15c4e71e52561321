//! The example scripts on the simulated closet, as a laptop without a site file shows them.

use std::fs;

use watchpost::{
    agent::examples::EXAMPLES,
    control::Request,
    journal::{Entry, Event},
};

use crate::agent::Agent;

#[test]
fn the_examples_run_without_a_mistake() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let agent = Agent::start(folder.path(), &["run", "--speed", "240"], "watchpost.sock");
    agent.says(&format!("wrote {} example scripts", EXAMPLES.len()));
    let written = fs::read_dir(folder.path().join("scripts"))
        .expect("the folder")
        .filter(|file| {
            let name = file.as_ref().expect("a file").file_name();
            !name.to_string_lossy().ends_with(".test.rhai")
        })
        .count();
    assert_eq!(written, EXAMPLES.len());

    // The first firings, by themselves; then every watch, so that nobody waits for the night.
    for watch in ["power-check", "closet-report"] {
        agent.await_entry(&format!("run of {watch}"), |entry| {
            (entry.watch == watch && matches!(entry.event, Event::Ended { .. })).then_some(())
        });
    }
    for status in agent.ask(&Request::Status) {
        for listed in status["watches"].as_array().expect("watches") {
            let name = listed["watch"]["name"].as_str().expect("a name");
            let fired = agent.fire(name);
            let error = &fired["error"];
            assert!(error.is_null() || is_stale(&error.to_string()), "{name}: {error}");
        }
    }
    let mistakes: Vec<Entry> = agent
        .journal()
        .into_iter()
        .filter(|entry| matches!(&entry.event, Event::Failed { message } if !is_stale(message)))
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

/// A minute of the closet is a quarter of a second here, in which a busy machine may not get to a sensor. That
/// is no mistake of the script's.
fn is_stale(message: &str) -> bool {
    message.contains("stale")
}
