//! The scripts' switches, driven by whoever is on the broker.

use std::fs;

use super::{
    agent::{Agent, url},
    broker::{Broker, Make},
    home_assistant::mistakes,
    listener::Listener,
    until,
};

const SCRIPT: &str = r#"
    wemo("plex power", #{ on: publish("out/plex", "started"), off: publish("out/plex", "stopped") });
    wemo("lamp", #{
        dimmer: true,
        on: |event| { run(publish("out/lamp", `${event.brightness}`)); },
        off: publish("out/lamp", "0"),
    });
"#;

const PLEX: &str = "watchpost/closet/_switch/plex%20power";
const GONE: &str = "watchpost/closet/_switch/gone";
const LAMP: &str = "watchpost/closet/_switch/lamp";

fn says(listener: &Listener, topic: &str, what: &str) {
    until(&format!("{topic} says {what}"), || (listener.last(topic)? == what).then_some(()));
}

#[test]
fn switches_are_shown_driven_remembered_and_taken_back() {
    let broker = Broker::start(Make::Mosquitto);
    let filters = ["homeassistant/#", "watchpost/#", "out/#"];
    let listener = Listener::start(broker.port, &filters);
    let mut agent = Agent::new("closet", &url(broker.port), "");
    agent.script("voice", SCRIPT);
    agent.start();
    says(&listener, PLEX, "OFF");
    listener.publish(&format!("{PLEX}/set"), "ON", false);
    says(&listener, "out/plex", "started");
    says(&listener, PLEX, "ON");
    listener.publish(&format!("{LAMP}/set"), "40", false);
    says(&listener, "out/lamp", "40");
    says(&listener, LAMP, "ON");
    says(&listener, &format!("{LAMP}/brightness"), "40");
    let described: Vec<_> = listener.with(|heard| {
        let configs = heard.iter().filter(|each| each.topic.contains("/switch-"));
        configs.map(|each| (each.topic.clone(), each.json())).collect()
    });
    assert_eq!(described.len(), 2, "{described:#?}");
    for (topic, payload) in &described {
        let mistakes = mistakes(topic, payload);
        assert!(mistakes.is_empty(), "{topic} {payload}: {mistakes:#?}");
    }
    // A word that is none, and a switch that is none.
    listener.publish(&format!("{PLEX}/set"), "maybe", false);
    listener.publish("watchpost/closet/_switch/none/set", "ON", false);
    until("both are told", || {
        let log = agent.log();
        (log.contains("is sent ON, OFF") && log.contains("no such switch")).then_some(())
    });

    agent.stop();
    listener.publish(PLEX, "?", true);
    says(&listener, PLEX, "?");
    // Of a script that went while no agent was there to see it.
    listener.publish(GONE, "ON", true);
    says(&listener, GONE, "ON");
    agent.start();
    says(&listener, GONE, "");
    says(&listener, PLEX, "ON");

    fs::remove_file(agent.path("scripts/voice.rhai")).expect("it is there");
    says(&listener, PLEX, "");
    for (topic, _) in &described {
        says(&listener, topic, "");
    }
}
