//! What an actor can be told, and by whom it is told.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{job::Finished, switches::Looked};
use crate::{plan::Report, script::Instance, switch::Asked};

pub enum Command {
    /// Run a watch's handler now.
    Fire {
        watch: String,
        reply: oneshot::Sender<Result<Fired, String>>,
    },
    /// Somebody asks something of a switch.
    Switch(Asked),
    /// What came of a look at a switch's state.
    Looked(Looked),
    /// The script was edited.
    Load(Box<Instance>),
    Pause {
        watch: String,
        reason: String,
        reply: oneshot::Sender<Result<(), String>>,
    },
    Resume {
        watch: String,
        reply: oneshot::Sender<Result<(), String>>,
    },
    List(oneshot::Sender<Vec<WatchInfo>>),
    /// A message came that a watch waits for.
    Heard(super::messages::Heard),
    /// A machine was taken back that a watch is about.
    TakenBack(super::interruptions::TakenBack),
    /// A run is over.
    Ended(Finished),
    /// End once nothing runs any more.
    Stop,
}

/// What came of a run that somebody waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fired {
    pub report: Option<Report>,
    /// What `reply` said.
    pub reply: Option<String>,
    /// The script's mistake.
    pub error: Option<String>,
    pub seconds: f64,
}

impl Fired {
    pub fn is_ok(&self) -> bool {
        self.error.is_none() && self.report.as_ref().is_none_or(Report::is_ok)
    }
}

/// One watch, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct WatchInfo {
    pub name: String,
    /// `every_day("22:30")`, `above("closet/temperature", 70.0)`.
    pub when: String,
    pub next: Option<chrono::DateTime<chrono::Utc>>,
    pub last_run: Option<chrono::DateTime<chrono::Utc>>,
    /// Why it does not run.
    pub paused: Option<String>,
    pub critical: bool,
    pub running: bool,
}

/// A running actor, from outside.
#[derive(Debug)]
pub struct Handle {
    pub name: Arc<str>,
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

impl Handle {
    pub(super) fn new(
        name: Arc<str>,
        commands: mpsc::UnboundedSender<Command>,
        task: JoinHandle<()>,
    ) -> Self {
        Handle { name, commands, task }
    }

    /// False when the actor has ended.
    pub fn tell(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    /// For those who outlive the folder's view of this script.
    pub fn commands(&self) -> mpsc::UnboundedSender<Command> {
        self.commands.clone()
    }

    /// The watches as they stand.
    pub async fn watches(&self) -> Vec<WatchInfo> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::List(reply));
        answer.await.unwrap_or_default()
    }

    /// Pulls the plug.
    #[cfg(test)]
    pub(super) fn abort(self) {
        self.task.abort();
    }

    /// Tells the actor to end, and waits until nothing runs any more.
    pub async fn stop(self) {
        self.tell(Command::Stop);
        // A panic of the actor has been printed; there is nothing to wait for then.
        let _ = self.task.await;
    }
}
