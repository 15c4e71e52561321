//! Keeping the file small: the oldest readings and journal lines go first, in small bites.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};

use super::{Store, StoreError, readings, time};
use crate::config::HistorySettings;

/// Rows that one bite deletes: a few milliseconds of work.
const BITE: i64 = 2_000;
/// Free pages that one bite gives back to the file system.
const PAGES: i64 = 256;

/// What [`Store::trim`] took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    pub readings: usize,
    pub journal: usize,
    /// Messages that were sent or given up.
    pub letters: usize,
}

impl Trimmed {
    fn is_empty(self) -> bool {
        self == Trimmed::default()
    }
}

impl std::ops::AddAssign for Trimmed {
    fn add_assign(&mut self, other: Trimmed) {
        self.readings += other.readings;
        self.journal += other.journal;
        self.letters += other.letters;
    }
}

impl Store {
    /// Deletes what is older than [`HistorySettings::keep`], then the oldest until the file is no
    /// larger than [`HistorySettings::max_size`], and gives the room back to the file system.
    /// Between the bites others have their turn. `now` must be a time that can be trusted: a
    /// clock that is years ahead would take everything for old.
    pub async fn trim(
        &self,
        now: DateTime<Utc>,
        history: &HistorySettings,
    ) -> Result<Trimmed, StoreError> {
        let keep = TimeDelta::from_std(history.keep).unwrap_or(TimeDelta::MAX);
        let oldest = now.checked_sub_signed(keep).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let max_size = i64::try_from(history.max_size).unwrap_or(i64::MAX);
        let mut total = Trimmed::default();
        loop {
            let bite = self.call_relaxed(move |connection| drop_old(connection, oldest)).await?;
            total += bite;
            if bite.is_empty() {
                break;
            }
        }
        loop {
            let bite =
                self.call_relaxed(move |connection| drop_oldest(connection, max_size)).await?;
            total += bite;
            if bite.is_empty() {
                break;
            }
        }
        while self.call_relaxed(give_back).await? {}
        Ok(total)
    }
}

fn drop_old(connection: &mut Connection, oldest: DateTime<Utc>) -> Result<Trimmed, StoreError> {
    let transaction = connection.transaction()?;
    let readings = transaction.execute(
        "DELETE FROM readings WHERE id IN (SELECT id FROM readings WHERE id < ?1 ORDER BY id LIMIT ?2)",
        params![readings::id(oldest, 0), BITE],
    )?;
    let journal = transaction.execute(
        "DELETE FROM journal WHERE id IN
             (SELECT id FROM (SELECT id, at FROM journal ORDER BY id LIMIT ?2) WHERE at < ?1)",
        params![time::millis(oldest), BITE],
    )?;
    let letters = transaction.execute(
        "DELETE FROM outbox WHERE state <> 'waiting' AND created < ?1",
        [time::millis(oldest)],
    )?;
    transaction.commit()?;
    Ok(Trimmed { readings, journal, letters })
}

/// One bite off the readings or off the journal, whichever begins earlier.
fn drop_oldest(connection: &mut Connection, max_size: i64) -> Result<Trimmed, StoreError> {
    if used(connection)? <= max_size {
        return Ok(Trimmed::default());
    }
    let (reading, line): (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT (SELECT min(id) / 10000 FROM readings), (SELECT at FROM journal ORDER BY id LIMIT 1)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let delete = |table: &str| {
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT ?1)"
        );
        connection.execute(&sql, [BITE])
    };
    Ok(match (reading, line) {
        (None, None) => Trimmed::default(),
        (Some(reading), line) if line.is_none_or(|line| reading <= line) => {
            Trimmed { readings: delete("readings")?, ..Trimmed::default() }
        }
        _ => Trimmed { journal: delete("journal")?, ..Trimmed::default() },
    })
}

/// Bytes of the file that hold something.
fn used(connection: &Connection) -> Result<i64, StoreError> {
    let number = |pragma: &str| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, pragma, |row| row.get(0))
    };
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}

/// Shortens the file by some of its free pages; false when there is nothing more to win. A few are
/// left for the next readings.
fn give_back(connection: &mut Connection) -> Result<bool, StoreError> {
    let free = |connection: &Connection| {
        connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0))
    };
    let before = free(connection)?;
    if before <= PAGES {
        return Ok(false);
    }
    connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    Ok(free(connection)? < before)
}
