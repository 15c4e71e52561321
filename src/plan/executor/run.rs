//! Who runs a pipe, and why.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::plan::{Callback, Pipe, Row};

/// Who had a run begun. What it may do depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A watch or a timer.
    #[default]
    Script,
    /// The owner, at the command line.
    Hand,
    /// Anyone in the house who can speak, or is on its network.
    Voice,
    /// Whoever may write to the broker.
    Mqtt,
}

impl Origin {
    /// As people read it, and as it stands in the store.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Script => "script",
            Origin::Hand => "hand",
            Origin::Voice => "voice",
            Origin::Mqtt => "mqtt",
        }
    }

    /// Of an unknown word the one that may do least.
    pub fn of_word(word: &str) -> Self {
        match word {
            "script" => Origin::Script,
            "hand" => Origin::Hand,
            "mqtt" => Origin::Mqtt,
            _ => Origin::Voice,
        }
    }
}

/// One run of a watch, a timer or a switch. It may execute several pipes.
pub struct Run {
    /// The row in the store that makes a killed agent continue this run.
    pub id: i64,
    pub script: Arc<str>,
    pub watch: Arc<str>,
    /// For people: `closet/temperature 71.3 °C, above 70 °C`.
    pub cause: String,
    /// The same before and after a restart; message ids are made from it.
    pub event: String,
    pub by: Origin,
    /// Of a `.critical()` watch: no rest that a host needs keeps it from stopping it.
    pub critical: bool,
    /// Where functions of the script are called.
    pub functions: Arc<dyn Functions>,
    /// Pipes executed so far.
    pipes: AtomicU32,
    /// The sensors that it is about, the one that fired it first; hosts' names may be among them.
    about: Mutex<Vec<String>>,
}

impl Run {
    pub fn new(
        id: i64,
        (script, watch): (Arc<str>, Arc<str>),
        cause: String,
        event: String,
        functions: Arc<dyn Functions>,
    ) -> Self {
        let by = Origin::default();
        let (critical, pipes, about) = Default::default();
        Run { id, script, watch, cause, event, by, critical, functions, pipes, about }
    }

    /// The same run, begun by somebody else than a script.
    pub fn begun_by(self, by: Origin) -> Self {
        Run { by, ..self }
    }

    /// The same run, of a watch that is critical or not.
    pub fn of_critical(self, critical: bool) -> Self {
        Run { critical, ..self }
    }

    /// Notes what the handler has looked at, or what fired it.
    pub fn is_about<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        let mut about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            if !about.iter().any(|known| known == name) {
                about.push(name.to_owned());
            }
        }
    }

    pub(super) fn about(&self) -> Vec<String> {
        self.about.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A name for the next pipe, the same when the run is repeated after a restart.
    pub(super) fn next_path(&self) -> String {
        self.pipes.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// `closet-heat/closet-heat`.
    pub fn origin(&self) -> String {
        format!("{}/{}", self.script, self.watch)
    }
}

/// The functions of a script that stand in its pipes.
#[async_trait]
pub trait Functions: Send + Sync {
    /// Asks the function of a `pick` about one row.
    async fn keeps(&self, function: &Callback, row: &Row) -> Result<bool, String>;

    /// Asks the function of a `one_by_one` what to do with one host.
    async fn pipe_for(&self, function: &Callback, host: &str) -> Result<Pipe, String>;

    /// Takes what `reply` says.
    fn reply(&self, text: &str, ok: bool);
}

/// A pipe that no script wrote has no functions.
pub struct NoFunctions;

#[async_trait]
impl Functions for NoFunctions {
    async fn keeps(&self, function: &Callback, _: &Row) -> Result<bool, String> {
        Err(format!("there is no {function:?} here"))
    }

    async fn pipe_for(&self, function: &Callback, _: &str) -> Result<Pipe, String> {
        Err(format!("there is no {function:?} here"))
    }

    fn reply(&self, _: &str, _: bool) {}
}
