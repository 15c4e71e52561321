//! Which entries of a journal switched a host, and which way.

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;

use crate::journal::{Entry, Event};

/// A host that was really switched.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    pub host: String,
    pub at: DateTime<Utc>,
    pub on: bool,
    /// Since it was last switched, if that was the other way.
    pub since_opposite: Option<TimeDelta>,
}

/// Reads a journal in its order and remembers each host's last switch.
#[derive(Debug, Default)]
pub struct Switches {
    last: IndexMap<String, (DateTime<Utc>, bool)>,
}

impl Switches {
    /// The switch that this entry tells of.
    pub fn of(&mut self, entry: &Entry) -> Option<Switch> {
        let Event::Did { row } = &entry.event else { return None };
        let host = row.host.as_deref().filter(|_| row.ok && row.changed)?;
        let last = self.last.get(host).copied();
        let on = match row.verb.as_str() {
            "start" | "wake" | "hold_on" | "create" => true,
            "stop" | "hold_off" | "destroy" => false,
            // Undoes what its hold did; holds that did nothing release nothing.
            "release" => !last?.1,
            _ => return None,
        };
        self.last.insert(host.to_owned(), (entry.at, on));
        let since_opposite =
            last.filter(|(_, before)| *before != on).map(|(since, _)| entry.at - since);
        Some(Switch { host: host.to_owned(), at: entry.at, on, since_opposite })
    }
}
