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
pub struct HostLocks {
    locks: Mutex<HashMap<String, Arc<RwLock<()>>>>,
    /// Hosts that somebody is about to switch, one after another.
    intended: Arc<Mutex<Vec<String>>>,
}

/// Somebody's intention to switch some hosts, as long as it lives.
#[derive(Debug)]
pub struct Intent {
    hosts: Vec<String>,
    intended: Arc<Mutex<Vec<String>>>,
}

impl Drop for Intent {
    fn drop(&mut self) {
        let mut intended = self.intended.lock().unwrap_or_else(PoisonError::into_inner);
        for host in &self.hosts {
            if let Some(place) = intended.iter().position(|each| each == host) {
                intended.swap_remove(place);
            }
        }
    }
}

impl HostLocks {
    /// Waits for the host's turn, in the order of asking.
    pub async fn lock(&self, host: &str) -> OwnedRwLockWriteGuard<()> {
        self.of(host).write_owned().await
    }

    /// Keeps the host from being switched, beside others who want that too.
    pub async fn keep(&self, host: &str) -> OwnedRwLockReadGuard<()> {
        self.of(host).read_owned().await
    }

    /// Says that these hosts will be switched, though their turn may come later.
    pub fn intend(&self, hosts: &[String]) -> Intent {
        let intended = self.intended.clone();
        intended.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(hosts);
        Intent { hosts: hosts.to_vec(), intended }
    }

    /// Whether something is done to the host right now, or will be.
    pub fn is_busy(&self, host: &str) -> bool {
        let intended = self.intended.lock().unwrap_or_else(PoisonError::into_inner);
        intended.iter().any(|each| each == host) || self.of(host).try_read_owned().is_err()
    }

    fn of(&self, host: &str) -> Arc<RwLock<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.entry(host.to_owned()).or_default().clone()
    }
}
