//! One verb at a time on one host, whoever asks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

/// A lock for every host, made when it is first asked for.
#[derive(Debug, Default)]
pub struct HostLocks(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl HostLocks {
    /// Waits for the host's turn, in the order of asking.
    pub async fn lock(&self, host: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.entry(host.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
