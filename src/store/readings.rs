//! What the sensors said, in batches that spare the SD card.
//!
//! A row is a number made of time and sensor, and a value: about 22 bytes, always added at the end
//! of the table. Ten sensors every 10 s are 86,400 rows or 1.9 MB a day. Written every 30 s, each
//! batch of 30 rows dirties the table's last page, and every sixth one also a new page with its
//! parent, the header and the page map: 1.5 pages of 4 kB on average. With the log's copying
//! back into the table that is 18 MB a day (measured by a test), before the kernel joins what is
//! not fsynced. A second index would double it.
//!
//! The side file should not lie on the card: the systemd unit gives it a `RuntimeDirectory`, with
//! `RuntimeDirectoryPreserve=yes`, so that it outlives a kill.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Call, Desk, Store, StoreError, counts::Counts, pending::SideFile, time};
use crate::sensor::Reading;

/// Sensor numbers are below this; see `schema/1.sql`.
const SENSORS: i64 = 10_000;
/// A batch this long is written whatever its age.
const LONG: usize = 2_000;
/// More than this are not kept in memory while the file takes none.
const MOST: usize = 50_000;

/// Readings that are not in the database yet.
pub(super) struct Buffer {
    readings: Vec<Reading>,
    flush: Duration,
    side: Option<SideFile>,
}

impl Buffer {
    pub(super) fn new(flush: Duration, side: Option<SideFile>) -> Buffer {
        Buffer { readings: Vec::new(), flush, side }
    }

    /// The age of the batch is told by the readings themselves, so that no timer is needed; a
    /// clock that was put back counts as old.
    fn is_due(&self) -> bool {
        let (Some(first), Some(last)) = (self.readings.first(), self.readings.last()) else {
            return false;
        };
        let age = (last.at - first.at).abs().to_std().unwrap_or(Duration::MAX);
        age >= self.flush || self.readings.len() >= LONG
    }

    /// Whether a meter's count is kept from a killed process from here on.
    pub(super) fn keep_count(&mut self, sensor: &str, count: u64) -> bool {
        self.side.as_mut().is_some_and(|side| side.append_count(sensor, count).is_ok())
    }

    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.readings.iter().map(|reading| reading.at).max()
    }
}

impl Desk {
    /// What a killed process left behind is written now.
    pub(super) fn take_up_pending(&mut self) -> Result<(), StoreError> {
        self.look_at_pending()?;
        self.flush_all()
    }

    /// Writes readings and counts.
    pub(super) fn flush_all(&mut self) -> Result<(), StoreError> {
        self.write_counts()?;
        self.flush()
    }

    pub(super) fn look_at_pending(&mut self) -> Result<(), StoreError> {
        if let Some(side) = &self.buffer.side {
            let left = side.read().map_err(|source| StoreError::Unreadable {
                path: side.path().to_owned(),
                source,
            })?;
            self.buffer.readings = left.readings;
            self.counts = Counts::found(left.counts);
        }
        Ok(())
    }

    fn record(&mut self, mut readings: Vec<Reading>) -> Result<(), StoreError> {
        readings.retain(|reading| reading.value.as_f64().is_finite());
        let kept = match &mut self.buffer.side {
            Some(side) => side.append(&readings).is_ok(),
            None => true,
        };
        self.buffer.readings.append(&mut readings);
        // Without a side file the database itself must keep them from a killed process.
        if !kept || self.buffer.is_due() { self.flush() } else { Ok(()) }
    }

    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if self.buffer.readings.is_empty() {
            return Ok(());
        }
        let mut readings = std::mem::take(&mut self.buffer.readings);
        let written = self.relaxed(|connection| write(connection, &readings));
        if let Err(source) = written {
            let dropped = readings.len().saturating_sub(MOST);
            readings.drain(..dropped);
            self.buffer.readings = readings;
            return Err(match dropped {
                0 => source,
                _ => StoreError::Dropped { dropped, source: Box::new(source) },
            });
        }
        self.newest.seen(readings.iter().map(|reading| reading.at).max());
        if let Some(side) = &mut self.buffer.side {
            let mut counts = self.counts.unwritten().iter();
            let cleared = side.clear().and_then(|()| {
                counts.try_for_each(|(sensor, count)| side.append_count(sensor, *count))
            });
            cleared
                .map_err(|source| StoreError::NoAccess { path: side.path().to_owned(), source })?;
        }
        Ok(())
    }

    fn between(
        &self,
        sensor: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, f64)>, StoreError> {
        let mut found = written_between(&self.connection, sensor, from, to)?;
        let buffered = self
            .buffer
            .readings
            .iter()
            .filter(|reading| &*reading.sensor == sensor && (from..=to).contains(&reading.at));
        found.extend(buffered.map(|reading| (time::millis(reading.at), reading.value.as_f64())));
        Ok(found.into_iter().map(|(at, value)| (time::moment(at), value)).collect())
    }
}

