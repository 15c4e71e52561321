//! Writes a rehearsal down as it goes, a day at a time, so that a year needs no more memory than a
//! day.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Audience, Closet, Excess, Style, Summary, Tally, open_runs::OpenRuns, timeline};
use crate::{clock::Zone, journal::Entry};

/// How a rehearsal is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Text(Style),
    Json,
}

/// The timeline as text or JSON, and the sum at its end.
pub struct Ledger<W> {
    out: W,
    zone: Zone,
    look: Look,
    tally: Tally,
    /// The day that is being collected.
    day: Vec<Entry>,
    open: OpenRuns,
    written: bool,
    failed: Option<io::Error>,
}

impl<W: Write + Send> Ledger<W> {
    /// `zone`: the site's time zone, in which days begin and times are written.
    pub fn new(out: W, zone: Zone, look: Look) -> Self {
        Ledger {
            out,
            zone,
            look,
            tally: Tally::default(),
            day: Vec::new(),
            open: OpenRuns::default(),
            written: false,
            failed: None,
        }
    }

    /// Writes what is left, and the summary.
    ///
    /// # Errors
    /// The first error of all the writing.
    pub fn finish(mut self, closet: &Closet, longest: Vec<Excess>) -> io::Result<W> {
        let rest = std::mem::take(&mut self.day);
        self.write(&rest);
        let summary = Summary { longest, ..self.tally.summary(Some(closet)) };
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.look {
            Look::Text(style) => {
                let gap = if self.written { "\n" } else { "" };
                write!(self.out, "{gap}{}", summary.text(self.zone, style))?;
            }
            Look::Json => {
                let open = if self.written { "\n" } else { "{\"entries\":[" };
                write!(self.out, "{open}],\n\"summary\":")?;
                serde_json::to_writer(&mut self.out, &summary)?;
                writeln!(self.out, "}}")?;
            }
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// Writes the days before this one, unless a run that began there is not over yet.
    fn turn_page(&mut self, today: NaiveDate) {
        let Some(first) = self.day.first().map(|entry| self.date(entry.at)) else { return };
        if first >= today {
            return;
        }
        let before: BTreeSet<i64> = self
            .day
            .iter()
            .filter(|entry| self.date(entry.at) < today)
            .filter_map(|entry| entry.run)
            .collect();
        if !self.open.is_disjoint(&before) {
            return;
        }
        let all = std::mem::take(&mut self.day);
        let (past, rest) = all.into_iter().partition(|entry: &Entry| {
            entry.run.is_some_and(|run| before.contains(&run)) || self.date(entry.at) < today
        });
        let past: Vec<Entry> = past;
        self.day = rest;
        self.write(&past);
    }

    fn write(&mut self, entries: &[Entry]) {
        if self.failed.is_some() || entries.is_empty() {
            return;
        }
        let written = match self.look {
            Look::Text(style) => {
                let gap = if self.written { "\n" } else { "" };
                write!(self.out, "{gap}{}", timeline(entries, self.zone, style))
            }
            Look::Json => self.write_json(entries),
        };
        self.written = true;
        self.failed = written.err();
    }

    fn write_json(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut opening = if self.written { ",\n" } else { "{\"entries\":[\n" };
        for entry in entries {
            self.out.write_all(opening.as_bytes())?;
            entry.serialize(&mut serde_json::Serializer::new(&mut self.out))?;
            opening = ",\n";
        }
        Ok(())
    }
}

impl<W: Write + Send> Audience for Ledger<W> {
    fn see(&mut self, entry: &Entry) {
        self.turn_page(self.date(entry.at));
        self.tally.see(entry);
        self.open.begins(entry);
        self.day.push(entry.clone());
    }
}
