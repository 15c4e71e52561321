//! What meters have counted in all. Their readings will not do: filters round them.
//!
//! Each count goes to the side file, which a killed process leaves behind. Into the database it
//! goes seldom: its page would be one more that every batch of readings writes to the SD card.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use super::{Call, Desk, Store, StoreError};

/// So much of a count a power cut may take.
const WRITE_EVERY: TimeDelta = TimeDelta::minutes(5);

/// The counts that are not in the database yet.
#[derive(Default)]
pub(super) struct Counts {
    unwritten: BTreeMap<Arc<str>, u64>,
    /// When the first of them came.
    since: Option<DateTime<Utc>>,
}

impl Counts {
    pub(super) fn found(unwritten: BTreeMap<Arc<str>, u64>) -> Counts {
        Counts { unwritten, since: None }
    }

    pub(super) fn unwritten(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.unwritten
    }

    /// A clock that was put back counts as late.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| (now - since).abs() >= WRITE_EVERY)
    }
}

impl Desk {
    fn keep_count(
        &mut self,
        sensor: Arc<str>,
        count: u64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let first = self.counts.unwritten.is_empty();
        self.counts.unwritten.insert(sensor.clone(), count);
        if first {
            self.counts.since = Some(now);
        }
        // Without a side file the database itself must keep it from a killed process.
        if !self.buffer.keep_count(&sensor, count) || self.counts.is_due(now) {
            self.write_counts()?;
        }
        Ok(())
    }

    pub(super) fn write_counts(&mut self) -> Result<(), StoreError> {
        if self.counts.unwritten.is_empty() {
            return Ok(());
        }
        let counts = std::mem::take(&mut self.counts.unwritten);
        let written = self.relaxed(|connection| {
            let transaction = connection.transaction()?;
            for (sensor, count) in &counts {
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO counts (sensor, count) VALUES (?1, ?2)",
                    )?
                    .execute(params![sensor, i64::try_from(*count).unwrap_or(i64::MAX)])?;
            }
            Ok(transaction.commit()?)
        });
        if written.is_err() {
            self.counts.unwritten = counts;
        }
        written
    }

    fn counts(&self) -> Result<BTreeMap<Arc<str>, u64>, StoreError> {
        let mut select = self.connection.prepare("SELECT sensor, count FROM counts")?;
        let rows = select.query_map([], |row| {
            let (sensor, count): (String, i64) = (row.get(0)?, row.get(1)?);
            Ok((sensor.into(), u64::try_from(count).unwrap_or_default()))
        })?;
        let mut counts: BTreeMap<Arc<str>, u64> = rows.collect::<Result<_, _>>()?;
        counts.extend(self.counts.unwritten.clone());
        Ok(counts)
    }
}

impl Store {
    /// Takes down what a meter has counted in all. A killed process keeps it; of what came in the
    /// last five minutes a power cut may take some.
    pub fn keep_count(&self, sensor: &Arc<str>, count: u64, now: DateTime<Utc>) -> Call<()> {
        let sensor = sensor.clone();
        self.on_desk(move |desk| desk.keep_count(sensor, count, now))
    }

    /// What every meter has counted in all, by the sensor's name.
    pub fn counts(&self) -> Call<BTreeMap<Arc<str>, u64>> {
        self.on_desk(|desk| desk.counts())
    }
}
