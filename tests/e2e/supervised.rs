//! As systemd starts it: readiness, the watchdog, and the way out of a crash loop.

use std::{
    ffi::OsString,
    os::unix::net::UnixDatagram,
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::{signal::Signal, stat::Mode},
    unistd::mkfifo,
};
use watchpost::{control::Request, journal::Event};

use crate::{
    agent::{Agent, Site},
    patience::until,
};

/// Who hears what the agent says of itself.
struct Supervisor {
    socket: UnixDatagram,
    address: OsString,
}

impl Supervisor {
    fn of(site: &Site) -> Self {
        let path = site.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        Supervisor { socket, address: path.into() }
    }

    fn start(&self, site: &Site, watchdog: &str) -> Agent {
        site.start_within(vec![
            ("NOTIFY_SOCKET", self.address.clone()),
            ("WATCHDOG_USEC", watchdog.into()),
        ])
    }

    /// The next message, if one comes soon.
    fn next(&self) -> Option<String> {
        let mut buffer = [0; 1024];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Waits for a message with this in it.
    fn hears(&self, part: &str, agent: &Agent) -> String {
        until(
            || self.next().filter(|message| message.contains(part)),
            || format!("systemd is never told {part}:\n{}", agent.log()),
        )
    }
}

const WATCHDOG: &str = "2000000";

#[test]
fn it_is_ready_after_the_first_readings_and_alive_while_it_makes_progress() {
    let site = Site::new("");
    site.configure(&site.sensor("closet/temperature", "temperature"));
    site.write("temperature", "21.5");
    site.script("look", r#"watch("look", every("1h"), || ());"#);
    let supervisor = Supervisor::of(&site);
    let mut agent = supervisor.start(&site, WATCHDOG);
    supervisor.hears("READY=1\nSTATUS=watching", &agent);
    let sensors = agent.try_ask(&Request::Sensors).expect("it answers once it is ready");
    assert_eq!(sensors[0]["reading"]["value"], 21.5, "{sensors:?}");
    for _ in 0..3 {
        supervisor.hears("WATCHDOG=1", &agent);
    }
    agent.signal(Signal::SIGTERM);
    supervisor.hears("STOPPING=1", &agent);
    assert!(agent.ended().success());
}

/// What a script imports never comes to an end: nothing else gets its turn, and nobody says that all
/// is well.
#[test]
fn an_agent_without_progress_does_not_feed_the_watchdog() {
    let site = Site::new("");
    site.script("look", r#"watch("look", every("1h"), || ());"#);
    let supervisor = Supervisor::of(&site);
    let agent = supervisor.start(&site, WATCHDOG);
    supervisor.hears("WATCHDOG=1", &agent);
    mkfifo(&site.path("scripts/endless.rhai"), Mode::S_IRWXU).expect("a pipe");
    site.script("stuck", r#"import "endless" as endless;"#);
    agent.says("the watchdog is not fed: the scripts or the state file do not answer");
    while supervisor.next().is_some() {}
    let quiet = Instant::now();
    while quiet.elapsed() < Duration::from_secs(3) {
        assert_eq!(supervisor.next(), None);
    }
}

#[test]
fn after_three_crashes_only_what_is_critical_runs() {
    let site = Site::new("");
    site.configure(&site.sensor("closet/temperature", "temperature"));
    site.write("temperature", "75");
    site.script(
        "closet",
        r#"watch("vital", above("closet/temperature", 70.0).critical(), || print("vital ran"));
           watch("usual", above("closet/temperature", 70.0), || print("usual ran"));
           watch("often", every("1s"), || print("often ran"));
           wemo("lamp", || print("lamp on"));"#,
    );
    site.script("deadly", r#"print("deadly was loaded"); watch("other", every("1s"), || ());"#);
    let supervisor = Supervisor::of(&site);
    let cli = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_watchpost"))
            .args(arguments)
            .arg("--config")
            .arg(site.path("watchpost.toml"))
            .output()
            .expect("the command line");
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    for _ in 0..3 {
        let agent = supervisor.start(&site, "60000000");
        supervisor.hears("STATUS=watching", &agent);
        agent.kill();
    }
    // What happened until here is none of safe mode's doing.
    let before = Instant::now();
    let began = chrono::Utc::now();
    site.write("temperature", "20");
    let mut agent = supervisor.start(&site, "60000000");
    supervisor.hears("STATUS=safe mode", &agent);
    site.write("temperature", "75");
    let notes = || -> Vec<String> {
        let entries = agent.journal().into_iter().filter(|entry| entry.at >= began);
        let notes = entries.filter_map(|entry| match entry.event {
            Event::Note { text } | Event::Failed { message: text } => Some(text),
            _ => None,
        });
        notes.collect()
    };
    until(
        || notes().iter().any(|note| note == "vital ran").then_some(()),
        || format!("the critical watch does not run:\n{}", agent.log()),
    );
    while before.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let notes = notes();
    let told = notes.iter().find(|note| note.starts_with("safe mode: the agent has ended early"));
    assert!(told.is_some_and(|note| note.contains("3 times in a row")), "{notes:?}");
    for other in ["usual ran", "often ran", "deadly was loaded"] {
        assert!(!notes.iter().any(|note| note == other), "{other}: {notes:?}");
    }
    assert!(agent.log().contains("safe mode: the agent has ended early"), "{}", agent.log());
    assert!(cli(&["hosts"]).contains("safe mode: only critical watches run"));
    assert!(cli(&["journal"]).contains("safe mode: the agent has ended early"));
    let refused = cli(&["fire", "usual"]);
    assert!(refused.contains("is not critical, and this is safe mode"), "{refused}");
    let refused = cli(&["fire", "lamp"]);
    assert!(refused.contains("safe mode: only critical watches run"), "{refused}");

    // An orderly end, and all is as it was.
    agent.signal(Signal::SIGTERM);
    agent.ended();
    let agent = supervisor.start(&site, "60000000");
    supervisor.hears("STATUS=watching", &agent);
    until(
        || agent.log().contains("often ran").then_some(()),
        || format!("it is no safe mode any more:\n{}", agent.log()),
    );
}
