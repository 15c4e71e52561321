//! What a watch must remember over a restart.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::{Call, Store, StoreError, json, time};

/// The durable state of one watch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchState {
    pub last_run: Option<DateTime<Utc>>,
    /// Since when the watch has been known and waiting; `every` counts from here before its first run.
    pub armed_since: Option<DateTime<Utc>>,
    /// What the trigger waits for, in the trigger's own words.
    pub trigger: Option<Value>,
    pub paused: Option<Paused>,
    /// Script errors in a row.
    pub errors: u32,
}

/// Why a watch does not run, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Paused {
    pub reason: String,
    pub since: DateTime<Utc>,
}

/// The reason of a pause that its owner has asked for.
pub const BY_HAND: &str = "by hand";

impl Store {
    /// The state of a watch; the default for one that has none yet.
    pub fn watch_state(&self, script: &str, watch: &str) -> Call<WatchState> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM watches WHERE script = ?1 AND watch = ?2");
            let columns =
                connection.prepare_cached(&sql)?.query_row([script, watch], read).optional()?;
            columns.map_or_else(|| Ok(WatchState::default()), Columns::state)
        })
    }

    /// Every watch that has a state: script, watch, state.
    pub fn watch_states(&self) -> Call<Vec<(String, String, WatchState)>> {
        self.call(|connection| {
            let sql =
                format!("SELECT {COLUMNS}, script, watch FROM watches ORDER BY script, watch");
            let mut select = connection.prepare_cached(&sql)?;
            let mut rows = select.query([])?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                states.push((row.get(6)?, row.get(7)?, read(row)?.state()?));
            }
            Ok(states)
        })
    }

    /// Replaces the whole state of a watch.
    pub fn save_watch_state(&self, script: &str, watch: &str, state: &WatchState) -> Call<()> {
        let (script, watch, state) = (script.to_owned(), watch.to_owned(), state.clone());
        self.call(move |connection| {
            let trigger =
                state.trigger.map(|value| json::text(&value, "a trigger's state")).transpose()?;
            let (reason, since) =
                state.paused.map(|paused| (paused.reason, time::millis(paused.since))).unzip();
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO watches (script, watch, last_run, armed_since,
                     trigger_state, paused_reason, paused_since, errors)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    script,
                    watch,
                    state.last_run.map(time::millis),
                    state.armed_since.map(time::millis),
                    trigger,
                    reason,
                    since,
                    state.errors
                ])?;
            Ok(())
        })
    }

    /// Saves what the trigger waits for; `None` forgets it.
    pub fn save_trigger(&self, script: &str, watch: &str, state: Option<&Value>) -> Call<()> {
        let (script, watch, state) = (script.to_owned(), watch.to_owned(), state.cloned());
        self.call(move |connection| save_trigger(connection, &script, &watch, state.as_ref()))
    }

    pub fn save_last_run(&self, script: &str, watch: &str, at: DateTime<Utc>) -> Call<()> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| save_last_run(connection, &script, &watch, at))
    }

    pub fn save_armed_since(&self, script: &str, watch: &str, at: DateTime<Utc>) -> Call<()> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| {
            put(connection, "armed_since", &script, &watch, time::millis(at))
        })
    }

    pub fn pause_watch(&self, script: &str, watch: &str, paused: &Paused) -> Call<()> {
        let (script, watch, paused) = (script.to_owned(), watch.to_owned(), paused.clone());
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            put(&transaction, "paused_reason", &script, &watch, paused.reason)?;
            put(&transaction, "paused_since", &script, &watch, time::millis(paused.since))?;
            Ok(transaction.commit()?)
        })
    }

    /// Wakes a paused watch and forgets its errors.
    pub fn resume_watch(&self, script: &str, watch: &str) -> Call<()> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        let raised = self.raised.clone();
        self.call(move |connection| {
            // Its alerts may be due by now.
            raised.send_replace(());
            connection.execute(
                "UPDATE watches SET paused_reason = NULL, paused_since = NULL, errors = 0
                 WHERE script = ?1 AND watch = ?2",
                [script, watch],
            )?;
            Ok(())
        })
    }

    /// Counts one more script error, and returns how many there have been in a row.
    pub fn count_error(&self, script: &str, watch: &str) -> Call<u32> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| {
            Ok(connection.query_row(
                "INSERT INTO watches (script, watch, errors) VALUES (?1, ?2, 1)
                 ON CONFLICT DO UPDATE SET errors = errors + 1 RETURNING errors",
                [script, watch],
                |row| row.get(0),
            )?)
        })
    }

    /// A run went well: the next error is the first again.
    pub fn clear_errors(&self, script: &str, watch: &str) -> Call<()> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| {
            let sql =
                "UPDATE watches SET errors = 0 WHERE script = ?1 AND watch = ?2 AND errors > 0";
            connection.prepare_cached(sql)?.execute([script, watch])?;
            Ok(())
        })
    }
}

pub(super) fn save_trigger(
    connection: &Connection,
    script: &str,
    watch: &str,
    state: Option<&Value>,
) -> Result<(), StoreError> {
    let text = state.map(|value| json::text(value, "a trigger's state")).transpose()?;
    put(connection, "trigger_state", script, watch, text)
}

pub(super) fn save_last_run(
    connection: &Connection,
    script: &str,
    watch: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    put(connection, "last_run", script, watch, time::millis(at))
}

fn put(
    connection: &Connection,
    column: &'static str,
    script: &str,
    watch: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO watches (script, watch, {column}) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET {column} = excluded.{column}"
    );
    connection.prepare_cached(&sql)?.execute(params![script, watch, value])?;
    Ok(())
}

const COLUMNS: &str = "last_run, armed_since, trigger_state, paused_reason, paused_since, errors";

struct Columns {
    last_run: Option<i64>,
    armed_since: Option<i64>,
    trigger: Option<String>,
    paused: Option<(String, i64)>,
    errors: u32,
}

fn read(row: &Row) -> Result<Columns, rusqlite::Error> {
    let reason: Option<String> = row.get(3)?;
    let since: Option<i64> = row.get(4)?;
    Ok(Columns {
        last_run: row.get(0)?,
        armed_since: row.get(1)?,
        trigger: row.get(2)?,
        paused: reason.zip(since),
        errors: row.get(5)?,
    })
}

impl Columns {
    fn state(self) -> Result<WatchState, StoreError> {
        Ok(WatchState {
            last_run: self.last_run.map(time::moment),
            armed_since: self.armed_since.map(time::moment),
            trigger: self
                .trigger
                .map(|text| json::parse(&text, "a trigger's state"))
                .transpose()?,
            paused: self
                .paused
                .map(|(reason, since)| Paused { reason, since: time::moment(since) }),
            errors: self.errors,
        })
    }
}
