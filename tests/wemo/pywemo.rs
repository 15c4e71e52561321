//! pywemo, and with it Home Assistant: discovers, reads, switches, subscribes.

use std::{path::Path, process::Command};

use super::{PLEX, agent::Agent, house};

fn drive(agent: &Agent, devices: usize) {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/wemo-peers/bin/python");
    assert!(python.exists(), "pywemo is not there: run tests/wemo/install");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wemo/drive.py");
    let output = Command::new("ip")
        .args(["netns", "exec", &agent.network.client])
        .args([&python, &script])
        .arg(devices.to_string())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

const EXTRAS: &str = r#"
wemo("dim lamp", #{ dimmer: true, on: |event| remember("level", event.brightness), off: || () });
wemo("battery", #{ dimmer: true, state: || 55 });
wemo("door", #{ sensor: "closet/door" });
"#;

#[test]
fn pywemo_knows_one_switch_a_dimmer_and_a_sensor() {
    let (agent, client) = house(&format!("{PLEX}{EXTRAS}"));
    client.port_of("door");
    drive(&agent, 1);
}

#[test]
fn pywemo_knows_twenty() {
    let more = "for n in 1..20 { wemo(`lamp ${n}`, #{ on: || (), off: || () }); }";
    let (agent, client) = house(&format!("{PLEX}{EXTRAS}{more}"));
    client.port_of("lamp 19");
    drive(&agent, 20);
}
