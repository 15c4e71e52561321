//! What the rest of the agent knows of the site file: checked, with defaults filled in.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{DriverOptions, FilterSettings, Secret, SourceText, Span};
use crate::{
    clock::Zone,
    cost::CostSettings,
    host::{Inventory, scan::ScanSettings},
    output::Level,
    subnet::Subnet,
};

/// A site, as `watchpost.toml` describes it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The site file itself; `None` for the simulated closet that needs none.
    pub file: Option<PathBuf>,
    /// The site file's text, for diagnostics of whoever checks it further; `None` without a file.
    pub source: Option<SourceText>,
    /// The folder of the watch scripts.
    pub scripts: PathBuf,
    /// The SQLite file.
    pub state: PathBuf,
    /// The Unix socket over which the command line reaches the running agent.
    pub socket: PathBuf,
    /// The site's name on MQTT, in mails and on the page.
    pub name: String,
    pub timezone: Zone,
    /// Degrees north, −90 to 90, and degrees east, −180 to 180.
    pub place: Option<(f64, f64)>,
    pub board: BoardChoice,
    /// Where the site file says so.
    pub board_span: Span,
    pub sensors: Vec<SensorSettings>,
    pub outputs: Vec<OutputSettings>,
    pub hosts: Arc<Inventory>,
    /// `[scan]` and `[networks.NAME]`.
    pub scans: Arc<ScanSettings>,
    /// What an hour costs here and there.
    pub costs: Vec<CostSettings>,
    pub mail: Option<MailSettings>,
    pub notify: Option<NotifySettings>,
    pub heartbeat: Option<HeartbeatSettings>,
    pub mqtt: Option<MqttSettings>,
    /// `[alexa]`; without it there are no devices.
    pub alexa: Option<AlexaSettings>,
    pub limits: Limits,
    pub history: HistorySettings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardChoice {
    /// Recognised from the device tree.
    Auto,
    /// A profile of `boards/`, by its name.
    Named(String),
}

/// One `[[sensor]]`.
#[derive(Clone, Debug)]
pub struct SensorSettings {
    pub name: Arc<str>,
    /// A row of the driver table.
    pub driver: String,
    /// How often it is read.
    pub every: Duration,
    /// Older readings are not believed.
    pub max_age: Duration,
    /// Lowest and highest plausible value; anything else is a fault.
    pub range: Option<(f64, f64)>,
    /// `median 5` or `mean 5`: smooths over the last readings.
    pub smooth: Option<String>,
    /// Multiplies the raw value; `multiply` in the site file, too.
    pub scale: f64,
    /// Added after `scale`.
    pub offset: f64,
    /// All other filters.
    pub filters: FilterSettings,
    /// Overrides the driver's unit.
    pub unit: Option<String>,
    /// Everything else in the `[[sensor]]`, for the driver.
    pub options: DriverOptions,
}

/// One `[[output]]`.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    pub name: Arc<str>,
    pub drive: OutputDrive,
    /// Where the pin or the channel stands in the site file.
    pub span: Span,
    /// A low voltage means on.
    pub active_low: bool,
    /// After the start, once it has been safe.
    pub initial: Level,
    /// At start, at exit, when its watch is paused, when `max_on` runs out.
    pub safe: Level,
    /// The longest time on without a break.
    pub max_on: Option<Duration>,
    /// After a switch it stays so for at least this long, whoever asks, but for its safe state.
    pub min_switch: Duration,
    /// Outputs that are never on together with this one.
    pub interlock: Vec<String>,
}

/// What an output drives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputDrive {
    /// A GPIO line.
    Pin(String),
    Pwm {
        /// `pwmchip0/0`.
        channel: String,
        period: Duration,
    },
}

/// `[mail]`.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `smtps://host[:port]` (TLS from the start) or `smtp://host[:port]` (STARTTLS required;
    /// plain only to the loopback address, and without `ca`).
    pub url: String,
    /// PEM certificates that are trusted beside the system's.
    pub ca: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub from: String,
    pub to: Vec<String>,
}

/// `[notify]`: where `notify("…")` goes.
#[derive(Clone, Debug)]
pub struct NotifySettings {
    /// An ntfy topic's address (`https://ntfy.sh/my-closet`) or any webhook that takes a POST.
    pub url: String,
    pub token: Option<Secret>,
    /// Where the buttons of a question post their answer, and the agent reads it; `None`: the
    /// address of `url` with `-answers` behind it.
    pub answers: Option<String>,
}

/// `[mqtt]`: the broker, and what it is told and may ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct MqttSettings {
    /// Hosts and ports, tried in turn: several are one broker, a cluster. Never empty.
    pub brokers: Vec<(String, u16)>,
    /// `mqtts://`: TLS from the first byte.
    pub tls: bool,
    pub version: MqttVersion,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// This agent's own certificate and its key, both PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// What every topic begins with.
    pub prefix: String,
    /// Where Home Assistant looks for descriptions; `None` sends none.
    pub discovery: Option<String>,
    /// Whether the sensors of other sites on this broker are listened to.
    pub peers: bool,
    /// The watches that may be fired over MQTT.
    pub watches: Vec<String>,
    /// Readings that are kept while the broker is away.
    pub keep_readings: u64,
    /// For how long they are kept.
    pub keep: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MqttVersion {
    V311,
    V5,
}

/// `[heartbeat]`: who is to notice when this agent falls silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatSettings {
    /// Fetched with GET (`https://hc-ping.com/…`); a secret, because whoever knows it can feign it.
    pub url: HeartbeatUrl,
    pub every: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeartbeatUrl {
    Open(String),
    Secret(Secret),
}

/// `[alexa]`: scripts' switches as WeMo devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlexaSettings {
    /// Only on these network interfaces; empty: on all that can multicast.
    pub interfaces: Vec<String>,
    /// Each device has a TCP port of its own, from this one on.
    pub first_port: u16,
    /// Beside the boards' own subnets, addresses of clients that are answered.
    pub allow: Vec<Subnet>,
    /// Least time between a search and its answer.
    pub delay: Duration,
    /// Whether a search for everything is answered; a real socket keeps silent.
    pub answer_all: bool,
}

/// `[limits]`: what one script may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// A handler's own computing, not its waiting.
    pub run_time: Duration,
    pub operations: u64,
    /// Longest string, in bytes; arrays and maps may hold a tenth of it.
    pub size: usize,
    /// Depth of calls.
    pub depth: usize,
    /// Hosts that one step works on at a time.
    pub parallel_hosts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            run_time: Duration::from_secs(30),
            operations: 5_000_000,
            size: 1_000_000,
            depth: 32,
            parallel_hosts: 16,
        }
    }
}

/// `[history]`: how long readings and the journal are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct HistorySettings {
    pub keep: Duration,
    /// Largest size of the state file, in bytes; the oldest readings go first.
    pub max_size: u64,
    /// Readings are written together after this time, to spare the SD card.
    pub flush: Duration,
}

impl Default for HistorySettings {
    fn default() -> Self {
        HistorySettings {
            keep: Duration::from_secs(400 * 86_400),
            max_size: 512 << 20,
            flush: Duration::from_secs(30),
        }
    }
}
