//! What Home Assistant is told, checked against what its documentation allows, and what it may do.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value as Json;

use super::{
    agent::{Agent, file_sensor, url},
    broker::{Broker, Make},
    listener::Listener,
    sshd::Sshd,
    until,
};

/// Keys that every MQTT entity may have:
/// <https://www.home-assistant.io/integrations/mqtt/#discovery-payload>.
const COMMON: &[&str] = &[
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "device",
    "enabled_by_default",
    "encoding",
    "entity_category",
    "entity_picture",
    "icon",
    "json_attributes_template",
    "json_attributes_topic",
    "name",
    "object_id",
    "origin",
    "payload_available",
    "payload_not_available",
    "qos",
    "unique_id",
];

/// A component with its own keys, and those of them that it requires.
const COMPONENTS: &[(&str, &[&str], &[&str])] = &[
    (
        "sensor",
        &[
            "device_class",
            "expire_after",
            "force_update",
            "last_reset_value_template",
            "options",
            "suggested_display_precision",
            "state_class",
            "state_topic",
            "unit_of_measurement",
            "value_template",
        ],
        &["state_topic"],
    ),
    (
        "binary_sensor",
        &[
            "device_class",
            "expire_after",
            "force_update",
            "off_delay",
            "payload_off",
            "payload_on",
            "state_topic",
            "value_template",
        ],
        &["state_topic"],
    ),
    (
        "switch",
        &[
            "command_template",
            "command_topic",
            "device_class",
            "optimistic",
            "payload_off",
            "payload_on",
            "retain",
            "state_off",
            "state_on",
            "state_topic",
            "value_template",
        ],
        &["command_topic"],
    ),
    (
        "light",
        &[
            "brightness_command_topic",
            "brightness_scale",
            "brightness_state_topic",
            "command_topic",
            "on_command_type",
            "optimistic",
            "payload_off",
            "payload_on",
            "retain",
            "state_topic",
        ],
        &["command_topic"],
    ),
    (
        "button",
        &["command_template", "command_topic", "device_class", "payload_press", "retain"],
        &["command_topic"],
    ),
];

/// Device classes with the units that go with them, of those that can occur here:
/// <https://developers.home-assistant.io/docs/core/entity/sensor/#available-device-classes>.
const CLASSES: &[(&str, &[&str], &[&str])] = &[
    ("temperature", &["°C", "°F", "K"], &["measurement"]),
    ("power", &["W", "kW"], &["measurement"]),
    ("energy", &["Wh", "kWh", "MWh", "MJ", "GJ"], &["total", "total_increasing"]),
    ("humidity", &["%"], &["measurement"]),
    ("voltage", &["V", "mV"], &["measurement"]),
];

/// What is wrong with a description.
pub fn mistakes(topic: &str, payload: &Json) -> Vec<String> {
    let mut mistakes = Vec::new();
    let parts: Vec<&str> = topic.split('/').collect();
    let [_, component, node, object, "config"] = parts[..] else { return vec![topic.to_owned()] };
    for id in [node, object] {
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            mistakes.push(format!("the id {id:?}"));
        }
    }
    let Some((_, own, required)) = COMPONENTS.iter().find(|(name, _, _)| *name == component) else {
        return vec![format!("no component {component}")];
    };
    let fields = payload.as_object().expect("an object");
    let known = |key: &str| COMMON.contains(&key) || own.contains(&key);
    mistakes.extend(fields.keys().filter(|key| !known(key)).cloned());
    let missing = required.iter().chain(&["unique_id", "name"]);
    mistakes
        .extend(missing.filter(|key| !fields.contains_key(**key)).map(|key| format!("no {key}")));
    let text = |key: &str| fields.get(key).and_then(Json::as_str);
    for (key, value) in fields.iter().filter(|(key, _)| key.ends_with("_topic")) {
        if value.as_str().is_none_or(|topic| topic.is_empty() || topic.contains(['+', '#'])) {
            mistakes.push(format!("{key}: {value}"));
        }
    }
    if component == "sensor"
        && let Some(class) = text("device_class")
    {
        let allowed = CLASSES.iter().find(|(name, _, _)| *name == class);
        let fits = allowed.is_some_and(|(_, units, states)| {
            text("unit_of_measurement").is_some_and(|unit| units.contains(&unit))
                && text("state_class").is_some_and(|state| states.contains(&state))
        });
        if !fits {
            mistakes.push(format!("{class} does not go with its unit or state class"));
        }
    }
    if fields.get("expire_after").is_some_and(|value| value.as_u64().is_none_or(|s| s == 0)) {
        mistakes.push("expire_after".to_owned());
    }
    let device = &payload["device"];
    if device["identifiers"].as_array().is_none_or(Vec::is_empty) {
        mistakes.push("a device without identifiers".to_owned());
    }
    if payload["origin"]["name"].as_str().is_none() {
        mistakes.push("an origin without a name".to_owned());
    }
    mistakes
}

