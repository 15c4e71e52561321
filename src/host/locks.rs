//! One verb at a time on one host, whoever asks; and what a host runs on is not switched under it
//! while it is switched itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// A lock for every host, made when it is first asked for. Whoever takes several takes that of the
/// ground first.
#[derive(Debug, Default)]
pub struct HostLocks(Mutex<HashMap<String, Arc<RwLock<()>>>>);

impl HostLocks {
    /// Waits for the host's turn, in the order of asking.
    pub async fn lock(&self, host: &str) -> OwnedRwLockWriteGuard<()> {
        self.of(host).write_owned().await
    }

    /// Keeps the host from being switched, beside others who want that too.
    pub async fn keep(&self, host: &str) -> OwnedRwLockReadGuard<()> {
        self.of(host).read_owned().await
    }

    /// Whether something is done to the host right now.
    pub fn is_busy(&self, host: &str) -> bool {
        self.of(host).try_read_owned().is_err()
    }

    fn of(&self, host: &str) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.entry(host.to_owned()).or_default().clone()
    }
}
