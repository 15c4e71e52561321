//! A sign of life for somebody outside, who notices when it stops. It is given only while the
//! scripts make progress and the state file takes what is written: an agent that hangs is as good as
//! dead, and must not look alive.

use std::time::Duration;

use reqwest::{Client, Url};

use super::progress::Progress;
use crate::{
    clock::Clock,
    config::{HeartbeatSettings, HeartbeatUrl},
    host::SecretResolver,
};

/// A turn of every script, and a write.
const PROGRESS_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Where the store keeps that it was written to.
const KEY: &str = "heartbeat";

/// What it takes to be alive.
pub struct Heartbeat {
    pub settings: HeartbeatSettings,
    pub secrets: SecretResolver,
    pub progress: Progress,
    pub clock: Clock,
}

impl Heartbeat {
    /// Never ends by itself.
    pub async fn run(self) {
        let client = match Client::builder().timeout(ANSWER_WITHIN).build() {
            Ok(client) => client,
            Err(error) => return tracing::error!("there is no heartbeat: {error}"),
        };
        let mut well = true;
        loop {
            let trouble = self.beat(&client).await.err();
            match &trouble {
                // Said once; the service outside says it, too, and louder.
                Some(why) if well => tracing::warn!("no heartbeat is given: {why}"),
                None if !well => tracing::info!("the heartbeat is back"),
                _ => {}
            }
            well = trouble.is_none();
            self.clock.sleep(self.settings.every).await;
        }
    }

    async fn beat(&self, client: &Client) -> Result<(), String> {
        self.progress.made(PROGRESS_WITHIN).await?;
        let now = self.clock.now().timestamp_millis().into();
        let kept =
            tokio::time::timeout(PROGRESS_WITHIN, self.progress.store.remember("", KEY, &now));
        match kept.await {
            Ok(kept) => kept.map_err(|error| error.to_string())?,
            Err(_) => return Err("the state file does not take what is written".into()),
        }
        let url = match &self.settings.url {
            HeartbeatUrl::Open(url) => url.clone(),
            HeartbeatUrl::Secret(secret) => (self.secrets)(secret)?,
        };
        let url = Url::parse(url.trim()).map_err(|error| format!("`[heartbeat] url`: {error}"))?;
        // Whoever knows the address can feign the heart: it is not shown.
        let answer = client.get(url).send().await.map_err(|error| {
            let error = error.without_url();
            error.to_string()
        })?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("the service answered {status}")) }
    }
}