impl Desk {
    fn all_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<(i64, Arc<str>, f64)>, StoreError> {
        let names: BTreeMap<i64, Arc<str>> = self
            .connection
            .prepare_cached("SELECT id, name FROM sensors")?
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?
            .collect::<Result<_, _>>()?;
        let mut select = self.connection.prepare_cached(
            "SELECT id, value FROM readings WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let mut rows = select.query(params![id(from, 0), id(to, SENSORS - 1)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if let Some(name) = names.get(&(id % SENSORS)) {
                found.push((id / SENSORS, name.clone(), row.get(1)?));
            }
        }
        let buffered = self.buffer.readings.iter().filter(|each| (from..=to).contains(&each.at));
        found.extend(
            buffered.map(|each| (time::millis(each.at), each.sensor.clone(), each.value.as_f64())),
        );
        found.sort_by_key(|(at, ..)| *at);
        Ok(found)
    }
}

/// The key of a reading; see `schema/1.sql`.
pub(super) fn id(at: DateTime<Utc>, sensor: i64) -> i64 {
    // Milliseconds fit 292 million years; times ten thousand, still 29,000.
    time::millis(at).saturating_mul(SENSORS).saturating_add(sensor)
}

fn write(connection: &mut Connection, readings: &[Reading]) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    {
        let mut numbers = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for reading in readings {
            let number = match numbers.get(&reading.sensor) {
                Some(number) => *number,
                None => {
                    let number = number_of(&transaction, &reading.sensor, reading.recorded_unit())?;
                    numbers.insert(reading.sensor.clone(), number);
                    number
                }
            };
            // Sorted, so that a batch is added to the end of the table in one go.
            rows.insert(id(reading.at, number), reading.value.as_f64());
        }
        let mut insert =
            transaction.prepare_cached("INSERT OR REPLACE INTO readings VALUES (?1, ?2)")?;
        for (id, value) in rows {
            insert.execute(params![id, value])?;
        }
    }
    Ok(transaction.commit()?)
}

fn number_of(connection: &Connection, sensor: &Arc<str>, unit: &str) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sensors (name, unit) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET unit = excluded.unit WHERE unit <> excluded.unit",
        )?
        .execute(params![sensor, unit])?;
    match number(connection, sensor)? {
        Some(number) if number < SENSORS => Ok(number),
        _ => Err(StoreError::TooManySensors { limit: SENSORS - 1 }),
    }
}

fn number(connection: &Connection, sensor: &str) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM sensors WHERE name = ?1")?
        .query_row([sensor], |row| row.get(0))
        .optional()?)
}

fn written_between(
    connection: &Connection,
    sensor: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<BTreeMap<i64, f64>, StoreError> {
    let Some(number) = number(connection, sensor)? else { return Ok(BTreeMap::new()) };
    let mut select = connection.prepare_cached(
        "SELECT id / ?4, value FROM readings WHERE id BETWEEN ?1 AND ?2 AND id % ?4 = ?3",
    )?;
    let rows = select
        .query_map(params![id(from, 0), id(to, SENSORS - 1), number, SENSORS], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

impl Store {
    /// Takes readings down. They are written together after [`HistorySettings::flush`], or when
    /// there are many; until then a side file keeps them from a killed process. What is not a
    /// finite number is left out.
    ///
    /// [`HistorySettings::flush`]: crate::config::HistorySettings::flush
    pub fn record(&self, readings: &[Reading]) -> Call<()> {
        let readings = readings.to_vec();
        self.on_desk(move |desk| desk.record(readings))
    }

    /// Writes what is buffered.
    pub fn flush(&self) -> Call<()> {
        self.on_desk(Desk::flush_all)
    }

    /// A sensor's values from `from` to `to`, both included, oldest first, those that are
    /// still buffered among them. Empty for a sensor that nobody knows. A contact that was on
    /// counts 1.
    pub fn readings_between(
        &self,
        sensor: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Call<Vec<(DateTime<Utc>, f64)>> {
        let sensor = sensor.to_owned();
        self.on_desk(move |desk| desk.between(&sensor, from, to))
    }

    /// What every sensor said from `from` to `to`, both included: milliseconds since 1970, the
    /// sensor's name and the value, in the order of time.
    pub fn all_readings_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Call<Vec<(i64, Arc<str>, f64)>> {
        self.on_desk(move |desk| desk.all_between(from, to))
    }

    /// When the first and the last reading was taken; `None` when there is none.
    pub fn span_of_readings(&self) -> Call<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        self.on_desk(|desk| {
            let (first, last): (Option<i64>, Option<i64>) =
                desk.connection.query_row("SELECT min(id), max(id) FROM readings", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            let stored = [first, last].into_iter().flatten().map(|id| time::moment(id / SENSORS));
            let buffered = desk.buffer.readings.iter().map(|reading| reading.at);
            let all: Vec<_> = stored.chain(buffered).collect();
            Ok(all.iter().min().copied().zip(all.iter().max().copied()))
        })
    }

    /// The sensors that have ever been recorded, with their units, by name.
    pub fn recorded_sensors(&self) -> Call<Vec<(String, String)>> {
        self.on_desk(|desk| {
            let mut sensors: BTreeMap<String, String> = desk
                .connection
                .prepare("SELECT name, unit FROM sensors")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            for reading in &desk.buffer.readings {
                let unit = reading.recorded_unit().to_owned();
                sensors.insert(reading.sensor.to_string(), unit);
            }
            Ok(sensors.into_iter().collect())
        })
    }
}
