//! People are asked over the broker, as Home Assistant shows it.

use serde_json::Value as Json;

use super::{
    agent::{Agent, url},
    broker::{Broker, Make},
    home_assistant::mistakes,
    listener::Listener,
    until,
};

const QUESTION: &str = "watchpost/closet/_ask";

fn begin(broker: &Broker, within: &str) -> Agent {
    let mut agent = Agent::new("closet", &url(broker.port), "");
    agent.script(
        "nas",
        &format!(
            "watch(\"nas\", message(\"go\"), ask(\"Stop the NAS?\").within(\"{within}\") | publish(\"out/on\", \"it goes on\"));"
        ),
    );
    agent.start();
    agent
}

fn question(listener: &Listener) -> Option<Json> {
    let question: Json = serde_json::from_str(&listener.last(QUESTION)?).expect("JSON");
    (question["question"] == "Stop the NAS?").then_some(question)
}

fn none_is_asked(listener: &Listener) {
    until("no question is open", || {
        (serde_json::from_str::<Json>(&listener.last(QUESTION)?).ok()?["question"].is_null())
            .then_some(())
    });
}

/// What Home Assistant sends when the button is pressed, and where to.
fn button(listener: &Listener, name: &str, token: &str) -> (String, String) {
    until("the button answers this question", || {
        let topic = format!("homeassistant/button/watchpost-closet/-ask-{name}/config");
        let button: Json = serde_json::from_str(&listener.last(&topic)?).ok()?;
        let text = |key: &str| button[key].as_str().map(str::to_owned);
        text("payload_press")?.contains(token).then(|| {
            let wrong = mistakes(&topic, &button);
            assert!(wrong.is_empty(), "{button}: {wrong:#?}");
            (text("command_topic").expect("a topic"), text("payload_press").expect("a payload"))
        })
    })
}

#[test]
fn home_assistants_buttons_answer() {
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &["watchpost/#", "homeassistant/#", "out/#"]);
    let mut agent = begin(&broker, "10m");
    none_is_asked(&listener);
    let asked = |listener: &Listener| {
        listener.publish("go", "now", false);
        let question = until("the question is shown", || question(listener));
        question["token"].as_str().expect("a token").to_owned()
    };
    let token = asked(&listener);
    listener.publish("watchpost/closet/_ask/answer", "yes", false);
    let (topic, no) = button(&listener, "no", &token);
    listener.publish(&topic, no, false);
    none_is_asked(&listener);

    let second = asked(&listener);
    assert_ne!(token, second);
    let (topic, yes) = button(&listener, "yes", &second);
    // The same question after a kill: whoever sees its button may press it. What was said while
    // nobody listened was meant for then.
    agent.kill();
    listener.publish(&topic, yes.clone(), true);
    until("the broker has it", || (listener.last(&topic)? == yes).then_some(()));
    agent.start();
    until("the question is shown again", || {
        let log = agent.log();
        (log.matches("connected to the broker").count() == 2 && question(&listener).is_some())
            .then_some(())
    });
    assert_eq!(listener.last("out/on"), None, "neither a no nor a retained yes goes on");
    until("the stale answer is told", || {
        agent.log().contains("meant for some other time").then_some(())
    });
    listener.publish(&topic, yes, false);
    until("it goes on", || listener.last("out/on"));
    none_is_asked(&listener);
}

#[test]
fn silence_is_no() {
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &["watchpost/#", "out/#"]);
    let agent = begin(&broker, "2s");
    none_is_asked(&listener);
    listener.publish("go", "now", false);
    until("the question is shown", || question(&listener));
    none_is_asked(&listener);
    until("it is told", || agent.log().contains("nobody answered, so no").then_some(()));
    assert_eq!(listener.last("out/on"), None);
}
