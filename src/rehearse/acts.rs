//! What a picture of a rehearsal needs of its journal.

use super::Audience;
use crate::journal::{Entry, Event};

/// Keeps what was done and told. A picture with more marks than this would show none.
#[derive(Debug, Default)]
pub struct Acts {
    pub entries: Vec<Entry>,
}

const MOST: usize = 20_000;

impl Audience for Acts {
    fn see(&mut self, entry: &Entry) {
        let shown = match &entry.event {
            Event::Did { row } => row.changed || !row.ok,
            Event::Told { .. } => true,
            _ => false,
        };
        if shown && self.entries.len() < MOST {
            self.entries.push(entry.clone());
        }
    }
}
