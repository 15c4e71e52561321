//! The real binary in a folder of its own, with sensors that read files there.

use std::{
    fs::{self, File},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use super::broker::folder;

pub struct Agent {
    folder: TempDir,
    child: Option<Child>,
    /// Where it says how it is, when somebody looks after it.
    supervisor: Option<UnixDatagram>,
}

impl Agent {
    /// An agent that is not running yet. `site` is the rest of its site file; `FOLDER` in it stands
    /// for its folder.
    pub fn new(name: &str, mqtt: &str, site: &str) -> Self {
        let agent = Agent { folder: folder(), child: None, supervisor: None };
        let folder = agent.folder.path().display().to_string();
        let site = site.replace("FOLDER", &folder);
        let text = format!(
            "[site]\nname = \"{name}\"\n[board]\nprofile = \"generic-linux\"\n[mqtt]\n{mqtt}\n{site}\n"
        );
        fs::create_dir(agent.path("scripts")).expect("a folder");
        // The examples are for those who have nothing.
        agent.script("empty", "");
        fs::write(agent.path("watchpost.toml"), text).expect("a site file");
        agent
    }

    /// One that reads a file `heat` 20 times a second.
    pub fn fast(port: u16) -> Self {
        let agent = Agent::new("closet", &url(port), &file_sensor("closet/heat", "heat", "50ms"));
        agent.write("heat", "21.5");
        agent
    }

    /// From now on it is started as systemd does it.
    pub fn supervise(&mut self) {
        self.supervisor = Some(UnixDatagram::bind(self.path("notify")).expect("a socket"));
    }

    pub fn script(&self, name: &str, text: &str) {
        self.write(&format!("scripts/{name}.rhai"), text);
    }

    pub fn write(&self, name: &str, text: &str) {
        let (path, fresh) = (self.path(name), self.path("fresh"));
        fs::write(&fresh, text).and_then(|()| fs::rename(fresh, path)).expect("a file");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn start(&mut self) {
        let log = File::options().append(true).create(true).open(self.path("log")).expect("a log");
        let notify = self.supervisor.as_ref().map(|_| ("NOTIFY_SOCKET", self.path("notify")));
        let child = Command::new(env!("CARGO_BIN_EXE_watchpost"))
            .args(["run", "--config"])
            .arg(self.path("watchpost.toml"))
            .current_dir(self.folder.path())
            .env_remove("RUNTIME_DIRECTORY")
            .env_remove("NOTIFY_SOCKET")
            .envs(notify)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the agent");
        self.child = Some(child);
    }

    /// What the command line says when it is asked.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_watchpost"))
            .args(arguments)
            .arg("--config")
            .arg(self.path("watchpost.toml"))
            .output()
            .expect("the command line");
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub fn kill(&mut self) {
        self.end(Signal::SIGKILL);
    }

    pub fn stop(&mut self) {
        self.end(Signal::SIGTERM);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            let id = Pid::from_raw(child.id().try_into().expect("a process id"));
            // It may have ended by itself; the log says why.
            let _ = kill(id, signal);
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        self.kill();
    }
}

pub fn url(port: u16) -> String {
    format!("url = \"mqtt://127.0.0.1:{port}\"\n")
}

/// A cluster's nodes.
pub fn urls(ports: &[u16]) -> String {
    let urls: Vec<_> = ports.iter().map(|port| format!("\"mqtt://127.0.0.1:{port}\"")).collect();
    format!("url = [{}]\n", urls.join(", "))
}

pub fn file_sensor(name: &str, file: &str, every: &str) -> String {
    format!(
        "[[sensor]]\nname = \"{name}\"\ndriver = \"file\"\npath = \"FOLDER/{file}\"\n\
         every = \"{every}\"\nunit = \"°C\"\n"
    )
}
