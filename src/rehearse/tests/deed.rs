//! What a test expects to have happened.

use std::fmt;

use crate::{
    journal::{Entry, Event},
    plan::Row,
    rehearse::switches::Switches,
};

/// Something that may have been done to hosts or outputs, or by a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    pub kind: Kind,
    /// Hosts or outputs; for [`Kind::Fired`] watches.
    pub names: Vec<String>,
    /// Where it was placed.
    pub at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Started,
    Stopped,
    Restarted,
    Updated,
    SwitchedOn,
    SwitchedOff,
    Pulsed,
    /// By `place`, and it was not there before.
    Placed,
    /// An act that failed.
    Failed,
    Fired,
}

impl Kind {
    pub const ALL: [(&'static str, Kind); 10] = [
        ("started", Kind::Started),
        ("stopped", Kind::Stopped),
        ("restarted", Kind::Restarted),
        ("updated", Kind::Updated),
        ("switched_on", Kind::SwitchedOn),
        ("switched_off", Kind::SwitchedOff),
        ("pulsed", Kind::Pulsed),
        ("placed", Kind::Placed),
        ("failed", Kind::Failed),
        ("fired", Kind::Fired),
    ];

    fn word(self) -> &'static str {
        Kind::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether the row switched its output this way.
    fn is_of_output(self, row: &Row) -> bool {
        let is_on = row.data.get("level").is_some_and(|level| {
            level.as_bool().unwrap_or_else(|| level.as_f64().is_some_and(|share| share > 0.0))
        });
        let way = match (row.verb.as_str(), is_on) {
            ("set", true) => Kind::SwitchedOn,
            ("set", false) => Kind::SwitchedOff,
            _ => Kind::Pulsed,
        };
        row.ok && row.changed && way == self
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.as_ref().map(|at| format!(", {at:?}")).unwrap_or_default();
        match self.names.as_slice() {
            [one] => write!(f, "{}(\"{one}\"{at})", self.kind.word()),
            many => write!(f, "{}({many:?}{at})", self.kind.word()),
        }
    }
}

impl Deed {
    pub fn placed(names: Vec<String>, at: &str) -> Self {
        Deed { kind: Kind::Placed, names, at: Some(at.to_owned()) }
    }

    /// The names to which it did not happen in the entries from `since` on.
    pub fn missing<'a>(&'a self, entries: &[Entry], since: usize) -> Vec<&'a str> {
        // A release undoes what was done before: the switches are read from the beginning.
        let mut switches = Switches::default();
        let mut missing: Vec<&str> = self.names.iter().map(String::as_str).collect();
        for (index, entry) in entries.iter().enumerate() {
            let switched = switches.of(entry);
            if index < since {
                continue;
            }
            let done = match (&entry.event, self.kind) {
                (_, Kind::Started) => switched.filter(|it| it.on).map(|it| it.host),
                (_, Kind::Stopped) => switched.filter(|it| !it.on).map(|it| it.host),
                (Event::Did { row }, Kind::Restarted) if row.ok && row.verb == "restart" => {
                    row.host.clone()
                }
                (Event::Did { row }, Kind::Updated) if row.ok && row.verb == "update" => {
                    row.host.clone()
                }
                (Event::Did { row }, Kind::Placed) if row.ok && row.verb == "place" => {
                    let at = row.data.get("at").and_then(|at| at.as_str());
                    let is_meant = self.at.as_deref().is_none_or(|wanted| at == Some(wanted));
                    row.host.clone().filter(|_| row.changed && is_meant)
                }
                (Event::Did { row }, Kind::SwitchedOn | Kind::SwitchedOff | Kind::Pulsed) => {
                    output(row).filter(|_| self.kind.is_of_output(row)).map(str::to_owned)
                }
                (Event::Did { row }, Kind::Failed) if !row.ok => {
                    row.host.as_deref().or_else(|| output(row)).map(str::to_owned)
                }
                (Event::Fired { .. }, Kind::Fired) => Some(entry.watch.clone()),
                _ => None,
            };
            missing.retain(|name| Some(*name) != done.as_deref());
        }
        missing
    }
}

/// The output that a row tells of.
fn output(row: &Row) -> Option<&str> {
    row.data.get("switched")?.as_str()
}

/// Whether the entry tells of something that reached a host, an output or a person.
pub fn is_effect(entry: &Entry) -> bool {
    match &entry.event {
        Event::Did { row } => row.changed || !row.ok,
        Event::Told { .. } => true,
        _ => false,
    }
}