/// A host that is opened, served by a real sshd, and one that is not.
fn hosts(server: &Sshd) -> String {
    format!(
        "[hosts.nas]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\nmqtt = true\n\
         state = \"test -e FOLDER/on\"\nstart = \"touch FOLDER/on\"\nstop = \"rm -f FOLDER/on\"\n\
         start_within = \"20s\"\nstop_within = \"20s\"\n\
         ssh = {{ user = '{}', port = {}, key = '{}', known_hosts = '{}' }}\n\
         [hosts.private]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\n",
        Sshd::user(),
        server.port(),
        server.key().display(),
        server.known_hosts().display()
    )
}

#[test]
fn everything_is_described_as_documented_and_again_when_asked() {
    let broker = Broker::start(Make::Mosquitto);
    let server = Sshd::start();
    let listener = Listener::start(broker.port, &["homeassistant/#", "watchpost/#"]);
    // Left behind by an earlier site file.
    listener.publish("homeassistant/sensor/watchpost-closet/gone/config", "{}", true);
    let sensors = [
        "closet/heat:°C",
        "closet/power:W",
        "closet/energy:kWh",
        "closet/humidity:%",
        "odd:bananas",
    ]
    .map(|each| {
        let (name, unit) = each.split_once(':').expect("a name and a unit");
        file_sensor(name, "heat", "1s").replace("°C", unit)
    })
    .concat();
    let mqtt = url(broker.port) + "watches = [\"goodnight\"]";
    let mut agent = Agent::new("closet", &mqtt, &(sensors + &hosts(&server)));
    agent.write("heat", "21.5");
    agent.script("night", "watch(\"goodnight\", every_day(23), || { run(stop(hosts(\"nas\")) | pretty(\"off\")); });\n\
        watch(\"secret\", every_day(23), || { print(\"fired\"); });");
    agent.start();

    let described = |heard: &[super::listener::Heard]| {
        let live =
            heard.iter().filter(|each| each.topic.ends_with("/config") && !each.payload.is_empty());
        live.filter(|each| !each.topic.contains("/gone/"))
            .map(|each| (each.topic.clone(), each.json()))
            .collect::<Vec<_>>()
    };
    // Five sensors, a host, a watch, a question and its two answers.
    until("all is described", || (listener.with(described).len() >= 10).then_some(()));
    for (topic, payload) in listener.with(described) {
        let mistakes = mistakes(&topic, &payload);
        assert!(mistakes.is_empty(), "{topic} {payload}: {mistakes:#?}");
    }
    let gone = "homeassistant/sensor/watchpost-closet/gone/config";
    until("what is gone is taken back", || listener.last(gone)?.is_empty().then_some(()));
    let before = listener.with(described).len();
    listener.publish("homeassistant/status", "online", false);
    until("all is described again", || {
        (listener.with(described).len() >= before + 10).then_some(())
    });
    assert!(!listener.with(|heard| heard.iter().any(|each| each.topic.contains("private"))));
}

