//! The built program, in its namespace.

use std::{
    fs::{self, File},
    process::{Child, Command},
    time::{Duration, Instant},
};

use super::network::Network;

const PROGRAM: &str = env!("CARGO_BIN_EXE_watchpost");

/// What the doctor said, and whether all was well.
pub struct Diagnosis {
    pub text: String,
    pub fine: bool,
}

pub struct Agent {
    pub network: Network,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Agent {
    /// On a simulated board. Hosts: `plex` (a virtual machine), `iron` (a machine of its own), `nas`
    /// (one with `voice`).
    pub fn start(network: Network, alexa: &str, scripts: &str) -> Self {
        let sections = format!(
            "[board]\nprofile = \"simulated\"\n\
             [alexa]\n{alexa}\n\
             [hosts.plex]\nkind = \"ssh\"\n\
             [hosts.iron]\nkind = \"physical\"\nmac = \"52:54:00:12:34:56\"\n\
             [hosts.nas]\nkind = \"physical\"\nmac = \"52:54:00:12:34:57\"\nvoice = true\n"
        );
        Self::start_with(network, &sections, scripts)
    }

    /// With these sections of the site file.
    pub fn start_with(network: Network, sections: &str, scripts: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut agent = Agent { network, folder, child: None };
        fs::create_dir(agent.path("scripts")).unwrap();
        agent.write_script("voice", scripts);
        let site =
            format!("state = \"state.db\"\n[control]\nsocket = \"control.sock\"\n{sections}");
        fs::write(agent.path("watchpost.toml"), site).unwrap();
        agent.launch();
        agent
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn write_script(&self, name: &str, text: &str) {
        fs::write(self.path("scripts").join(format!("{name}.rhai")), text).unwrap();
    }

    pub fn remove_script(&self, name: &str) {
        fs::remove_file(self.path("scripts").join(format!("{name}.rhai"))).unwrap();
    }

    fn launch(&mut self) {
        let log = File::create(self.path("log")).unwrap();
        let child = Command::new("ip")
            .args(["netns", "exec", &self.network.house, PROGRAM, "--config", "watchpost.toml"])
            .current_dir(self.folder.path())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
    }

    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Waits until the log says it.
    pub fn says(&self, text: &str) {
        until(&format!("`{text}` in the log"), || self.log().contains(text).then_some(()));
    }

    /// Waits until a run of the switch is over.
    pub fn ended_run(&self, switch: &str) {
        until(&format!("the end of a run of {switch}"), || {
            let journal = self.command(&["journal", "--json"]);
            let entries: Vec<serde_json::Value> = serde_json::from_str(&journal).ok()?;
            let is_end =
                |entry: &serde_json::Value| entry["event"] == "ended" && entry["watch"] == switch;
            entries.iter().any(is_end).then_some(())
        });
    }

    /// What `watchpost doctor alexa` says in the house.
    pub fn doctor(&self, arguments: &[&str]) -> Diagnosis {
        let tools = self.path("tools");
        let search = std::env::var("PATH").unwrap();
        let output = Command::new("ip")
            .args(["netns", "exec", &self.network.house, PROGRAM, "--config", "watchpost.toml"])
            .args(["doctor", "alexa"])
            .args(arguments)
            .env("PATH", format!("{}:{search}", tools.display()))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Diagnosis { text: String::from_utf8(text).unwrap(), fine: output.status.success() }
    }

    /// What a verb says to the running agent, in the house.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new("ip")
            .args(["netns", "exec", &self.network.house, PROGRAM, "--config", "watchpost.toml"])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// What the agent keeps in memory, by proc(5).
    pub fn memory_kb(&self) -> u64 {
        let pid = self.child.as_ref().unwrap().id();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // `ip netns exec` has become the program itself.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        self.stop();
    }
}

/// Tries until something comes of it.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
