//! Which runs of a journal have begun and not ended.

use std::collections::BTreeSet;

use crate::journal::{Entry, Event};

/// Reads a journal in its order.
#[derive(Debug, Default)]
pub struct OpenRuns(BTreeSet<i64>);

impl OpenRuns {
    /// Whether a run begins with this entry. One that goes on after a restart does not.
    pub fn begins(&mut self, entry: &Entry) -> bool {
        match (entry.run, &entry.event) {
            (Some(run), Event::Fired { .. }) => self.0.insert(run),
            (None, Event::Fired { .. }) => true,
            (Some(run), Event::Ended { .. }) => {
                self.0.remove(&run);
                false
            }
            _ => false,
        }
    }

    pub fn is_disjoint(&self, runs: &BTreeSet<i64>) -> bool {
        self.0.is_disjoint(runs)
    }
}
