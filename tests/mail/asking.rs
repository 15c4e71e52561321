//! People are asked over ntfy before a pipe goes on.

use std::thread;

use serde_json::Value as Json;

use super::{
    agent::{Agent, Site},
    ntfy::{Ntfy, Push, post},
};

const SCRIPT: &str = "watch(\"nas\", every_day(3), ask(\"Stop the NAS?\").within(\"WITHIN\") | pretty(\"it goes on\"));";

fn begin(ntfy: &Ntfy, within: &str) -> (Site, Agent) {
    let site = Site::new(&ntfy.section());
    site.script("nas", &SCRIPT.replace("WITHIN", within));
    let agent = site.start();
    agent.await_loaded();
    (site, agent)
}

/// Fires, lets somebody do something about the question, and returns the report.
fn fired(agent: &Agent, ntfy: &Ntfy, answer: impl FnOnce(&Push)) -> Json {
    let before = ntfy.pushes("closet").len();
    thread::scope(|scope| {
        let fired = scope.spawn(|| agent.fire("nas"));
        answer(&ntfy.await_push(before + 1));
        fired.join().expect("a report")["report"].clone()
    })
}

#[test]
fn a_yes_goes_on_and_a_no_or_silence_does_not() {
    let ntfy = Ntfy::open();
    let (_site, agent) = begin(&ntfy, "4s");
    let report = fired(&agent, &ntfy, |push| {
        assert_eq!(push.title, "Stop the NAS?");
        assert!(push.text.contains("is a no.") && push.text.contains("nas/nas"), "{}", push.text);
        push.press("Yes");
        // The second one is too late to be heard.
        push.press("No");
    });
    assert_eq!(report["rows"][0]["output"], "“Stop the NAS?” yes, by ntfy", "{report}");
    agent.says("it goes on");
    let said = agent.log().matches("it goes on").count();

    let report = fired(&agent, &ntfy, |push| push.press("No"));
    assert_eq!(report["rows"][0]["data"]["answer"], "no", "{report}");
    let report = fired(&agent, &ntfy, |push| {
        // Who does not know the token answers nothing, and nor do the answers of before.
        let url = push.actions[0]["url"].as_str().expect("an address");
        let (server, path) = url["http://".len()..].split_once('/').expect("a path");
        post(server, path, "yes");
        post(server, path, "yes 0123456789abcdef0123456789abcdef");
    });
    assert_eq!(report["rows"][0]["output"], "“Stop the NAS?” nobody answered, so no", "{report}");
    assert_eq!(agent.log().matches("it goes on").count(), said);
}

#[test]
fn a_question_outlives_the_agent_and_is_asked_once() {
    let ntfy = Ntfy::open();
    let (site, agent) = begin(&ntfy, "10m");
    let push = thread::scope(|scope| {
        // It is killed before it can answer.
        scope.spawn(|| {
            agent.try_ask(&watchpost::control::Request::Fire { name: "nas".into(), dry_run: false })
        });
        let push = ntfy.await_push(1);
        agent.signal(nix::sys::signal::Signal::SIGKILL);
        push
    });
    agent.kill();
    // Answered while nobody listens.
    push.press("Yes");
    let agent = site.start();
    agent.says("it goes on");
    assert_eq!(ntfy.pushes("closet").len(), 1);
}

#[test]
fn without_anybody_to_ask_nothing_goes_on() {
    let site = Site::new("");
    site.script("nas", &SCRIPT.replace("WITHIN", "10m"));
    let agent = site.start();
    agent.await_loaded();
    let report = agent.fire("nas")["report"].clone();
    let why = report["rows"][0]["error"].as_str().expect("an error");
    assert!(why.contains("neither [notify] nor [mqtt]"), "{why}");
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(1));
    // A dry run asks nobody either, and shows what a yes would do.
    let dry = watchpost::control::Request::Fire { name: "nas".into(), dry_run: true };
    let report = agent.ask(&dry).remove(0)["report"].clone();
    let said = report["rows"][0]["output"].as_str().expect("an output");
    assert!(said.contains("yes, by the dry run"), "{said}");
}
