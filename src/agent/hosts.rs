//! The inventory with what is up: a look at every host, side by side.

use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};

use crate::plan::{Executor, Power};

/// Hosts that are asked at a time.
const AT_A_TIME: usize = 16;

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
    /// Why not.
    pub trouble: Option<String>,
    /// Who holds it, and how.
    pub held: Option<String>,
}

/// Asks every host.
pub async fn look(executor: &Executor) -> Vec<HostStatus> {
    let holds = executor.store.holds().await.unwrap_or_default();
    stream::iter(executor.hosts.iter().cloned())
        .map(|host| {
            let held = holds.iter().find(|hold| hold.hosts.iter().any(|name| **name == *host.name));
            let held = held.map(|hold| format!("{:?} by {}", hold.kind, hold.name).to_lowercase());
            async move {
                let (up, trouble) = match executor.world.probe(&host).await {
                    Ok(power) => (Some(power == Power::Up), None),
                    Err(failure) => (None, Some(failure.message)),
                };
                HostStatus {
                    name: host.name.to_string(),
                    kind: host.kind.word().into(),
                    address: host.address.clone(),
                    on: host.on.as_deref().map(str::to_owned),
                    tags: host.tags.clone(),
                    up,
                    trouble,
                    held,
                }
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await
}
