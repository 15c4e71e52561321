//! What happened, in the order in which it happened: for the terminal, `watchpost journal`, and the
//! timeline of a rehearsal.

mod handle;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    plan::{Report, Row},
    sensor::Fault,
};

pub use self::handle::{Journal, Sink};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: DateTime<Utc>,
    /// The script, or empty for the agent itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    /// The watch, timer or switch, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub watch: String,
    /// Joins the entries of one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began.
    Fired {
        /// `closet/temperature 71.3 °C, above 70 °C`, `once an hour`, `by hand`.
        cause: String,
    },
    /// One verb ended on one host.
    Did {
        row: Row,
    },
    /// A message was handed on.
    Told {
        channel: String,
        subject: String,
        text: String,
    },
    /// A run ended.
    Ended {
        /// The last report of the run; `None` when nothing was asked of the world.
        report: Option<Report>,
        /// The sensors that the handler looked at, with what it saw.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        saw: Vec<(String, String)>,
        seconds: f64,
    },
    /// A firing that did not become a run.
    Skipped {
        reason: String,
    },
    /// A script's mistake, as the owner should read it.
    Failed {
        message: String,
    },
    /// A sensor that has no believed value any more.
    Fault {
        sensor: String,
        fault: Fault,
    },
    /// A sensor that is believed again.
    Recovered {
        sensor: String,
        value: String,
    },
    Paused {
        reason: String,
    },
    Resumed {
        reason: String,
    },
    /// A script was loaded, or loaded anew.
    Loaded {
        watches: usize,
        #[serde(default)]
        switches: usize,
    },
    /// Anything else that people should read: a script's `print`, the agent's own notes.
    Note {
        text: String,
    },
}

/// What a script has brought: `2 watches`, `1 watch, 3 switches`.
pub fn brought(watches: usize, switches: usize) -> String {
    let counted = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    };
    let watches = (watches > 0 || switches == 0).then(|| counted(watches, "watch", "watches"));
    let switches = (switches > 0).then(|| counted(switches, "switch", "switches"));
    watches.into_iter().chain(switches).collect::<Vec<_>>().join(", ")
}
