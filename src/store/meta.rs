//! What the store knows of itself: the newest moment it has seen, and how it was last closed.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::{Call, Desk, Store, StoreError, lives, time};

/// The newest moment is written at most this often while readings do not show it anyway.
const STEP: TimeDelta = TimeDelta::minutes(5);

/// The newest moment that the file is known to show.
#[derive(Default)]
pub(super) struct Newest(Option<DateTime<Utc>>);

impl Newest {
    pub(super) fn seen(&mut self, at: Option<DateTime<Utc>>) {
        self.0 = self.0.max(at);
    }
}

pub(super) fn get(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

pub(super) fn set(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
        .execute([key, value])?;
    Ok(())
}

/// Whether the file was closed in an orderly way; from now on it is open.
pub(super) fn take_clean_mark(connection: &Connection) -> Result<bool, StoreError> {
    let state = get(connection, "state")?;
    if state.as_deref() != Some("open") {
        set(connection, "state", "open")?;
    }
    Ok(state.as_deref() != Some("open"))
}

impl Desk {
    fn newest(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let noted = get(&self.connection, "newest")?.and_then(|millis| millis.parse().ok());
        let shown: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT max(at) FROM (SELECT max(id) / 10000 AS at FROM readings
                                      UNION ALL
                                      SELECT at FROM (SELECT at FROM journal ORDER BY id DESC LIMIT 1))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(noted.max(shown).map(time::moment).max(self.buffer.newest()))
    }

    fn touch_newest(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if self.newest.0.is_some_and(|known| now - known < STEP) {
            return Ok(());
        }
        self.newest.seen(self.newest()?);
        if self.newest.0.is_none_or(|known| now - known >= STEP) {
            let text = time::millis(now).to_string();
            self.relaxed(|connection| set(connection, "newest", &text))?;
            self.newest.seen(Some(now));
        }
        Ok(())
    }
}

impl Desk {
    /// Takes what stands in the log beside the file over into the file. SQLite does so when the
    /// last handle goes, but a task that is cut off at the end may still have one.
    fn gather(&self) {
        let gathered = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        // Somebody reads: the log stays, and nothing is lost.
        if gathered != Ok(false) {
            tracing::debug!("the log of the state file stays beside it: {gathered:?}");
        }
    }
}

impl Store {
    /// Notes that it is `now`, so that after a power cut a clock without a battery can be caught
    /// telling the past. Cheap: it writes at most every five minutes, and nothing while
    /// readings show the time.
    pub fn touch_newest(&self, now: DateTime<Utc>) -> Call<()> {
        self.on_desk(move |desk| desk.touch_newest(now))
    }

    /// The newest moment that this file has seen; at most five minutes behind the truth.
    pub fn newest(&self) -> Call<Option<DateTime<Utc>>> {
        self.on_desk(|desk| desk.newest())
    }

    /// The orderly end: writes what is buffered, marks the file as closed, and lets the next agent
    /// have it. Handles that are left still work; [`Store::ended_well`] then is true at the next
    /// start all the same.
    pub fn close(&self) -> Call<()> {
        self.on_desk(|desk| {
            let written = desk.flush_all().and_then(|()| desk.close_queue());
            let counted = written.and_then(|()| lives::forget(&desk.connection));
            let closed = counted.and_then(|()| set(&desk.connection, "state", "closed"));
            if closed.is_ok() {
                desk.gather();
            }
            desk.let_go();
            closed
        })
    }
}
