//! Runs that have begun and not ended: after a kill, they are taken up again.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Call, Store, StoreError, json, time};
use crate::plan::Handler;

/// A run that is about to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub script: String,
    /// The watch, timer or switch.
    pub watch: String,
    /// `closet/temperature 71.3 °C, above 70 °C`, for people.
    pub cause: String,
    /// Names the event; the ids of the run's messages are made of it.
    pub event_id: String,
    /// Which of the watch's handlers runs: `fired`, `cleared`, `fault`, `timer`, …
    pub handler_kind: String,
    /// The handler itself, where it stands nowhere else: a timer's, whose row goes away.
    pub handler: Option<Handler>,
    pub at: DateTime<Utc>,
}

/// A run together with what caused it: all of it is stored, or nothing.
#[derive(Clone, Debug)]
pub struct Begin {
    pub run: NewRun,
    /// The trigger's new state, for the run's script and watch.
    pub trigger_state: Option<serde_json::Value>,
    /// The timer that fired, which is deleted.
    pub timer: Option<String>,
    /// The watch's new last run.
    pub last_run: Option<DateTime<Utc>>,
}

/// A run that has not ended.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: i64,
    pub script: String,
    pub watch: String,
    pub cause: String,
    pub event_id: String,
    pub handler_kind: String,
    pub handler: Option<Handler>,
    pub began: DateTime<Utc>,
    /// How often it was taken up again ([`Store::count_attempt`]).
    pub attempts: u32,
}

impl From<NewRun> for Begin {
    fn from(run: NewRun) -> Begin {
        Begin { run, trigger_state: None, timer: None, last_run: None }
    }
}

impl Store {
    /// Stores a run with its cause, in one transaction, and returns its number.
    pub fn begin_run(&self, begin: impl Into<Begin>) -> Call<i64> {
        let begin = begin.into();
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let id = insert(&transaction, &begin.run)?;
            let NewRun { script, watch, .. } = &begin.run;
            if let Some(state) = &begin.trigger_state {
                super::watches::save_trigger(&transaction, script, watch, Some(state))?;
            }
            if let Some(at) = begin.last_run {
                super::watches::save_last_run(&transaction, script, watch, at)?;
            }
            if let Some(timer) = &begin.timer {
                super::timers::delete(&transaction, script, timer)?;
            }
            transaction.commit()?;
            Ok(id)
        })
    }

    /// The run is over; how far its walks had come is forgotten with it.
    pub fn end_run(&self, id: i64) -> Call<()> {
        self.call(move |connection| {
            connection.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([id])?;
            Ok(())
        })
    }

    /// The runs that have begun and not ended, oldest first.
    pub fn unfinished(&self) -> Call<Vec<Run>> {
        self.call(|connection| {
            let mut select = connection.prepare(
                "SELECT id, script, watch, cause, event_id, handler_kind, handler, began, attempts
                 FROM runs ORDER BY id",
            )?;
            let mut rows = select.query([])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                let handler: Option<String> = row.get(6)?;
                runs.push(Run {
                    id: row.get(0)?,
                    script: row.get(1)?,
                    watch: row.get(2)?,
                    cause: row.get(3)?,
                    event_id: row.get(4)?,
                    handler_kind: row.get(5)?,
                    handler: handler
                        .map(|text| json::parse(&text, "a run's handler"))
                        .transpose()?,
                    began: time::moment(row.get(7)?),
                    attempts: row.get(8)?,
                });
            }
            Ok(runs)
        })
    }

    /// Counts that the run is taken up again, and returns how often that has happened since it
    /// last got on; 0 for a run that has ended.
    pub fn count_attempt(&self, id: i64) -> Call<u32> {
        self.call(move |connection| {
            let counted = connection
                .query_row(
                    "UPDATE runs SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts",
                    [id],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(counted.unwrap_or(0))
        })
    }
}

fn insert(transaction: &Transaction, run: &NewRun) -> Result<i64, StoreError> {
    let handler = run
        .handler
        .as_ref()
        .map(|handler| super::timers::storable(handler, || format!("the handler of {}", run.watch)))
        .transpose()?;
    let sql = "INSERT INTO runs (script, watch, cause, event_id, handler_kind, handler, began)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    transaction.prepare_cached(sql)?.execute(params![
        run.script,
        run.watch,
        run.cause,
        run.event_id,
        run.handler_kind,
        handler,
        time::millis(run.at)
    ])?;
    Ok(transaction.last_insert_rowid())
}
