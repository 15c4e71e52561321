//! What came in and could not be used: counted always, said once a topic.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Topics that are remembered; a stranger must not fill the memory with names.
const MOST: usize = 1_000;
/// Bytes of a topic that are shown.
const SHOWN: usize = 120;

#[derive(Debug, Default)]
pub struct Complaints {
    count: AtomicU64,
    told: Mutex<BTreeSet<String>>,
}

impl Complaints {
    /// A message on this topic is dropped.
    pub fn drop_message(&self, topic: &str, why: &str) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let shown = &topic[..topic.floor_char_boundary(SHOWN)];
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && told.insert(shown.to_owned()) {
            tracing::warn!(
                "a message on {shown:?} is dropped: {why}; further ones are only counted"
            );
        }
    }

    /// Messages dropped since the start.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
