//! Readings on their way to the broker: numbered, kept until it has taken them, in order.
//!
//! While the broker is there, a reading waits for a moment in memory, and in a side file that a
//! killed process leaves behind. While it is away, what waits is written to the table `mqtt_queue`
//! in batches, as the history is.
//!
//! Numbers rise by one from reading to reading over all sensors of the site, also over a restart
//! or a kill. Only after a power cut, which may have taken the newest numbers with it, some are left
//! out: none is ever given twice.

mod journal;

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};

use self::journal::Journal;
use super::{Call, Desk, Store, StoreError, json, meta, time};
use crate::sensor::Reading;

/// A batch of this age, or this long, is written to the table.
const OLD: TimeDelta = TimeDelta::seconds(30);
const LONG: usize = 2_000;
/// More than this are not kept in memory while the file takes none.
const MOST: usize = 50_000;
/// Numbers that are reserved at a time.
const BLOCK: u64 = 10_000;
const NEXT: &str = "mqtt_next";

/// What may wait while the broker is away.
#[derive(Clone, Copy, Debug)]
pub struct QueueBounds {
    pub readings: u64,
    pub age: Duration,
}

/// A reading with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered {
    pub seq: u64,
    pub reading: Reading,
}

/// The newest readings, which are not in the table.
pub(super) struct Queue {
    bounds: QueueBounds,
    recent: VecDeque<Numbered>,
    journal: Journal,
    next: u64,
    /// Numbers below this need no new note of it.
    reserved: u64,
    /// Whether the table may have rows.
    has_rows: bool,
}

impl Queue {
    fn open(
        connection: &Connection,
        journal: Journal,
        bounds: QueueBounds,
    ) -> Result<Queue, StoreError> {
        let noted = meta::get(connection, NEXT)?.and_then(|next| next.parse().ok()).unwrap_or(1);
        let written: Option<i64> =
            connection.query_row("SELECT max(seq) FROM mqtt_queue", [], |row| row.get(0))?;
        let written = written.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0);
        let left = journal.read()?;
        if let Some(taken) = left.taken {
            delete(connection, taken)?;
        }
        // A file of this very boot is whole; one from before a power cut may lack its end.
        let next = if left.is_whole { left.next.max(written + 1) } else { noted.max(written + 1) };
        let recent = left.readings.into_iter().filter(|each| each.seq > written).collect();
        Ok(Queue { bounds, recent, journal, next, reserved: noted, has_rows: true })
    }

    fn number(&mut self, readings: Vec<Reading>) -> Vec<Numbered> {
        let finite = readings.into_iter().filter(|reading| reading.value.as_f64().is_finite());
        let numbered: Vec<_> = finite.zip(self.next..).collect();
        self.next += numbered.len() as u64;
        numbered.into_iter().map(|(reading, seq)| Numbered { seq, reading }).collect()
    }

    /// The age is told by the readings themselves; a clock that was put back counts as old.
    fn is_due(&self) -> bool {
        let (Some(first), Some(last)) = (self.recent.front(), self.recent.back()) else {
            return false;
        };
        (last.reading.at - first.reading.at).abs() >= OLD || self.recent.len() >= LONG
    }
}

impl Desk {
    fn queue(&mut self) -> Result<&mut Queue, StoreError> {
        self.queue.as_mut().ok_or(StoreError::Closed)
    }

    fn open_queue(&mut self, bounds: QueueBounds) -> Result<(), StoreError> {
        let journal = Journal::of(self.has_file().then_some(&*self.path));
        self.queue = Some(Queue::open(&self.connection, journal, bounds)?);
        self.reserve()?;
        let queue = self.queue()?;
        queue.journal.restart(queue.next, &queue.recent)
    }

    fn enqueue(&mut self, readings: Vec<Reading>) -> Result<u64, StoreError> {
        let queue = self.queue()?;
        let numbered = queue.number(readings);
        let kept = queue.journal.append(&numbered).is_ok();
        queue.recent.extend(numbered);
        self.reserve()?;
        // Without a side file the database itself must keep them from a killed process.
        if !kept || self.queue()?.is_due() { self.write_queue() } else { Ok(0) }
    }

    /// Notes in time that numbers up to some later one are in use.
    fn reserve(&mut self) -> Result<(), StoreError> {
        let queue = self.queue()?;
        if queue.next < queue.reserved {
            return Ok(());
        }
        let reserved = queue.next + BLOCK;
        meta::set(&self.connection, NEXT, &reserved.to_string())?;
        self.queue()?.reserved = reserved;
        Ok(())
    }

    /// Moves what is in memory to the table; returns how many readings were given up.
    fn write_queue(&mut self) -> Result<u64, StoreError> {
        let queue = self.queue()?;
        let (recent, bounds) = (std::mem::take(&mut queue.recent), queue.bounds);
        let written = self.relaxed(|connection| write(connection, &recent, bounds));
        let queue = self.queue()?;
        match written {
            Ok(dropped) => {
                queue.has_rows = true;
                queue.journal.restart(queue.next, &queue.recent)?;
                Ok(dropped)
            }
            Err(error) => {
                queue.recent = recent;
                let dropped = queue.recent.len().saturating_sub(MOST);
                queue.recent.drain(..dropped);
                Err(error)
            }
        }
    }

