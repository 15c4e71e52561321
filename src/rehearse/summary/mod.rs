//! What a rehearsal came to: firings, switches, mails, energy, flaps.

mod text;

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use serde::Serialize;

use super::{
    Closet, Excess, Usage,
    open_runs::OpenRuns,
    switches::{Switch, Switches},
};
use crate::journal::{Entry, Event};

/// A host switched both ways within this time flaps.
const FLAP: TimeDelta = TimeDelta::minutes(30);

/// The sum of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// In the order in which they first appeared.
    pub watches: Vec<WatchSummary>,
    /// Every host of the closet in its order, and after them others that were switched.
    pub hosts: Vec<HostSummary>,
    pub mails: usize,
    pub notifications: usize,
    /// Of all hosts together; `None` without a simulated closet.
    pub total: Option<Usage>,
    pub currency: String,
    pub flaps: Vec<Flap>,
    /// How long each `above` and `below` of the scripts held at most.
    pub longest: Vec<Excess>,
}

/// What one watch, timer or switch did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WatchSummary {
    pub script: String,
    pub watch: String,
    pub fired: usize,
    /// Acts that changed a host.
    pub changes: usize,
    /// Acts that failed.
    pub failures: usize,
    /// Firings that did not become runs.
    pub skipped: usize,
    /// Mistakes of the script.
    pub errors: usize,
}

/// What one host went through.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HostSummary {
    pub host: String,
    pub starts: usize,
    pub stops: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// A host that was switched one way and soon back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flap {
    pub host: String,
    /// When it was switched back.
    pub at: DateTime<Utc>,
    /// How long the first switch lasted, in minutes.
    pub minutes: f64,
}

/// Sums up a journal as it comes, without keeping it.
#[derive(Default)]
pub struct Tally {
    watches: IndexMap<(String, String), WatchSummary>,
    hosts: IndexMap<String, HostSummary>,
    switches: Switches,
    open: OpenRuns,
    sum: Summary,
}

impl Tally {
    /// Counts the next entry.
    pub fn see(&mut self, entry: &Entry) {
        self.count_messages(&entry.event);
        let begins = self.open.begins(entry);
        if !entry.watch.is_empty() {
            let watch = self.watch(entry);
            watch.fired += usize::from(begins);
            watch.count(&entry.event);
        }
        let Some(switch) = self.switches.of(entry) else { return };
        self.sum.flaps.extend(flap(&switch));
        self.hosts.entry(switch.host.clone()).or_insert_with(|| named(&switch.host)).count(&switch);
    }

    /// The sum so far; with the closet in which it happened, also what the hosts used.
    pub fn summary(&self, closet: Option<&Closet>) -> Summary {
        let mut hosts: IndexMap<&str, HostSummary> = IndexMap::new();
        for (name, usage) in closet.into_iter().flat_map(Closet::usage) {
            hosts.insert(name, HostSummary { usage: Some(usage), ..named(name) });
        }
        for (name, counted) in &self.hosts {
            let host = hosts.entry(name).or_insert_with(|| named(name));
            (host.starts, host.stops) = (counted.starts, counted.stops);
        }
        Summary {
            watches: self.watches.values().cloned().collect(),
            hosts: hosts.into_values().collect(),
            total: closet.map(Closet::total_usage),
            currency: closet.map_or(String::new(), |it| it.scenario().mains.currency.clone()),
            ..self.sum.clone()
        }
    }

    fn watch(&mut self, entry: &Entry) -> &mut WatchSummary {
        let (script, watch) = (&entry.script, &entry.watch);
        self.watches.entry((script.clone(), watch.clone())).or_insert_with(|| WatchSummary {
            script: script.clone(),
            watch: watch.clone(),
            ..Default::default()
        })
    }

    fn count_messages(&mut self, event: &Event) {
        if let Event::Told { channel, .. } = event {
            match channel.as_str() {
                "email" => self.sum.mails += 1,
                "notify" | "ask" => self.sum.notifications += 1,
                _ => {}
            }
        }
    }
}

fn named(host: &str) -> HostSummary {
    HostSummary { host: host.to_owned(), ..Default::default() }
}

impl Summary {
    /// Sums up a journal; with the closet in which it happened, also what the hosts used.
    pub fn of(entries: &[Entry], closet: Option<&Closet>) -> Summary {
        let mut tally = Tally::default();
        for entry in entries {
            tally.see(entry);
        }
        tally.summary(closet)
    }
}

impl WatchSummary {
    fn count(&mut self, event: &Event) {
        match event {
            Event::Did { row } if !row.ok => self.failures += 1,
            Event::Did { row } if row.changed => self.changes += 1,
            Event::Skipped { .. } => self.skipped += 1,
            Event::Failed { .. } => self.errors += 1,
            _ => {}
        }
    }
}

impl HostSummary {
    fn count(&mut self, switch: &Switch) {
        if switch.on {
            self.starts += 1;
        } else {
            self.stops += 1;
        }
    }
}

fn flap(switch: &Switch) -> Option<Flap> {
    let lasted = switch.since_opposite.filter(|lasted| *lasted <= FLAP)?;
    Some(Flap {
        host: switch.host.to_owned(),
        at: switch.at,
        minutes: lasted.as_seconds_f64() / 60.0,
    })
}

#[cfg(test)]
mod tests;
