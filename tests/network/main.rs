//! The network's side of hosts: packets that wake them, and ports that are open. Everything happens
//! in network namespaces of the tests' own.

mod scan;
mod wake;

#[allow(dead_code, reason = "the WeMo tests use more of it")]
#[path = "../wemo/network.rs"]
mod network;

use std::{fs, fs::File, path::PathBuf, process::Command};

use nix::sched::{CloneFlags, setns};

use network::Network;

/// The program in the house's namespace, with a site of its own.
struct House {
    network: Network,
    folder: tempfile::TempDir,
}

impl House {
    fn new(network: Network, site: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let house = House { network, folder };
        fs::create_dir(house.path("scripts")).expect("a folder");
        let site = format!(
            "state = \"state.db\"\n[board]\nprofile = \"generic-linux\"\n\
             [control]\nsocket = \"control.sock\"\n{site}"
        );
        fs::write(house.path("watchpost.toml"), site).expect("a site file");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program prints, and its exit code.
    fn says(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = Command::new("ip")
            .args(["netns", "exec", &self.network.house, env!("CARGO_BIN_EXE_watchpost")])
            .args(["--config", "watchpost.toml"])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("it runs");
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8(text).expect("text"), output.status.code())
    }

    /// The rows of a report.
    fn rows(&self, expression: &str) -> Vec<serde_json::Value> {
        let (said, _) = self.says(&["eval", expression, "--json"]);
        let begin = said.find('{').unwrap_or_else(|| panic!("no JSON: {said}"));
        let mut values = serde_json::Deserializer::from_str(&said[begin..]).into_iter();
        let answer: serde_json::Value = values.next().expect("one").expect("JSON");
        let rows = answer["rows"].as_array();
        rows.unwrap_or_else(|| panic!("no rows: {said}")).clone()
    }
}

/// Does something in the client's namespace, on a thread that stays there.
fn at_the_client<T: Send + 'static>(
    network: &Network,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let namespace = format!("/run/netns/{}", network.client);
    let there = std::thread::spawn(move || {
        let namespace = File::open(namespace).expect("a namespace");
        setns(namespace, CloneFlags::CLONE_NEWNET).expect("root, to enter a network namespace");
        work()
    });
    there.join().expect("it went well")
}