    fn oldest(&mut self, limit: usize) -> Result<Vec<Numbered>, StoreError> {
        let mut found = Vec::new();
        if self.queue()?.has_rows {
            found = select(&self.connection, limit)?;
            self.queue()?.has_rows = !found.is_empty();
        }
        let room = limit - found.len();
        found.extend(self.queue()?.recent.iter().take(room).cloned());
        Ok(found)
    }

    fn taken(&mut self, up_to: u64) -> Result<(), StoreError> {
        if self.queue()?.has_rows {
            self.relaxed(|connection| delete(connection, up_to))?;
        }
        let queue = self.queue()?;
        while queue.recent.front().is_some_and(|each| each.seq <= up_to) {
            queue.recent.pop_front();
        }
        if queue.recent.is_empty() && queue.journal.is_long() {
            queue.journal.restart(queue.next, &queue.recent)
        } else {
            queue.journal.taken(up_to)
        }
    }

    /// The orderly end: everything is in the table, and the next number is known exactly.
    pub(super) fn close_queue(&mut self) -> Result<(), StoreError> {
        if self.queue.is_none() {
            return Ok(());
        }
        self.write_queue()?;
        let next = self.queue()?.next;
        meta::set(&self.connection, NEXT, &next.to_string())?;
        let queue = self.queue()?;
        queue.reserved = next;
        queue.journal.remove()
    }
}

fn write(
    connection: &mut Connection,
    recent: &VecDeque<Numbered>,
    bounds: QueueBounds,
) -> Result<u64, StoreError> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction
            .prepare_cached("INSERT OR REPLACE INTO mqtt_queue VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for Numbered { seq, reading } in recent {
            let value = json::text(&reading.value, "a reading")?;
            let at = time::millis(reading.at);
            insert.execute(params![*seq as i64, reading.sensor, reading.unit, at, value])?;
        }
    }
    let newest = recent.back().map_or(DateTime::<Utc>::MIN_UTC, |each| each.reading.at);
    let dropped = trim(&transaction, newest, bounds)?;
    transaction.commit()?;
    Ok(dropped)
}

/// The oldest go first.
fn trim(
    connection: &Connection,
    now: DateTime<Utc>,
    bounds: QueueBounds,
) -> Result<u64, StoreError> {
    let age = TimeDelta::from_std(bounds.age).unwrap_or(TimeDelta::MAX);
    let oldest = now.checked_sub_signed(age).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let too_many = connection.execute(
        "DELETE FROM mqtt_queue WHERE seq <= (SELECT max(seq) FROM mqtt_queue) - ?1",
        [i64::try_from(bounds.readings).unwrap_or(i64::MAX)],
    )?;
    let too_old =
        connection.execute("DELETE FROM mqtt_queue WHERE at < ?1", [time::millis(oldest)])?;
    Ok((too_many + too_old) as u64)
}

fn delete(connection: &Connection, up_to: u64) -> Result<(), StoreError> {
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    connection.prepare_cached("DELETE FROM mqtt_queue WHERE seq <= ?1")?.execute([up_to])?;
    Ok(())
}

fn select(connection: &Connection, limit: usize) -> Result<Vec<Numbered>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT seq, sensor, unit, at, value FROM mqtt_queue ORDER BY seq LIMIT ?1",
    )?;
    let mut rows = select.query([limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, sensor, unit): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let value: String = row.get(4)?;
        found.push(Numbered {
            seq: seq.unsigned_abs(),
            reading: Reading {
                sensor: sensor.into(),
                value: json::parse(&value, "a reading")?,
                unit: unit.into(),
                at: time::moment(row.get(3)?),
            },
        });
    }
    Ok(found)
}

impl Store {
    /// Opens the queue to the broker; to be called before anything else is done with it.
    pub fn open_mqtt_queue(&self, bounds: QueueBounds) -> Call<()> {
        self.on_desk(move |desk| desk.open_queue(bounds))
    }

    /// Numbers readings and keeps them for the broker. Returns how many old ones had to be given up
    /// for them.
    pub fn queue_for_mqtt(&self, readings: &[Reading]) -> Call<u64> {
        let readings = readings.to_vec();
        self.on_desk(move |desk| desk.enqueue(readings))
    }

    /// The oldest readings that wait, at most `limit`, in the order of their numbers.
    pub fn waiting_for_mqtt(&self, limit: usize) -> Call<Vec<Numbered>> {
        self.on_desk(move |desk| desk.oldest(limit))
    }

    /// The broker has taken everything up to this number.
    pub fn taken_by_mqtt(&self, up_to: u64) -> Call<()> {
        self.on_desk(move |desk| desk.taken(up_to))
    }
}

#[cfg(test)]
mod tests;
