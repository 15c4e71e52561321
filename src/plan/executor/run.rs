//! Who runs a pipe, and why.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;

use crate::plan::{Callback, Pipe, Row};

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
        Run {
            id,
            script,
            watch,
            cause,
            event,
            functions,
            pipes: AtomicU32::new(0),
            about: Mutex::default(),
        }
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
