//! Real brokers on a free port of the loopback address, stopped when they are dropped.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use super::until;

/// What makes the broker.
#[derive(Clone, Copy, PartialEq)]
pub enum Make {
    /// Keeps on disk what it has taken when it ends in an orderly way.
    Mosquitto,
    /// Does not care how it ends. But 2.9 forgets then sometimes what it has confirmed and not handed
    /// on yet ("error looking up message for consumer: deleted message").
    Nats,
}

pub struct Broker {
    make: Make,
    pub folder: TempDir,
    pub port: u16,
    child: Option<Child>,
}

impl Broker {
    pub fn start(make: Make) -> Self {
        Self::start_with(make, "")
    }

    /// `more` are lines of its configuration; `FOLDER` in them stands for its folder.
    pub fn start_with(make: Make, more: &str) -> Self {
        let mut broker = Broker { make, folder: folder(), port: free_port(), child: None };
        broker.write_config(more);
        broker.launch();
        broker
    }

    /// With files that are there before it is configured.
    pub fn start_in(folder: TempDir, make: Make, more: &str) -> Self {
        let mut broker = Broker { make, folder, port: free_port(), child: None };
        broker.write_config(more);
        broker.launch();
        broker
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_config(&self, more: &str) {
        let folder = self.folder.path().display();
        let more = more.replace("FOLDER", &folder.to_string());
        let access = if more.contains("password_file") { "" } else { "allow_anonymous true\n" };
        let port = self.port;
        let config = match self.make {
            Make::Mosquitto => format!(
                "listener {port} 127.0.0.1\n{access}persistence true\npersistence_location {folder}/\n\
                 user root\nmax_queued_messages 0\nmax_inflight_messages 200\nlog_dest none\n{more}\n"
            ),
            Make::Nats => format!(
                "server_name: test\nhost: 127.0.0.1\nport: -1\njetstream {{ store_dir: \"{folder}/js\" }}\n\
                 mqtt {{ host: 127.0.0.1, port: {port}, ack_wait: \"2s\", max_ack_pending: 1 }}\n{more}\n"
            ),
        };
        fs::write(self.path("broker.conf"), config).expect("a configuration");
    }

    pub fn launch(&mut self) {
        let config = self.path("broker.conf");
        let (program, flag) = match self.make {
            Make::Mosquitto => ("/usr/sbin/mosquitto", "-c"),
            Make::Nats => ("/usr/sbin/nats-server", "-c"),
        };
        assert!(Path::new(program).exists(), "{program} is missing: apt-get install it");
        let log = File::options().append(true).create(true).open(self.path("log")).expect("a log");
        let child = Command::new(program)
            .arg(flag)
            .arg(config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("a broker");
        self.child = Some(child);
        until("the broker listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok());
    }

    /// Ends it as its make survives; see [`Make`].
    pub fn crash(&mut self) {
        self.end(match self.make {
            Make::Mosquitto => Signal::SIGTERM,
            Make::Nats => Signal::SIGKILL,
        });
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            let id = Pid::from_raw(child.id().try_into().expect("a process id"));
            kill(id, signal).expect("it runs");
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.path("log")).unwrap_or_default());
        }
        self.end(Signal::SIGKILL);
    }
}

/// Three NATS servers that are one broker: what one has taken, two have on disk.
pub struct Cluster {
    folder: TempDir,
    ports: [u16; 3],
    children: [Option<Child>; 3],
}

impl Cluster {
    pub fn start(folder: TempDir) -> Self {
        let ports = [(); 3].map(|()| free_port());
        let routes = [(); 3].map(|()| free_port());
        for (node, port) in ports.iter().enumerate() {
            let all = routes.map(|route| format!("\"nats://127.0.0.1:{route}\"")).join(", ");
            let config = format!(
                "server_name: node{node}\nhost: 127.0.0.1\nport: -1\n\
                 jetstream {{ store_dir: \"{}/js{node}\" }}\n\
                 cluster {{ name: test, host: 127.0.0.1, port: {}, routes: [{all}] }}\n\
                 mqtt {{ host: 127.0.0.1, port: {port}, ack_wait: \"2s\", max_ack_pending: 1, stream_replicas: 3 }}\n",
                folder.path().display(),
                routes[node]
            );
            fs::write(folder.path().join(format!("node{node}.conf")), config).expect("written");
        }
        let mut cluster = Cluster { folder, ports, children: [None, None, None] };
        (0..3).for_each(|node| cluster.spawn(node));
        for port in ports {
            until("the cluster listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        }
        cluster
    }

    pub fn ports(&self) -> [u16; 3] {
        self.ports
    }

    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.children[node].take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    pub fn revive(&mut self, node: usize) {
        self.spawn(node);
    }

    fn spawn(&mut self, node: usize) {
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join(format!("log{node}")))
            .expect("a log");
        let child = Command::new("/usr/sbin/nats-server")
            .arg("-c")
            .arg(self.folder.path().join(format!("node{node}.conf")))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("nats-server is missing: apt-get install it");
        self.children[node] = Some(child);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in 0..3 {
            if std::thread::panicking() {
                let log = self.folder.path().join(format!("log{node}"));
                eprintln!("{}", fs::read_to_string(log).unwrap_or_default());
            }
            self.kill(node);
        }
    }
}

pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}