/// One of each kind that there is.
#[test]
#[ignore = "needs tests/mqtt/install"]
fn home_assistant_itself_takes_every_description() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/home-assistant/bin/python");
    assert!(python.exists(), "Home Assistant is not there: run tests/mqtt/install");
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &["homeassistant/#"]);
    let units = ["°C", "W", "kWh", "%", "V", "hPa", "lx", "bananas", ""];
    let sensors = units.iter().enumerate().map(|(number, unit)| {
        let sensor = file_sensor(&format!("some/thing-{number}"), "heat", "1s");
        sensor.replace("°C", unit).replace("unit = \"\"\n", "")
    });
    let door = "[[sensor]]\nname = \"closet/door\"\ndriver = \"command\"\nevery = \"1s\"\n\
                command = [\"/bin/cat\", \"FOLDER/door\"]\npointer = \"/open\"\n";
    let host = "[hosts.nas]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\nmqtt = true\n";
    let mqtt = url(broker.port) + "watches = [\"goodnight\"]";
    let site = sensors.collect::<String>() + door + host;
    let mut agent = Agent::new("closet", &mqtt, &site);
    agent.write("heat", "21.5");
    agent.write("door", "{\"open\":true}");
    agent.script(
        "voice",
        "watch(\"goodnight\", every_day(23), || print(\"fired\"));\n\
         wemo(\"plex power\", #{ on: || (), off: || () });\n\
         wemo(\"once\", || ());\n\
         wemo(\"lamp\", #{ dimmer: true, on: |event| (), off: || () });\n\
         wemo(\"door\", #{ sensor: \"closet/door\" });",
    );
    agent.start();
    // The sensors, the door, the host, the watch, four switches, a question and its answers.
    let wanted = units.len() + 10;
    let described = until("all is described", || {
        let described: BTreeMap<String, Json> = listener.with(|heard| {
            let configs = heard.iter().filter(|each| each.topic.ends_with("/config"));
            configs.map(|each| (each.topic.clone(), each.json())).collect()
        });
        (described.len() >= wanted).then_some(described)
    });
    let component = |topic: &str| topic.split('/').nth(1).unwrap_or_default().to_owned();
    let asked: Vec<_> =
        described.iter().map(|(topic, payload)| (component(topic), payload)).collect();
    let mut child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mqtt/home_assistant.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Home Assistant's Python");
    let input = child.stdin.take().expect("piped");
    serde_json::to_writer(input, &asked).expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn hosts_and_watches_that_are_open_obey_and_others_do_not() {
    let broker = Broker::start(Make::Mosquitto);
    let server = Sshd::start();
    let listener = Listener::start(broker.port, &["watchpost/#"]);
    // Said long ago: not a command of now.
    listener.publish("watchpost/closet/_host/nas/set", "OFF", true);
    let mqtt = url(broker.port) + "watches = [\"goodnight\"]";
    let mut agent = Agent::new("closet", &mqtt, &hosts(&server));
    agent.script("night", "watch(\"goodnight\", every_day(23), || { run(stop(hosts(\"nas\")) | pretty(\"off\")); });\n\
        watch(\"secret\", every_day(23), || { print(\"fired\"); });");
    agent.write("on", "");
    agent.start();
    let state = |word: &'static str| {
        until(word, || (listener.last("watchpost/closet/_host/nas")? == word).then_some(()));
    };
    state("ON");
    listener.publish("watchpost/closet/_host/nas/set", "OFF", false);
    state("OFF");
    assert!(!agent.path("on").exists());
    listener.publish("watchpost/closet/_host/nas/set", "ON", false);
    state("ON");
    // Another site sees it by its name, with nothing set up.
    let mut cellar = Agent::new("cellar", &url(broker.port), "");
    cellar.start();
    until("the cellar runs", || cellar.log().contains("connected to the broker").then_some(()));
    until("the cellar sees the host", || {
        cellar.ask(&["eval", "sensor(\"closet/nas\")"]).contains("true").then_some(())
    });
    listener.publish("watchpost/closet/_watch/secret/fire", "PRESS", false);
    listener.publish("watchpost/closet/_host/private/set", "OFF", false);
    listener.publish("watchpost/closet/_watch/goodnight/fire", "PRESS", false);
    let result =
        until("the watch's result is shown", || listener.last("watchpost/closet/_watch/goodnight"));
    let result: Json = serde_json::from_str(&result).expect("JSON");
    assert_eq!(result["ok"], true, "{result}");
    assert!(!agent.path("on").exists());
    assert!(!agent.log().contains("night/secret"), "{}", agent.log());
    until("the refusals are told", || {
        let log = agent.log();
        (log.contains("does not open the watch") && log.contains("does not open a host"))
            .then_some(())
    });
}
