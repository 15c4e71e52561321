//! Entries that belong together: those of one run, however others came between them. A run that
//! goes on after a restart stands there once more.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use crate::journal::{Entry, Event};

/// One run, or one entry that belongs to none. Never empty.
pub struct Block<'a> {
    pub first: &'a Entry,
    pub rest: Vec<&'a Entry>,
}

/// The blocks, in the order of their first entries.
pub fn blocks(entries: &[Entry]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut of_run: IndexMap<i64, usize> = IndexMap::new();
    for entry in entries {
        let fires = matches!(entry.event, Event::Fired { .. });
        if let Some(&block) = entry.run.and_then(|run| of_run.get(&run)).filter(|_| !fires) {
            blocks[block].rest.push(entry);
            continue;
        }
        if let Some(run) = entry.run {
            of_run.insert(run, blocks.len());
        }
        blocks.push(Block { first: entry, rest: Vec::new() });
    }
    blocks
}

impl Block<'_> {
    pub fn at(&self) -> DateTime<Utc> {
        self.first.at
    }

    /// Whose it is: the watch, else the script, else the sensor, else the agent.
    pub fn name(&self) -> &str {
        match &self.first.event {
            Event::Fault { sensor, .. } | Event::Recovered { sensor, .. } => sensor,
            _ if !self.first.watch.is_empty() => &self.first.watch,
            _ if !self.first.script.is_empty() => &self.first.script,
            _ => "agent",
        }
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        std::iter::once(&self.first.event).chain(self.rest.iter().map(|entry| &entry.event))
    }

    /// What went wrong, where nothing else happened.
    pub fn trouble(&self) -> Option<&str> {
        let mut trouble = None;
        for event in self.events() {
            match event {
                Event::Fired { .. } | Event::Ended { .. } => {}
                Event::Failed { message: text } | Event::Skipped { reason: text } => {
                    trouble = Some(text.as_str());
                }
                _ => return None,
            }
        }
        trouble
    }

    /// True for a run of which nobody needs to know: nothing changed, nothing failed, nobody was
    /// told. A line on the terminal that says so every hour is no telling.
    pub fn is_quiet(&self) -> bool {
        if !matches!(self.first.event, Event::Fired { .. }) {
            return false;
        }
        let acted = self.events().any(|event| matches!(event, Event::Did { .. }));
        self.events().all(|event| match event {
            Event::Fired { .. } => true,
            Event::Ended { report, .. } => report.as_ref().is_none_or(|report| report.is_ok()),
            Event::Did { row } => row.ok && !row.changed,
            Event::Told { channel, .. } => acted && channel == "pretty",
            _ => false,
        })
    }
}
