//! Alerts that were told and are not over.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::watch;

use super::{BY_HAND, Call, Store, StoreError, json, time};
use crate::plan::{Alert, Message, Raised, Verdict};

/// Which alert: its script, its watch, and [`Alert::key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertKey {
    pub script: String,
    pub watch: String,
    pub key: String,
}

impl Store {
    /// Notes that an alert wants to be told, says whether it is, and rings [`Store::raised`].
    pub fn raise_alert(
        &self,
        key: &AlertKey,
        alert: &Alert,
        message: &Message,
        run: i64,
        now: DateTime<Utc>,
    ) -> Call<Verdict> {
        let (key, alert, message) = (key.clone(), alert.clone(), message.clone());
        let rung = self.raised.clone();
        self.call(move |connection| {
            let earlier = connection
                .prepare_cached(
                    "SELECT state FROM alerts WHERE script = ?1 AND watch = ?2 AND key = ?3",
                )?
                .query_row(params![key.script, key.watch, key.key], |row| row.get::<_, String>(0))
                .optional()?;
            let earlier = earlier.map(|text| json::parse(&text, "an alert")).transpose()?;
            let (raised, verdict) = Raised::raise(earlier, &alert, &message, run, now);
            save(connection, &key, &raised)?;
            rung.send_replace(());
            Ok(verdict)
        })
    }

    /// Changes after every [`Store::raise_alert`], and when a paused watch is woken.
    pub fn raised(&self) -> watch::Receiver<()> {
        self.raised.subscribe()
    }

    /// Alerts that have to be told again by now. What its owner has paused is silent.
    pub fn due_alerts(&self, now: DateTime<Utc>) -> Call<Vec<(AlertKey, Raised)>> {
        self.call(move |connection| {
            let which = format!("due <= ?1 AND {HEARD} ORDER BY due");
            select(connection, &which, params![time::millis(now), BY_HAND])
        })
    }

    /// When the next alert has to be told again.
    pub fn next_reminder(&self) -> Call<Option<DateTime<Utc>>> {
        self.call(|connection| {
            let sql = format!("SELECT min(due) FROM alerts WHERE ?1 IS NULL AND {HEARD}");
            let none: Option<i64> = None;
            let next: Option<i64> = connection
                .prepare_cached(&sql)?
                .query_row(params![none, BY_HAND], |row| row.get(0))?;
            Ok(next.map(time::moment))
        })
    }

    /// An alert was told again; one that is over by now stays over.
    pub fn save_alert(&self, key: &AlertKey, raised: &Raised) -> Call<()> {
        let (key, raised) = (key.clone(), raised.clone());
        self.call(move |connection| update(connection, &key, &raised))
    }

    /// Somebody knows of what a watch, or any watch of a script, has told. Returns what that is.
    pub fn acknowledge(&self, name: &str) -> Call<Vec<Message>> {
        let name = name.to_owned();
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let known = select(&transaction, "watch = ?1 OR script = ?1", params![name])?;
            let mut messages = Vec::new();
            for (key, mut raised) in known {
                raised.acknowledged = true;
                update(&transaction, &key, &raised)?;
                messages.push(raised.message);
            }
            transaction.commit()?;
            Ok(messages)
        })
    }

    /// The open alerts of a watch, but for those that this run has told.
    pub fn open_alerts(
        &self,
        script: &str,
        watch: &str,
        but: Option<i64>,
    ) -> Call<Vec<(AlertKey, Raised)>> {
        let (script, watch) = (script.to_owned(), watch.to_owned());
        self.call(move |connection| {
            let mut open =
                select(connection, "script = ?1 AND watch = ?2", params![script, watch])?;
            open.retain(|(_, raised)| Some(raised.run) != but);
            Ok(open)
        })
    }

    pub fn close_alert(&self, key: &AlertKey) -> Call<()> {
        let key = key.clone();
        self.call(move |connection| {
            connection
                .prepare_cached("DELETE FROM alerts WHERE script = ?1 AND watch = ?2 AND key = ?3")?
                .execute(params![key.script, key.watch, key.key])?;
            Ok(())
        })
    }
}

/// The watch is not paused for the reason in `?2`.
const HEARD: &str = "NOT EXISTS (SELECT 1 FROM watches WHERE watches.script = alerts.script
    AND watches.watch = alerts.watch AND watches.paused_reason = ?2)";

fn save(connection: &Connection, key: &AlertKey, raised: &Raised) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO alerts (script, watch, key, state, due)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    write(connection, sql, key, raised)
}

fn update(connection: &Connection, key: &AlertKey, raised: &Raised) -> Result<(), StoreError> {
    let sql =
        "UPDATE alerts SET state = ?4, due = ?5 WHERE script = ?1 AND watch = ?2 AND key = ?3";
    write(connection, sql, key, raised)
}

fn write(
    connection: &Connection,
    sql: &str,
    key: &AlertKey,
    raised: &Raised,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(params![
        key.script,
        key.watch,
        key.key,
        json::text(raised, "an alert")?,
        raised.due().map(time::millis)
    ])?;
    Ok(())
}

fn select(
    connection: &Connection,
    which: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<(AlertKey, Raised)>, StoreError> {
    let sql = format!("SELECT script, watch, key, state FROM alerts WHERE {which}");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(values)?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(3)?;
        let key = AlertKey { script: row.get(0)?, watch: row.get(1)?, key: row.get(2)? };
        alerts.push((key, json::parse(&state, "an alert")?));
    }
    Ok(alerts)
}
