//! Keys that the site file does not name: the ssh-agent's, and those of `~/.ssh`.
//!
//! Both are found by the environment, which a test must not change under the others. So the test
//! runs itself once more for each, as a process that has its own.

use std::{
    env, fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use watchpost::plan::Failure;

use crate::{host_at, remote, shell, sshd::Sshd};

/// Set for the second run: the server's port, its known_hosts file, and what is to be seen.
const AGAIN: [&str; 3] = ["TEST_SSHD_PORT", "TEST_KNOWN_HOSTS", "TEST_EXPECTS"];

#[test]
fn the_agent_and_the_usual_files_are_tried() {
    if let [Ok(port), Ok(known_hosts), Ok(expects)] = AGAIN.map(env::var) {
        return again(port.parse().expect("a port"), known_hosts.into(), &expects);
    }
    let server = Sshd::start();
    let (nobody, home) = (server.path("nobody"), server.path("home"));
    fs::create_dir(&nobody).expect("a home without keys");

    run(&server, &nobody, None, "no ssh-agent (SSH_AUTH_SOCK is not set)");
    assert_eq!(server.logins(), 0);

    let agent = Agent::start(server.path("agent"));
    run(&server, &nobody, Some(&agent), "the ssh-agent's 0 keys (none accepted)");
    agent.add(&server.key());
    run(&server, &nobody, Some(&agent), "login");
    assert_eq!(server.logins(), 1);

    fs::copy(server.key(), home.join(".ssh/id_ed25519")).expect("a usual key");
    run(&server, &home, None, "login");
    assert_eq!(server.logins(), 2);
}

fn run(server: &Sshd, home: &Path, agent: Option<&Agent>, expects: &str) {
    let mut command = Command::new(env::current_exe().expect("this test"));
    command.args(["--exact", "usual_keys::the_agent_and_the_usual_files_are_tried"]);
    command.env("HOME", home).env_remove("SSH_AUTH_SOCK");
    command.env(AGAIN[0], server.port().to_string());
    command.env(AGAIN[1], server.known_hosts()).env(AGAIN[2], expects);
    if let Some(agent) = agent {
        command.env("SSH_AUTH_SOCK", &agent.socket);
    }
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::main(flavor = "current_thread")]
async fn again(port: u16, known_hosts: PathBuf, expects: &str) {
    let host = host_at("foo", port, known_hosts);
    match shell(&remote([&host]), &host, "true").await {
        Ok(_) => assert_eq!(expects, "login"),
        Err(Failure { message, .. }) => assert!(message.contains(expects), "{message}"),
    }
}

struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(socket: PathBuf) -> Self {
        let process = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn();
        let agent = Agent { process: process.expect("ssh-agent can be run"), socket };
        let patience = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(&agent.socket).is_err() {
            assert!(Instant::now() < patience, "ssh-agent does not answer");
            thread::sleep(Duration::from_millis(10));
        }
        agent
    }

    fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        let added = command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).status();
        assert!(added.expect("ssh-add can be run").success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
