//! What comes in: sensors, messages, and everything that is neither.

use serde_json::Value as Json;

use super::{
    agent::{Agent, file_sensor, url},
    broker::{Broker, Make},
    listener::Listener,
    until,
};

fn heard_sensor(name: &str, topic: &str, pointer: &str) -> String {
    format!(
        "[[sensor]]\nname = \"{name}\"\ndriver = \"mqtt\"\ntopic = \"{topic}\"\npointer = \"{pointer}\"\nmax_age = \"1h\"\n"
    )
}

/// The value that the running agent believes, by its command line.
fn value(agent: &Agent, sensor: &str) -> Option<f64> {
    let said = agent.ask(&["eval", &format!("sensor(\"{sensor}\")")]);
    said.lines().find_map(|line| line.trim().parse().ok())
}

#[test]
fn neighbours_are_sensors_and_garbage_is_told_once() {
    for version in ["3.1.1", "5"] {
        let broker = Broker::start(Make::Mosquitto);
        let listener =
            Listener::start(broker.port, &["out/#", "homeassistant/sensor/+/attic_zigbee/config"]);
        let sensors = [
            heard_sensor("attic/zigbee", "zigbee2mqtt/attic", "/temperature"),
            heard_sensor("attic/tasmota", "tele/attic/SENSOR", "/AM2301/Temperature"),
            heard_sensor("attic/esphome", "attic/sensor/heat/state", ""),
            heard_sensor("attic/old", "old", ""),
        ];
        let mqtt = url(broker.port) + &format!("version = \"{version}\"");
        let mut agent = Agent::new("closet", &mqtt, &sensors.concat());
        agent.script(
            "bell",
            "watch(\"bell\", message(\"bell/+/ring\"), |event| {\n\
                run(publish(\"out/rung\", #{ where: event.topic, times: event.payload.times + 1 }));\n\
             });",
        );
        listener.publish("old", "20", true);
        listener.publish("tele/attic/SENSOR", b"{\"Time\":", true);
        listener.publish("bell/old/ring", "{\"times\":100}", true);
        agent.start();
        until("it is connected", || agent.log().contains("connected to the broker").then_some(()));
        for (topic, garbage) in [
            ("zigbee2mqtt/attic", b"{\"temperature\":".to_vec()),
            ("zigbee2mqtt/attic", b"\xff\xfe\xfd".to_vec()),
            ("tele/attic/SENSOR", vec![b'x'; 10 << 20]),
        ] {
            for _ in 0..3 {
                listener.publish(topic, garbage.clone(), false);
            }
        }
        listener.publish("zigbee2mqtt/attic", "{\"battery\":91,\"temperature\":20.25}", false);
        let tasmota = "{\"Time\":\"2026-06-01T12:00:00\",\"AM2301\":{\"Temperature\":19.5}}";
        listener.publish("tele/attic/SENSOR", tasmota, false);
        listener.publish("attic/sensor/heat/state", "23.75", false);
        for (sensor, expected) in
            [("attic/zigbee", 20.25), ("attic/tasmota", 19.5), ("attic/esphome", 23.75)]
        {
            until(sensor, || (value(&agent, sensor)? == expected).then_some(()));
        }
        assert_eq!(value(&agent, "attic/old"), None, "retained, of unknown age");
        let described = listener.with(|heard| heard.iter().any(|it| it.topic.contains("/config")));
        assert!(!described, "whoever sends it describes it");
        // The script is there once the command line is answered.
        (0..3).for_each(|_| listener.publish("bell/door/ring", b"\xff", false));
        listener.publish("bell/door/ring", "{\"times\":1}", false);
        let rung = until("the bell is answered", || listener.last("out/rung"));
        let rung: Json = serde_json::from_str(&rung).expect("JSON");
        assert_eq!(rung, serde_json::json!({ "where": "bell/door/ring", "times": 2 }));
        let foot = agent.ask(&["hosts"]);
        assert!(foot.contains("messages were dropped that came over MQTT"), "{foot}");
        let log = agent.log();
        assert_eq!(
            log.matches("a message on \"zigbee2mqtt/attic\" is dropped").count(),
            1,
            "{log}"
        );
        assert_eq!(log.matches("a message on \"bell/door/ring\" is dropped").count(), 1, "{log}");
        let told = log.matches("a message on \"tele/attic/SENSOR\" is dropped").count();
        assert_eq!(told, 1, "retained garbage, and what is too large: {log}");
    }
}

/// Two agents on one broker, which is all that they have in common.
#[test]
fn sites_see_each_others_sensors() {
    let broker = Broker::start(Make::Mosquitto);
    let mut attic =
        Agent::new("attic-pi", &url(broker.port), &file_sensor("attic/heat", "heat", "200ms"));
    attic.write("heat", "31.5");
    let mut closet =
        Agent::new("closet", &url(broker.port), &file_sensor("closet/heat", "heat", "200ms"));
    closet.write("heat", "20");
    closet.script(
        "far",
        "watch(\"far\", above(\"attic-pi/attic/heat\", 40.0), pretty(\"the attic is hot\"));",
    );
    let checked = closet.ask(&["check"]);
    assert!(checked.contains("has not been heard of on the broker yet"), "{checked}");
    closet.start();
    attic.start();
    // A command line that finds no agent would do the work itself, and have the state file.
    until("the closet runs", || closet.log().contains("connected to the broker").then_some(()));
    until("the closet sees the attic", || {
        (value(&closet, "attic-pi/attic/heat")? == 31.5).then_some(())
    });
    attic.write("heat", "41");
    until("it fires", || closet.log().contains("the attic is hot").then_some(()));
}

#[test]
fn publishing_to_a_broker_that_is_away_fails_in_the_report() {
    let mut broker = Broker::start(Make::Mosquitto);
    let mut agent = Agent::new("closet", &url(broker.port), &file_sensor("heat", "heat", "1s"));
    agent.script(
        "say",
        "watch(\"say\", every_day(3), publish(\"out/x\", \"hello\") | pretty(\"said\"));",
    );
    agent.start();
    until("it is connected", || agent.log().contains("connected to the broker").then_some(()));
    broker.crash();
    until("it is alone", || agent.log().contains("no connection to the broker").then_some(()));
    let said = agent.ask(&["fire", "say"]);
    assert!(said.contains("the broker is away"), "{said}");
}
