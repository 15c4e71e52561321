//! The journal's lines.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{Call, Store, json, time};
use crate::journal::Entry;

/// Which lines of the journal to show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalFilter {
    /// Only lines of this script, this watch, or this sensor.
    pub name: Option<String>,
    /// Only lines from then on.
    pub since: Option<DateTime<Utc>>,
    /// At most this many, the newest; `None` for all.
    pub limit: Option<u32>,
}

impl Store {
    /// Adds a line and returns its number. Safe from a killed process; a power cut may take the
    /// last seconds, up to the next write that must not be lost (which takes these along).
    pub fn append(&self, entry: &Entry) -> Call<i64> {
        let entry = entry.clone();
        self.call_relaxed(move |connection| {
            let text = json::text(&entry, "a journal line")?;
            let mut insert = connection.prepare_cached(
                "INSERT INTO journal (at, script, watch, run, event, entry)
                 VALUES (?1, ?2, ?3, ?4, ?5 ->> 'event', ?5)",
            )?;
            let at = time::millis(entry.at);
            Ok(insert.insert(params![at, entry.script, entry.watch, entry.run, text])?)
        })
    }

    /// The newest lines that pass the filter, oldest first, with their numbers.
    pub fn recent(&self, filter: &JournalFilter) -> Call<Vec<(i64, Entry)>> {
        let filter = filter.clone();
        self.call(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id, entry FROM journal
                 WHERE (?1 IS NULL OR script = ?1 OR watch = ?1 OR entry ->> 'sensor' = ?1)
                   AND (?2 IS NULL OR at >= ?2)
                 ORDER BY id DESC LIMIT ?3",
            )?;
            let limit = filter.limit.map_or(-1, i64::from);
            let mut rows =
                select.query(params![filter.name, filter.since.map(time::millis), limit])?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                let text: String = row.get(1)?;
                lines.push((row.get(0)?, json::parse(&text, "a journal line")?));
            }
            lines.reverse();
            Ok(lines)
        })
    }
}
