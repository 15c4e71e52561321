//! A folder with a site file, and an agent in it for as long as the test wants one.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_watchpost");
/// Far longer than anything here takes, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kernel file `temperature` of the house is the sensor `closet/temperature`.
const REAL: &str = r#"
[site]
timezone = "Europe/Berlin"
[board]
profile = "generic-linux"
[[sensor]]
name = "closet/temperature"
driver = "file"
path = "FOLDER/temperature"
scale = 0.001
unit = "°C"
"#;

const SIMULATED: &str = "[site]\ntimezone = \"Europe/Berlin\"\n[board]\nprofile = \"simulated\"\n";

const SCRIPT: &str = r#"
watch("heat", every_day("22:30"), || {
    if sensor("closet/temperature") > 70.0 { run(pretty("hot") | reply("it is hot")) }
});
watch("broken", every_day(4), || { throw "no"; });
watch("vital", above("closet/temperature", 99.0).critical(), pretty("too hot"));
"#;

pub struct House {
    folder: TempDir,
    agent: Option<Child>,
}

/// How a verb ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl House {
    pub fn real() -> Self {
        House::with(REAL)
    }

    pub fn simulated() -> Self {
        House::with(SIMULATED)
    }

    fn with(site: &str) -> Self {
        let house = House { folder: tempfile::tempdir().expect("a folder"), agent: None };
        let folder = house.path("").display().to_string();
        let folder = folder.trim_end_matches('/');
        house.write("watchpost.toml", &site.replace("FOLDER", folder));
        house.write("temperature", "71500\n");
        fs::create_dir(house.path("scripts")).expect("a folder");
        house.write("scripts/closet.rhai", SCRIPT);
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub fn says(&self, arguments: &[&str]) -> Said {
        self.answers(arguments, "")
    }

    /// With something on standard input.
    pub fn answers(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stdin = child.stdin.take().expect("an input");
        // A verb that reads nothing may have ended already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env_remove("RUST_LOG")
            .env_remove("RUNTIME_DIRECTORY")
            .env_remove("CREDENTIALS_DIRECTORY");
        command
    }

    /// Starts the agent, and waits until it answers.
    pub fn start(&mut self) {
        let log = File::create(self.path("agent.log")).expect("a log");
        let mut agent = self.command(&["run"]);
        agent.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.agent = Some(agent.spawn().expect("it runs"));
        // Connecting succeeds as soon as the socket is bound; the answer comes once the agent runs.
        let socket = self.path("watchpost.sock");
        let late = Instant::now() + PATIENCE;
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            let log = || fs::read_to_string(self.path("agent.log")).unwrap_or_default();
            assert!(Instant::now() < late, "the agent does not answer:\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the agent in an orderly way; returns its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut agent = self.agent.take().expect("an agent");
        terminate(&agent);
        agent.wait().expect("it ends").code()
    }
}

impl Said {
    pub fn json(&self) -> Value {
        let json = serde_json::from_str(&self.out);
        json.unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            terminate(&agent);
            let _ = agent.wait();
        }
    }
}

fn terminate(agent: &Child) {
    let id = Pid::from_raw(i32::try_from(agent.id()).expect("a process id"));
    kill(id, Signal::SIGTERM).expect("it runs");
}
