//! pywemo, and with it Home Assistant: discovers, reads, switches, subscribes.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{PLEX, agent::Agent, house};

/// A script that uses pywemo, at the client's end.
fn python(agent: &Agent, script: &str) -> Command {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = project.join("target/wemo-peers/bin/python");
    assert!(python.exists(), "pywemo is not there: run tests/wemo/install");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &agent.network.client]);
    command.args([&python, &project.join("tests/wemo").join(script)]);
    command
}

/// A script that goes on from step to step.
pub struct Conversation {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Conversation {
    pub fn begin(agent: &Agent, script: &str) -> Self {
        let mut command = python(agent, script);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Conversation { child, to, from: BufReader::new(from) }
    }

    pub fn tell(&mut self, line: &str) {
        writeln!(self.to, "{line}").unwrap();
    }

    /// It has patience of its own, and ends when that is over.
    pub fn says(&mut self, expected: &str) {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), expected, "what it complains of stands above");
    }

    pub fn ends_well(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drive(agent: &Agent, devices: usize) {
    let output = python(agent, "drive.py").arg(devices.to_string()).output().unwrap();
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
