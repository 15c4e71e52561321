//! The whole way inside one process: a chip's registers on the simulated I2C bus, the real driver,
//! the script, and real servers that are told over SSH.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;
use watchpost::{
    agent::{Materials, Parts},
    clock::Clock,
    config,
    hal::{Board, Hal, simulated::I2cFault},
    host::{HostNews, RemoteHosts},
    journal::{Entry, Event},
    output::Outputs,
    plan::{Live, Report},
    script::folder::Scripts,
    sensor::{HistoryBounds, Reads},
    store::{LetterState, Store},
};

use crate::{agent::Site, host, patience::until, sshd::Sshd};

/// What the chips measure, by name.
type Measured = Arc<Mutex<BTreeMap<&'static str, f64>>>;

struct InProcess {
    site: Site,
    measured: Measured,
    hal: Hal,
    store: Store,
    entries: Arc<Mutex<Vec<Entry>>>,
    scripts: Scripts,
    stop: watch::Sender<bool>,
}

impl InProcess {
    async fn start(sections: &str, script: &str, measured: &[(&'static str, f64)]) -> Self {
        let site = Site::new(&format!(
            "{sections}\n[mail]\nurl = \"smtps://mail.invalid\"\nfrom = \"pi@example.org\"\n\
             to = [\"me@example.org\"]\n"
        ));
        site.script("watches", script);
        let measured: Measured = Arc::new(Mutex::new(measured.iter().copied().collect()));
        let environment = measured.clone();
        let environment = move |name: &str| environment.lock().unwrap().get(name).copied();
        let hal = Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(environment));
        let (settings, _) = config::Site::load(&site.path("watchpost.toml")).unwrap();
        let settings = Arc::new(settings);
        let store = Store::memory().unwrap();
        let clock = Clock::system();
        let no_secrets = Arc::new(|_: &config::Secret| Err("there are no secrets".to_owned()));
        let lines = hal.lines();
        let outputs =
            Outputs::new(&[], lines, clock.clone(), store.clone(), Reads::Beside).unwrap();
        let world = Live {
            outputs: outputs.clone(),
            hosts: RemoteHosts::new(settings.hosts.clone(), settings.scripts.clone(), no_secrets),
            outbox: store.clone(),
            clock: clock.clone(),
            has_mail: true,
            has_notify: false,
            bus: None,
            questions: Default::default(),
        };
        let entries = Arc::<Mutex<Vec<Entry>>>::default();
        let book = entries.clone();
        let parts = Parts::assemble(Materials {
            site: settings.clone(),
            news: HostNews::new(clock.clone()),
            clock,
            store: store.clone(),
            hal: hal.clone(),
            world: Arc::new(world),
            outputs,
            bus: None,
            reads: Reads::Beside,
            past: HistoryBounds::default(),
            sinks: vec![Box::new(move |entry| book.lock().unwrap().push(entry.clone()))],
        })
        .unwrap();
        parts.trusted.send(true).unwrap();
        let (stop, stopping) = watch::channel(false);
        for sampler in parts.samplers {
            watchpost::tasks::spawn(sampler.run(stopping.clone()));
        }
        let mut scripts =
            Scripts::new(settings.scripts.clone(), parts.station, settings.limits.clone(), false);
        scripts.refresh().await;
        InProcess { site, measured, hal, store, entries, scripts, stop }
    }

    fn measures(&self, name: &'static str, value: f64) {
        self.measured.lock().unwrap().insert(name, value);
    }

    fn await_entry<T>(&self, what: &str, wanted: impl Fn(&Entry) -> Option<T>) -> T {
        until(
            || self.entries.lock().unwrap().iter().find_map(&wanted),
            || format!("no {what} in {:#?}", self.entries.lock().unwrap()),
        )
    }

    /// The report of the `nth` run that changed or broke something.
    fn await_report(&self, nth: usize) -> Report {
        let reports = || -> Vec<Report> {
            let entries = self.entries.lock().unwrap();
            let ended = entries.iter().filter_map(|entry| match &entry.event {
                Event::Ended { report, .. } => report.clone(),
                _ => None,
            });
            ended.filter(|report| report.changed() || !report.is_ok()).collect()
        };
        until(
            || reports().into_iter().nth(nth),
            || format!("no report {nth} in {:#?}", self.entries.lock().unwrap()),
        )
    }

    async fn subjects(&self) -> Vec<String> {
        let letters = self.store.letters(LetterState::Waiting).await.unwrap();
        letters.into_iter().map(|letter| letter.message.subject).collect()
    }

    async fn end(mut self) -> Site {
        self.scripts.stop().await;
        let _ = self.stop.send(true);
        self.site
    }
}

const MCP9808: &str = "[[sensor]]\nname = \"closet/temperature\"\ndriver = \"mcp9808\"\n\
    bus = \"i2c-1\"\naddress = 0x18\nevery = \"100ms\"\n";

const INA226: &str = "[[sensor]]\nname = \"solar/power\"\ndriver = \"ina226\"\nbus = \"i2c-1\"\n\
    address = 0x40\nevery = \"100ms\"\nshunt_ohms = 0.00025\nmax_amps = 320\nmeasure = \"power\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_mcp9808_over_70_degrees_stops_the_closet() {
    let mut servers: Vec<Sshd> = (0..3).map(|_| Sshd::start()).collect();
    let mut sections = MCP9808.to_owned();
    for (name, server) in ["foo", "bar", "big-iron"].into_iter().zip(&servers) {
        sections += &host(name, server, &format!("stop = '''{}'''", server.suicide()));
    }
    servers[1].stop();
    let script = r#"
        const CLOSET = hosts(["foo", "bar", "big-iron"]);
        watch("closet-heat", above("closet/temperature", 70.0).clears_at(60.0).critical(),
            stop(CLOSET) | email("closet too hot, stopped") | pretty("closet too hot, stopped"));
    "#;
    let agent = InProcess::start(&sections, script, &[("closet/temperature", 20.0)]).await;
    for celsius in [45.0, 69.9, 70.0, 70.5] {
        agent.measures("closet/temperature", celsius);
    }
    let report = agent.await_report(0);
    let names: Vec<_> = report.rows.iter().map(|row| row.host.as_deref().unwrap()).collect();
    assert_eq!(names, ["foo", "bar", "big-iron"]);
    assert_eq!(report.failures().as_deref(), Some("1 of 3 failed"));
    assert_eq!(report.rows[1].code, Some(-1));
    let pretty = report.pretty();
    assert!(pretty.contains("✔ foo") && pretty.contains("✘ bar"), "{pretty}");
    assert_eq!(agent.subjects().await, ["closet too hot, stopped (1 of 3 failed)"]);
    let cause = agent.await_entry("firing", |entry| match &entry.event {
        Event::Fired { cause } => Some(cause.clone()),
        _ => None,
    });
    assert_eq!(cause, "closet/temperature 70.5 °C, above 70 °C");

