//! What the devices were asked lately, for the doctor.

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

const LATEST: usize = 60;

/// One thing that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    pub at: DateTime<Utc>,
    pub from: Ipv4Addr,
    /// `search for upnp:rootdevice`, `plex power: SetBinaryState`.
    pub what: String,
    /// Why it was not answered.
    pub refused: Option<String>,
}

#[derive(Debug, Default)]
pub struct Log(Mutex<VecDeque<Asking>>);

impl Log {
    pub fn note(&self, asking: Asking) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() == LATEST {
            latest.pop_front();
        }
        latest.push_back(asking);
    }

    /// The oldest first.
    pub fn latest(&self) -> Vec<Asking> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
