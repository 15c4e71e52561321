//! What a switch shows: the truth, wherever it is known.

use std::fs;

use super::{
    agent::{Agent, until},
    client::Client,
    house,
    network::Network,
};

/// A house with outputs on a simulated board.
fn house_with_outputs(script: &str) -> (Agent, Client) {
    let sections = "[board]\nprofile = \"simulated\"\n[alexa]\n\
        [[output]]\nname = \"fan\"\npin = \"GPIO22\"\nmax_on = \"5s\"\n\
        [[output]]\nname = \"heater\"\npin = \"GPIO23\"\n";
    let network = Network::new();
    let client = Client::enter(&network);
    (Agent::start_with(network, sections, script), client)
}

#[test]
fn without_a_state_it_is_that_of_the_outputs_whoever_turns_them() {
    let (agent, client) = house_with_outputs(
        r#"wemo("fan", #{ on: set("fan", true), off: set("fan", false) });
           wemo("frost", #{ on: set("heater", false), off: set("heater", true) });"#,
    );
    agent.write_script(
        "others",
        r#"watch("warm", every("1h"), set("heater", true)); watch("cold", every("1h"), set("heater", false));"#,
    );
    let (fan, frost) = (client.port_of("fan"), client.port_of("frost"));
    assert!(client.set(fan, true));
    agent.ended_run("fan");
    assert!(client.is_on(fan));
    // It is on for five seconds at most.
    client.becomes(fan, false);
    agent.says("others  loaded");
    for (watch, is_frost) in [("warm", false), ("cold", true), ("warm", false)] {
        agent.command(&["fire", watch]);
        client.becomes(frost, is_frost);
    }
}

#[test]
fn a_switch_may_turn_things_the_other_way_round() {
    let (agent, client) =
        house(r#"wemo("night", #{ on: stop(hosts("plex")), off: start(hosts("plex")) });"#);
    let night = client.port_of("night");
    client.becomes(night, true);
    assert!(!client.set(night, false));
    agent.ended_run("night");
    assert!(!client.is_on(night), "the machine runs, so it is no night");
}

#[test]
fn a_state_is_what_the_function_or_the_hosts_say() {
    let (agent, client) = house(
        r#"
        const PLEX = hosts("plex");
        wemo("asked", #{ on: start(PLEX), off: || (), state: || is_up(PLEX) });
        wemo("shown", #{ on: || (), off: || (), state: PLEX });
        wemo("liar", #{ on: || (), off: || (), state: || false });"#,
    );
    let [asked, shown, liar] = ["asked", "shown", "liar"].map(|name| client.port_of(name));
    client.set(asked, true);
    agent.ended_run("asked");
    client.becomes(asked, true);
    client.becomes(shown, true);
    // What was asked for last is what a switch without the truth would show.
    client.set(asked, false);
    client.becomes(asked, true);
    client.set(liar, true);
    client.becomes(liar, false);
}

#[test]
fn an_answer_settles_what_is_shown_and_a_moment_is_over_when_it_is() {
    let (agent, client) = house(
        r#"
        wemo("good", #{ on: || run(start(hosts("plex")) | reply("ok")), off: || () });
        wemo("bad", #{ on: || { run(update(hosts("iron")) | reply("no")); }, off: || () });
        wemo("once", || { run(start(hosts("plex"))); });"#,
    );
    let [good, bad, once] = ["good", "bad", "once"].map(|name| client.port_of(name));
    assert!(client.set(good, true) && client.set(bad, true) && client.set(once, true));
    for (switch, port, on) in [("good", good, true), ("bad", bad, false), ("once", once, false)] {
        agent.ended_run(switch);
        client.becomes(port, on);
    }
    assert!(!client.set(once, false), "it can only be switched on");
}

#[test]
fn a_sentence_says_the_device_and_the_state() {
    let (agent, client) = house(
        r#"
        wemo(alexa("media centre on"), start(hosts("plex")) | reply("ok"));
        wemo(alexa("media centre off"), stop(hosts("plex")) | reply("ok"));
        "#,
    );
    let port = client.port_of("media centre");
    client.becomes(port, false);
    assert!(client.set(port, true));
    agent.ended_run("media centre");
    assert!(client.is_on(port));
    assert!(agent.command(&["fire", "media centre"]).contains("ok"));
    assert!(!client.set(port, false));
    client.becomes(port, false);
}

#[test]
fn a_sensor_is_shown_as_it_reads_and_cannot_be_switched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("motion");
    fs::write(&file, "0\n").unwrap();
    let sections = format!(
        "[board]\nprofile = \"generic-linux\"\n[alexa]\n\
         [[sensor]]\nname = \"hall/motion\"\ndriver = \"file\"\npath = '{}'\nevery = \"250ms\"\n",
        file.display()
    );
    let network = Network::new();
    let client = Client::enter(&network);
    let script = "wemo(\"motion\", #{ sensor: \"hall/motion\" });
        wemo(\"level\", #{ dimmer: true, state: || sensor(\"hall/motion\") * 40.0 });";
    let agent = Agent::start_with(network, &sections, script);
    let port = client.port_of("motion");
    assert!(!client.is_on(port));
    let fault = client.soap(port, "SetBinaryState", "<BinaryState>1</BinaryState>");
    assert!(fault.contains("<errorCode>501</errorCode>"), "{fault}");
    fs::write(&file, "1\n").unwrap();
    client.becomes(port, true);
    // A script's number is asked for every few seconds.
    let level = client.port_of("level");
    until("the script's number", || {
        let answer = client.soap(level, "GetBinaryState", "");
        answer.contains("<brightness>40</brightness>").then_some(())
    });
    drop(agent);
}
