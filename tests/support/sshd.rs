//! A real OpenSSH server on a free port of the loopback address, for one test, as the user who
//! runs the tests. It is stopped when it is dropped.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::{
    fs::{self, File},
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, getuid},
};
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";

pub struct Sshd {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Sshd {
    /// With an ed25519 host key, which `known_hosts` knows, and one client key that it accepts.
    pub fn start() -> Self {
        Self::start_with(&["ed25519"], &[])
    }

    /// `host_keys` are kinds that `ssh-keygen -t` knows; `environment` is set for its commands.
    pub fn start_with(host_keys: &[&str], environment: &[(&str, &str)]) -> Self {
        assert!(Path::new(SSHD).exists(), "{SSHD} is missing: `apt-get install openssh-server`");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Sshd { folder, port: 0, child: None };
        for kind in host_keys {
            server.make_host_key(kind);
        }
        make_key(&server.key(), "ed25519", "");
        fs::create_dir_all(server.path("home/.ssh")).expect("a home");
        fs::copy(server.key().with_extension("pub"), server.authorized_keys())
            .expect("authorized_keys");
        server.write_config(host_keys, environment);
        // Another test may take the free port before sshd does.
        for _ in 0..20 {
            server.port = free_port();
            if server.try_launch() {
                let keys: Vec<_> = host_keys.iter().map(|kind| server.host_key(kind)).collect();
                fs::write(server.known_hosts(), keys.concat()).expect("known_hosts");
                return server;
            }
        }
        panic!("sshd does not start:\n{}", server.log());
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private key that it accepts; it has no passphrase.
    pub fn key(&self) -> PathBuf {
        self.path("client_key")
    }

    pub fn known_hosts(&self) -> PathBuf {
        self.path("known_hosts")
    }

    pub fn authorized_keys(&self) -> PathBuf {
        self.path("home/.ssh/authorized_keys")
    }

    /// The user to log in as.
    pub fn user() -> String {
        let user = User::from_uid(getuid());
        user.expect("the user table").expect("this user has a name").name
    }

    /// A file in the server's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// How many logins it has accepted so far.
    pub fn logins(&self) -> usize {
        self.log().lines().filter(|line| line.contains("Accepted publickey")).count()
    }

    /// A shell line that ends the server and the very connection that runs it, as a shutdown does.
    pub fn suicide(&self) -> String {
        let pid = self.path("pid");
        let pid = pid.display();
        // It closes its port before it removes that file.
        format!(
            "kill $(cat {pid}); while [ -e {pid} ]; do sleep 0.01; done; kill -9 $PPID; sleep 10"
        )
    }

    /// A line of known_hosts for one of its keys.
    pub fn host_key(&self, kind: &str) -> String {
        let public = fs::read_to_string(self.path(&format!("host_{kind}.pub"))).expect("a key");
        format!("[127.0.0.1]:{} {public}", self.port)
    }

    /// A new host key in place of the old one; it shows after a restart.
    pub fn make_host_key(&self, kind: &str) {
        make_key(&self.path(&format!("host_{kind}")), kind, "");
    }

    /// Ends it, with every connection that it has, and starts it again on the same port.
    pub fn restart(&mut self) {
        self.stop();
        assert!(self.try_launch(), "sshd does not start again:\n{}", self.log());
    }

    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Its connections are processes of their own, which would outlive it.
        for connection in children(child.id()) {
            let _ = kill(connection, Signal::SIGKILL);
        }
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn write_config(&self, host_keys: &[&str], environment: &[(&str, &str)]) {
        let mut config = format!(
            "ListenAddress 127.0.0.1\nPidFile {}\nAuthorizedKeysFile {}\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\nMaxStartups 200\nUseDNS no\nLogLevel VERBOSE\n\
             SetEnv HOME={}",
            self.path("pid").display(),
            self.authorized_keys().display(),
            self.path("home").display(),
        );
        for (name, value) in environment {
            config.push_str(&format!(" {name}={value}"));
        }
        config.push('\n');
        for kind in host_keys {
            let path = self.path(&format!("host_{kind}"));
            config.push_str(&format!("HostKey {}\n", path.display()));
        }
        fs::write(self.path("config"), config).expect("sshd_config");
    }

    /// False when it ends at once, as it does when the port is taken.
    fn try_launch(&mut self) -> bool {
        if getuid().is_root() {
            // Where sshd confines itself; a Debian without systemd has made it for nobody.
            let _ = fs::DirBuilder::new().mode(0o755).create("/run/sshd");
        }
        let log = File::options().create(true).append(true).open(self.path("log")).expect("a log");
        let mut child = Command::new(SSHD)
            .args(["-D", "-e", "-p", &self.port.to_string(), "-f"])
            .arg(self.path("config"))
            .stderr(log)
            .spawn()
            .expect("sshd can be run");
        let patience = Instant::now() + Duration::from_secs(20);
        while Instant::now() < patience {
            if child.try_wait().expect("it is our child").is_some() {
                return false;
            }
            if self.answers() {
                self.child = Some(child);
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("sshd does not answer:\n{}", self.log());
    }

    pub fn answers(&self) -> bool {
        let place = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        TcpStream::connect(place).is_ok_and(|mut stream| stream.read_exact(&mut [0; 4]).is_ok())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes a key pair with `ssh-keygen`, in place of one that may be there.
pub fn make_key(path: &Path, kind: &str, passphrase: &str) {
    let _ = fs::remove_file(path);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen can be run");
    assert!(made.success(), "ssh-keygen -t {kind}");
}

/// Writes a program that can be run.
pub fn program(path: &Path, text: &str) {
    fs::write(path, text).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}

fn children(parent: u32) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let list = list.unwrap_or_default();
    list.split_whitespace().filter_map(|id| id.parse().ok()).map(Pid::from_raw).collect()
}
