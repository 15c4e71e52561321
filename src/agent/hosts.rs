//! The inventory with what is up: a look at every host, side by side.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};

use crate::plan::{Executor, Power};

/// Hosts that are asked at a time.
const AT_A_TIME: usize = 16;

/// Longest wait for one host.
const WITHIN: Duration = Duration::from_secs(10);

/// One host, as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostStatus {
    pub name: String,
    /// `physical`, `ssh`, `libvirt`, `placed` or `self`.
    pub kind: String,
    pub address: Option<String>,
    pub on: Option<String>,
    pub tags: Vec<String>,
    /// `None` when it cannot be known.
    pub up: Option<bool>,
    /// Since when it has been seen so.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// How long that is, in seconds.
    #[serde(default)]
    pub seconds: Option<i64>,
    /// Why it cannot be known.
    pub trouble: Option<String>,
    /// Who holds it, and how.
    pub held: Option<String>,
}

/// Asks every host; one that cannot say within [`WITHIN`] holds up nobody.
pub async fn look(executor: &Executor) -> Vec<HostStatus> {
    let holds = executor.store.holds().await.unwrap_or_default();
    stream::iter(executor.hosts.iter().cloned())
        .map(|host| {
            let held = holds
                .iter()
                .filter(|hold| !hold.releasing)
                .find(|hold| hold.hosts.iter().any(|name| **name == *host.name));
            let held = held.map(|hold| format!("{:?} by {}", hold.kind, hold.name).to_lowercase());
            async move {
                let probed = executor.clock.timeout(WITHIN, executor.probe(&host)).await;
                let (power, trouble) = match probed {
                    Ok(Ok(power)) => (Some(power), None),
                    Ok(Err(failure)) => (None, Some(failure.message)),
                    Err(elapsed) => (None, Some(format!("no answer: {elapsed}"))),
                };
                let known = executor.news.last(&host.name);
                let since = known.filter(|known| Some(known.power) == power);
                let since = since.map(|known| known.since);
                let now = executor.clock.now();
                HostStatus {
                    name: host.name.to_string(),
                    kind: host.kind.word().into(),
                    address: host.address.clone(),
                    on: host.on.as_deref().map(str::to_owned),
                    tags: host.tags.clone(),
                    up: power.map(|power| power == Power::Up),
                    since,
                    seconds: since.map(|since| (now - since).num_seconds().max(0)),
                    trouble,
                    held,
                }
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await
}
