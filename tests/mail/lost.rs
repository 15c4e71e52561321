//! No mail is lost, and one event is one Message-ID, whatever the server and the agent go through.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use watchpost::store::{LetterState, Store};

use super::{agent::Site, office::Office, patience::until, times};

fn site(office: &Office) -> Site {
    let site = Site::new(&office.section(""));
    site.script("often", "watch(\"often\", every(\"1s\"), email(\"again\"));");
    site
}

/// The ids in the outbox that stand so.
fn outbox(site: &Site, state: LetterState) -> BTreeSet<String> {
    let store = Store::open_read_only(&site.path("watchpost.db")).expect("the state file");
    let letters = store.letters(state).wait().expect("the outbox");
    letters.into_iter().map(|letter| letter.message.id).collect()
}

/// Messages leave one a second.
fn patiently<T>(mut ask: impl FnMut() -> Option<T>, missing: impl FnOnce() -> String) -> T {
    let deadline = Instant::now() + Duration::from_secs(900);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{}", missing());
        thread::sleep(Duration::from_millis(200));
    }
}

/// Stops making new events, and waits until nothing waits.
fn let_all_arrive(site: &Site) -> BTreeSet<String> {
    site.script("often", "");
    let mut agent = site.start();
    patiently(
        || outbox(site, LetterState::Waiting).is_empty().then_some(()),
        || format!("these never leave: {:?}", outbox(site, LetterState::Waiting)),
    );
    agent.signal(nix::sys::signal::Signal::SIGTERM);
    agent.ended();
    assert!(outbox(site, LetterState::Dead).is_empty());
    outbox(site, LetterState::Sent)
}

#[test]
fn an_agent_that_is_killed_again_and_again_loses_no_mail() {
    let office = Office::open();
    let site = site(&office);
    let lives = times(6, 50);
    for life in 0..lives {
        let agent = site.start();
        let before = office.mails().len();
        until(
            || (office.mails().len() > before).then_some(()),
            || format!("life {life} sends nothing:\n{}", agent.log()),
        );
        // Another moment of the next mail each time.
        thread::sleep(Duration::from_millis(137 * (life as u64 % 8)));
        agent.kill();
    }
    let sent = let_all_arrive(&site);
    let arrived = office.by_id();
    assert_eq!(arrived.len(), sent.len(), "{sent:#?} and {arrived:#?}");
    let again: usize = arrived.values().map(|times| times.len() - 1).sum();
    // Only a kill between the server's word and the note of it sends one twice.
    assert!(again <= lives, "{arrived:#?}");
}

/// A minute passes before each second attempt, and three before one that hangs is left.
#[test]
#[ignore = "takes some minutes"]
fn a_server_that_is_busy_hangs_or_vanishes_gets_every_mail_in_the_end() {
    let office = Office::open();
    let site = site(&office);
    for manners in ["busy", "vanish", "hang"] {
        office.behaves(manners);
        let agent = site.start();
        // One that hangs has three minutes.
        patiently(
            || agent.log().contains("is tried again").then_some(()),
            || format!("nothing fails with a server that is {manners}: {}", agent.log()),
        );
        agent.kill();
    }
    office.behaves("polite");
    let sent = let_all_arrive(&site);
    let arrived = office.by_id();
    assert_eq!(arrived.len(), sent.len(), "{sent:#?} and {arrived:#?}");
}

#[test]
fn a_server_that_refuses_for_good_is_told_in_the_journal() {
    let office = Office::open();
    office.behaves("refuse");
    let site = Site::new(&office.section(""));
    site.script("once", "watch(\"once\", every_day(3), email(\"never\"));");
    let agent = site.start();
    agent.await_entry("script", |entry| (entry.script == "once").then_some(()));
    agent.fire("once");
    agent.await_note("“never” was not sent and is given up");
    let hosts = std::process::Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .args(["hosts", "--config"])
        .arg(site.path("watchpost.toml"))
        .output()
        .expect("the command line");
    let foot = String::from_utf8_lossy(&hosts.stdout);
    assert!(foot.contains("1 message could not be delivered"), "{foot}");
}