    // A chip that falls off the bus: the owner is told, by the same channel.
    let bus = agent.hal.simulated_i2c("i2c-1").unwrap();
    assert!(bus.inject(0x18, I2cFault::NoAnswer));
    agent.await_entry("word to the owner", |entry| match &entry.event {
        Event::Note { text } if text.contains("closet/temperature has no value") => Some(()),
        _ => None,
    });
    until(
        || agent.store.letters(LetterState::Waiting).wait().ok().filter(|all| all.len() == 2),
        || "no mail about the thermometer".into(),
    );
    agent.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ina226_over_the_threshold_starts_the_miners_and_below_stops_them() {
    let iron = Sshd::start();
    let flags = tempfile::tempdir().unwrap();
    let mut sections = INA226.to_owned() + &host("iron", &iron, "");
    for coin in ["coin-1", "coin-2"] {
        let flag = flags.path().join(coin);
        let flag = flag.display();
        let commands = format!(
            "on = \"iron\"\nstart = \"touch {flag}\"\nstop = \"rm {flag}\"\n\
             state = \"test -e {flag}\""
        );
        sections += &host(coin, &iron, &commands);
    }
    let script = r#"
        const MINING = hosts(["coin-1", "coin-2"]);
        watch("sun", above("solar/power", 10_000.0).clears_at(9_000.0),
            start(MINING) | email("pool resumed"),
            stop(MINING) | email("pool stopped"));
    "#;
    let dim = [("solar/voltage", 48.0), ("solar/power", 8_000.0)];
    let agent = InProcess::start(&sections, script, &dim).await;
    let mines = || ["coin-1", "coin-2"].map(|coin| flags.path().join(coin).exists());

    agent.measures("solar/power", 12_000.0);
    let report = agent.await_report(0);
    assert!(report.is_ok() && report.rows.len() == 2, "{report:?}");
    assert_eq!(mines(), [true, true]);

    agent.measures("solar/power", 8_500.0);
    agent.await_report(1);
    assert_eq!(mines(), [false, false]);
    assert_eq!(agent.subjects().await, ["pool resumed", "pool stopped"]);
    agent.end().await;
}
