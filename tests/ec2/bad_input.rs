//! What EC2 may answer, and what nobody should believe.

use std::thread;

use chrono::{TimeDelta, Utc};

use crate::{
    SCRIPT,
    agent::Agent,
    gate::{Gate, history},
    moto::Moto,
    patience::until,
    sections, site,
};

fn error(code: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors>\
         <RequestID>1</RequestID></Response>"
    )
}

/// Waits until asking for the price fails with these words.
fn fails_with(agent: &Agent, words: &str) {
    let mut last = serde_json::Value::Null;
    until(
        || {
            last = agent.fire("ask");
            last["error"].as_str().is_some_and(|error| error.contains(words)).then_some(())
        },
        || format!("never \"{words}\":\n{}", agent.log()),
    );
}

#[test]
fn prices_that_are_none_throw_and_say_why() {
    let moto = Moto::start();
    let now = Utc::now();
    let whole = history(&[("eu-central-1a", now, 0.004)], None);
    let cases = [
        (200, history(&[], None), "no spot price for t4g.nano"),
        (200, history(&[("eu-central-1a", now + TimeDelta::days(1), 0.004)], None), "future"),
        (200, whole[..whole.len() / 2].to_owned(), "breaks off in the middle"),
        (200, "<html><p>hello</html>".to_owned(), "is not EC2's"),
        (200, whole.replace("0.004000", "cheap"), "`cheap` is no price"),
        (400, error("AuthFailure"), "the access key is not known there"),
        (403, error("UnauthorizedOperation"), "docs/ec2.md"),
        (503, error("RequestLimitExceeded"), "too many requests"),
        (500, String::new(), "HTTP 500"),
        (404, "<html/>".to_owned(), "is `endpoint` right?"),
    ];
    // Side by side: some of them are asked again and again.
    thread::scope(|scope| {
        for (status, body, words) in cases {
            let gate = Gate::open(&moto);
            scope.spawn(move || {
                gate.state().instead = Some((status, body));
                let site = site(&gate);
                site.script("spot", SCRIPT);
                let agent = site.start();
                agent.await_loaded();
                fails_with(&agent, words);
            });
        }
    });
}

#[test]
fn a_busy_server_is_asked_again() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    gate.price(0.0042);
    gate.state().next = vec![(503, error("RequestLimitExceeded")), (500, String::new())];
    let site = site(&gate);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    until(
        || (agent.fire("ask")["reply"] == "ec2 0.0042").then_some(()),
        || format!("no price:\n{}", agent.log()),
    );
}

#[test]
fn a_price_grows_stale() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    site.configure(&sections(&gate, &site).replace("max_age = \"30s\"", "max_age = \"2s\""));
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    until(
        || agent.fire("ask")["reply"].as_str().map(drop),
        || format!("no price:\n{}", agent.log()),
    );
    gate.state().instead = Some((400, error("Blocked")));
    fails_with(&agent, "old, and is believed for 2s");
}

#[test]
fn without_credentials_it_is_said_where_they_may_be() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    let text = sections(&gate, &site);
    let text: String = text
        .lines()
        .filter(|line| !line.contains("_key = { secret"))
        .map(|it| format!("{it}\n"))
        .collect();
    site.configure(
        &text
            .replace(
                "region = \"eu-central-1\"\nmax_price",
                "profile = \"work\"\nregion = \"eu-central-1\"\nmax_price",
            )
            .replace("[cost.ec2]\n", "[cost.ec2]\nprofile = \"work\"\n"),
    );
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    fails_with(&agent, "there is no profile [work]");
}
