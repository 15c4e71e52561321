//! Whether the agent gets on with its work, for those who must not take a hanging agent for a living
//! one.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::supervisor::Supervisor;
use crate::{script::folder::Scripts, store::Store};

/// What has to get on.
#[derive(Clone)]
pub struct Progress {
    pub scripts: Arc<Mutex<Scripts>>,
    pub store: Store,
}

impl Progress {
    /// Every script's actor answers in its turn, which is also its schedules' turn, and so does the
    /// state file.
    ///
    /// # Errors
    /// When they do not, with what is wrong.
    pub async fn made(&self, within: Duration) -> Result<(), String> {
        let answers = async {
            self.scripts.lock().await.watches().await;
            self.store.newest().await.map(drop).map_err(|error| error.to_string())
        };
        let answered = tokio::time::timeout(within, answers).await;
        answered.unwrap_or_else(|_| Err("the scripts or the state file do not answer".into()))
    }
}

/// Tells the supervisor that the agent is alive for as long as it makes progress. Ends at once where
/// nobody wants to know.
pub async fn feed_watchdog(supervisor: Arc<Supervisor>, progress: Progress) {
    let Some(limit) = supervisor.watchdog() else { return };
    loop {
        match progress.made(limit / 2).await {
            Ok(()) => supervisor.alive(),
            Err(why) => tracing::error!("the watchdog is not fed: {why}"),
        }
        tokio::time::sleep(limit / 4).await;
    }
}
